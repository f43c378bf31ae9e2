// Package keyvault reads and writes the secrets of an Azure Key Vault, with
// Microsoft's own client libraries and all of their checks on.
//
// It is the only package of the module that knows those libraries. What it adds
// is a contract that a person can work with: values are secret.String, and a
// refusal says which permission is missing, which role gives it and where it is
// ordered. No error carries a response body, for those quote what was sent.
//
// The names of a section's secrets follow ASP.NET Core's Key Vault configuration
// provider (learn.microsoft.com): "--" stands for ":".
package keyvault
