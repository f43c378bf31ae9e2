// Package serve is the handover service as a process. It puts the journal, the
// job engine and the handovers of a project together, and opens them to the
// outside:
//
//   - the sweep of completed forms, which needs nobody to call and misses
//     nothing;
//   - an HTTP listener, if one is configured: POST /handovers for an
//     application's own process hook, Altinn's events, health and metrics;
//   - a local socket beside a journal in SQLite, through which the commands of
//     the same machine work on a running service.
//
// A trigger stores a durable record and nothing else. What follows is the
// engine's work, so whoever triggers never waits for the receiving application
// and never sees an error of it.
//
// Nothing that comes from outside is trusted but the id of an instance: what the
// service does with it follows from Storage, read with the service's own token.
// Logs, metrics, traces and answers hold ids, states and numbers, never a form's
// content, a token or a national identity number.
package serve
