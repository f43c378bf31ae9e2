// Package authentication stands in for Altinn Authentication on the local
// platform: it exchanges Maskinporten tokens for Altinn tokens, signs the
// tokens of test persons, and publishes the keys that verify both.
//
// What it answers on the wire follows docs.altinn.studio (Authentication API,
// token exchange) and the platform's published source. Three front doors are
// kept apart, since the platform serves them under three host names:
//
//   - [Server.ServeHTTP]: platform host, paths below /authentication/api/v1/
//   - [Server.LoginHandler]: local.altinn.cloud, the test login of Altinn's own
//     local test environment
//   - [OrgList.ServeHTTP]: altinncdn.no, the list of service owners
//
// Other stand-ins verify tokens through [TokenVerifier], and read them from a
// request with [Authenticate].
package authentication
