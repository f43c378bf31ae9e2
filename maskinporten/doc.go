// Package maskinporten gets access tokens from Maskinporten, the Norwegian
// public sector's OAuth 2.0 authorisation server for organisations, with the
// JWT grant (RFC 7523; docs.digdir.no, "Maskinporten: JWT grant").
//
// A [Client] stands for one integration with its key. [Client.Source] gives the
// one [Source] for a set of scopes: it caches its token, has at most one request
// under way however many callers wait, and signs a new assertion for each
// request, since Maskinporten takes each only once. A refusal is an [*Error]
// that knows its cause and remedy.
//
// The key is a [jwk.Key]. Where it lies in an application's settings or vault,
// [github.com/stafett/stafett/integration.Load] finds it and makes the Source.
// Altinn's own APIs want Maskinporten's token exchanged:
// [github.com/stafett/stafett/altinn.NewExchange] does that.
package maskinporten
