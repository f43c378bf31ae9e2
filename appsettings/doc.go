// Package appsettings reads the configuration of an Altinn application as the
// application itself reads it, and edits its settings files without touching
// anything else in them.
//
// An Altinn application is an ASP.NET Core program. Its configuration is a flat
// map from path ("MaskinportenSettings:ClientId") to text, built from layers:
// files, environment variables, the command line, Azure Key Vault. [Load] builds
// the same layers in the same order, with .NET's rules for every one of them
// (learn.microsoft.com, "Configuration in ASP.NET Core"; docs.altinn.studio,
// "Key Vault"): keys compare without regard to case, the last layer that has a
// key wins, and a value is the very text that .NET would show ("True", "1.50").
// Every [Value] knows its [Origin].
//
// [ReadMaskinporten] reads the section that configures a Maskinporten client.
// [Edit] changes settings in a file; [Diff] shows what an edit changed. What an
// application can do with its section is worked out by
// [github.com/stafett/stafett/integration.Load]; the secrets for [Options].Vault
// are those that [github.com/stafett/stafett/keyvault.Vault.Secrets] lists.
//
// A loaded [Configuration] is immutable and safe for concurrent use. Values that
// are secret by origin or by name never print.
package appsettings
