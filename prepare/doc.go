// Package prepare makes an application ready to act on behalf of its
// organisation: a key pair in Key Vault, an integration at Samarbeidsportalen
// with the key's public part and the scopes, the integration's id in Key Vault,
// and files of both applications that fit.
//
// It works in three steps. [Read] reads the state of the world and changes
// nothing; [NewPlan] computes from it, without any I/O, what is to be done;
// [Apply] does that. A plan has an order in which whatever worked before keeps
// working, and a crash between any two actions is healed by reading and planning
// again. Where everything is as it should be, a plan is empty.
//
// Two clients of Altinn's libraries read such a section, each with names of its
// own: [NamesOf] has the secrets', [FamilyOf] tells which client it is. The key's
// text is the same for both, and Target.Migrate moves a section from the one to the
// other. Credentials that Altinn Studio makes are left alone.
//
// Without an admin client for Samarbeidsportalen a [Guide] asks a person to do
// there what is missing, and Maskinporten is the judge of whether it was done.
// Where no one person has all the rights, each does a [Leg], and a [Registration]
// goes between them. Target.Replace puts a new integration in place of one that is
// gone or unfit, in an order that keeps the application working.
//
// The private key is made by Apply, on this machine, goes to Key Vault, and
// nowhere else. No state, plan, event or error shows it.
//
// Of the [Systems], a [keyvault.Vault] is the Vault, a [selfservice.Client] the
// Integrations, and a [MaskinportenProver] the Prover. [NewTarget] takes what is
// wanted from a [project.Project]. What has been made ready is put to use by
// [github.com/stafett/stafett/integration.Load].
package prepare
