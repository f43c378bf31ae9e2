// Package front is the network of the local platform: it serves the real names
// (test.maskinporten.no, fts.apps.tt02.altinn.no, …) on this machine only.
//
// A [Network] holds one server. Programs reach it in two ways, and both end in
// the same listener, so that nothing can work in one and fail in the other:
//
//   - code in the same process uses [Network.Transport], whose dialer gives an
//     in-memory connection;
//   - other programs use [Network.ServeProxy], a forward proxy on a loopback
//     port.
//
// TLS ends in the network with certificates of its own [Authority]. A name that
// is not served is refused, never passed on.
package front
