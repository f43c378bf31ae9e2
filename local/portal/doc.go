// Package portal is the local platform's stand-in for the web page on which
// people register integrations by hand: Digdir's self-service at
// https://sjolvbetjening.test.samarbeid.digdir.no (docs.digdir.no, "Sjølvbetjening
// på web"). It shows and changes the same [selfservice.Registry] that the
// self-service API and Maskinporten use, by the same rules.
//
// It is enough of the page for the guided way to be practised: log in as a
// made-up person, act for an organisation, create a client for Maskinporten,
// paste its public key, choose scopes, take a key away, deactivate. The pages are
// made on the server and need no script. Where the real page is in Norwegian, so
// is this one, with the English term beside it; the wording is its own.
package portal
