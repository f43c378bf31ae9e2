// Package altinn talks to Altinn 3 on behalf of an organisation (or a person):
// it exchanges a Maskinporten token for an Altinn token, starts instances of
// applications, moves their data, and lists instances in Storage.
//
// Three clients share one set of types. [Exchange] is the source of tokens,
// [AppClient] speaks with applications
// (https://{org}.apps.{environment}/{org}/{app}/…), and [StorageClient] with the
// platform's Storage (https://platform.{environment}/storage/api/v1/…). The wire
// is described at docs.altinn.studio (App API and Storage API).
//
// Nothing in these interfaces is idempotent. In particular a create whose
// answer is lost may have made an instance; package handover is the one that
// deals with that. The clients here never repeat a request, with one exception:
// after a 401 a new token is fetched and the request is sent once more, because
// 401 is answered before anything has been done.
//
// No client follows redirects, so a token goes to no host but the one asked.
// Attachments stream: no call holds more of them in memory than a copy buffer.
package altinn
