// Package local is the local platform: stand-ins for Maskinporten,
// Samarbeidsportalen, Entra ID, Key Vault and the Altinn platform, and the
// applications themselves, in one process.
//
// It is a network, not a mode. The stand-ins answer at the names of the real
// test environments; clients change nothing but the way by which a connection
// is made. [Platform.Client] is that way for code in the same process,
// [Platform.ServeProxy] for other programs.
//
// The stand-ins share no code with Stafett's clients but the readers of file
// formats (package app), so that a mistake in the one is not hidden by the same
// mistake in the other. Calls from one stand-in to another go over the same
// network as everybody's.
package local
