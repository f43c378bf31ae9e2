// Package storage stands in for Altinn Storage on the local platform: it keeps
// instances, their data and their history, and answers below /storage/api/v1/
// as docs.altinn.studio (Storage API) and the platform's published source
// describe.
//
// It is a store, not a mock: rows lie in SQLite with an index for everything
// that a list can be ordered or narrowed by, and bytes lie in files, so that it
// takes the volumes that a handover service is tested with. Nothing is
// idempotent and no id can be chosen by a client, as on the platform.
//
// Every call is decided by the platform's decision point, over HTTP, and no
// decision is kept. The real Storage keeps a permit for about five minutes.
package storage
