// Package redact takes tokens, secrets, private keys and national identity
// numbers out of what is shown of the traffic of the local platform. [Text] knows
// secrets by their form; [Header], [Target] and [Body] know them by the name
// under which they stand as well.
package redact
