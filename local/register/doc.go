// Package register stands in for Altinn Register on the local platform: it
// knows the parties, persons and organisations alike, and which roles a person
// holds for which party.
//
// The parties are a seeded set, [Parties], which the other stand-ins share.
// [Server] serves it below /register/api/v1/ as docs.altinn.studio describes
// the Register API, and users below /profile/api/v1/. All identity numbers are synthetic: a person number that
// could belong to somebody is refused.
package register
