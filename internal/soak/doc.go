// Package soak holds the handover service to its promise while everything goes
// wrong: a real `stafett serve` process is killed at each transition of its journal
// and at any instant, frozen, and started again, against a local platform that loses
// answers, commits late and refuses. When all has come to rest, an oracle that knows
// nothing of the handover protocol asks Storage what has become of each form.
//
// The tests run a few hundred forms with `make test` and many more with `make soak`.
// The benchmarks compare the service with a bare loop that sends the same requests.
// There is nothing but tests here, and they are built without the race detector only:
// they are about processes and time, of which it takes a multiple, and what runs in
// the processes has tests of its own under it.
package soak
