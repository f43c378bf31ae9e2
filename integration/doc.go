// Package integration turns a section of an application's settings, with the
// secrets that belong to it, into tokens for the organisation: the Maskinporten
// token and the Altinn token that it is exchanged for.
//
// [Load] reads settings and secrets once, as an application does when it starts;
// what changes in them later is not seen. Everything that is wrong with them is
// reported together, each fault with the setting, the place where its value was
// set, and the remedy. Where an application would fail and Stafett does not, or
// where a setting does not do what it seems to, there is a warning.
//
// The vault is opened with [keyvault.NewCredential] and [keyvault.Open]. What
// [Integration.Altinn] gives is the Tokens of [altinn.NewAppClient] and
// [altinn.NewStorageClient]; what [Integration.Maskinporten] gives is an
// oauth2.TokenSource for any other API. Settings and vault are made ready by
// package [github.com/stafett/stafett/prepare].
package integration
