// Package front is the network of the local platform: it serves the real names
// (test.maskinporten.no, fts.apps.tt02.altinn.no, …) on this machine only.
//
// A [Network] holds one server. Programs reach it in three ways, and all end in
// the same listener, so that nothing can work in one and fail in the other:
//
//   - code in the same process uses [Network.Transport], whose dialer gives an
//     in-memory connection;
//   - other programs use [Network.ServeProxy], a forward proxy on a loopback
//     port;
//   - programs whose names already lead to this machine use [Network.ServeTLS],
//     one port for all names. A [Gateway] leads those to the proxy that live in a
//     network of their own.
//
// TLS ends in the network with certificates of its own [Authority]. A name that
// is not served is refused, never passed on.
package front
