// Package selfservice manages an organisation's integrations at
// Samarbeidsportalen, through Digdir's self-service API (docs.digdir.no,
// "Selvbetjening API").
//
// An integration, which the API calls a client, has an id, scopes and a set of
// at most five public keys. The API replaces a whole integration or key set at a
// time, so changing one means reading it, changing a copy, and sending all of
// it; an [Integration] and a [jwk.Set] keep what they do not understand for that
// reason.
//
// The caller authorises with a token from Maskinporten of the same environment,
// with the scopes idporten:dcr.read and idporten:dcr.write. A change takes up to
// two minutes to reach Maskinporten.
package selfservice
