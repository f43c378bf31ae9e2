// Package handover carries a submitted form from one Altinn application to
// another, once, although nothing on the platform is idempotent and every layer
// can lose an answer.
//
// # Promise
//
// No form is lost, and each has exactly one recorded, complete receiving
// instance. The platform offers no fencing, so a duplicate can exist for a
// while; it is counted in the record, and removed where the receiving
// application's policy lets the organisation delete, else marked by substatus.
//
// A window remains for requests that the server finishes later than
// [Config.UnclearWait] after their answer was lost. A late create makes a
// duplicate instance, and a late upload a second copy of a file; sweeps look for
// both and remove them.
//
// # Protocol
//
// A handover is known by its key ([Key]), which is stamped into the new
// instance in the same moment as that comes into being. A [Record] in the
// [Journal] says how far it has come. The protocol itself is a pure function
// from a record and an observation to the next record and the next action (file
// protocol.go); [Service.Run] carries the actions out. Four rules hold it
// together:
//
//   - The record is durable before the action that it announces, be that to
//     create an instance or to add data to one.
//   - After an outcome that is not clear nothing is created again before the
//     server has had its worst case of time and a search has found nothing. The
//     same holds for a record that a stopped process left behind.
//   - Whoever acts holds a lease, and prolongs it right before it creates.
//   - A search reaches back to the end of the source instance's process by
//     Storage's clock, so a lost or restored journal makes no duplicates.
//
// What touches the platform goes through four narrow interfaces: [Source],
// [Receiver], [Finder] and [Lister]. The journal holds ids and hashes: no form
// content, no file names, no national identity numbers.
//
// # Driving it
//
// [Service.Begin] makes a form known, as one record for each recipient;
// [Service.SweepSources] finds forms and begins them. [Service.Run] takes a
// handover as far as it goes in a slice of time, [Service.Postpone] puts off what
// could not be asked, and [Service.SweepDuplicates] looks for what came late.
// [github.com/stafett/stafett/handover/engine] does all of that by itself; one
// [Service.Sweep] after another does it in the simplest way. What people do is in
// [Operations].
//
// # Putting it together
//
// [altinn.NewAppClient] makes the Receiver and [altinn.NewStorageClient] the
// Lister, both with the organisation's tokens, which come from
// [github.com/stafett/stafett/integration.Load]. [NewSource] makes the Source of
// the two, and [NewIndex] the Finder of the Lister.
// [github.com/stafett/stafett/handover/sqlite.Open] opens a [Journal]; any other
// is held to the same by [github.com/stafett/stafett/handover/journaltest]. Definitions
// come from [project.Load] through [Compile], which checks them against the two
// applications. The example shows all of it.
package handover
