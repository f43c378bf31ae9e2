// Package doctor finds out what keeps a handover from working, and how to mend
// it. It looks and changes nothing.
//
// [Run] makes its checks in ordered stages: files, settings, code, repository,
// vault, key, clock, integration, token, exchange, receiving, handover. Each
// check has a stable id and gives a [Result] with what was seen, what that means
// and a [Remedy]: a command that mends it, or the exact place to change. A check
// that builds on another one which found a fault is skipped, so that the first
// failing result, in order, is the one to begin with.
//
// No result holds a secret. Every id is explained in docs/doctor.md.
package doctor
