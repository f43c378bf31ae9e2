// Package apphost serves one application folder as an Altinn 3 application
// (library generation 8) on the local platform.
//
// It answers on the wire as the published application library does: paths,
// order of checks, status codes, and whether a body is empty, a JSON string or
// a problem (docs.altinn.studio, "API for apps"; RFC 9457). An application never acts
// as itself: each call to Storage and Register is an HTTP request with the
// caller's own token. The decision point is asked about the caller's claims, and
// twice: by the application, and again by Storage.
//
// What an application's own C# code would do is not run: there are no hooks, no
// calculations and no validators besides those of the library.
package apphost
