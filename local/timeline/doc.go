// Package timeline tells what has happened on the local platform: every request
// that a stand-in has answered, who asked, and why it was answered so.
//
// A [Recorder] goes around the handler of each host. A stand-in tells who asked
// with [Identify], and attaches what it has decided, issued or changed with
// [Note]; the types of those facts are the stand-in's own. Calls that stand-ins
// make to each other become children of the request that they serve, by a W3C
// trace context (https://www.w3.org/TR/trace-context/) which [Recorder.Transport]
// sends along.
//
// The facts are, by the package that has them: apphost.Refused;
// authentication.IssuedToken, NotAccepted and MissingScope; authorization.Decision and LevelTooLow;
// entra.IssuedToken and Refused; events.Delivery; fault.Met; keyvault.Access;
// maskinporten.IssuedToken and RefusedGrant; selfservice.Refused; storage.Changed.
//
// What is shown is redacted: no token, key, secret or identity number. What a
// message held is kept in memory only, as long as there is room for it.
package timeline
