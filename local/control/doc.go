// Package control is the address at which programs steer a running local
// platform: which faults requests meet, and which programs on this machine
// receive what the platform sends out.
//
// It is plain http on a loopback port of its own, with a bearer token that only
// the owner of the state file can read. All bodies are JSON; a refusal is a
// problem document (RFC 9457).
package control
