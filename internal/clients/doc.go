// Package clients lets official clients of others use the local platform, unmodified and with every check of theirs on:
// Azure's SDK for Go, JavaScript and .NET, openid-client and jose for grants, tokens and key sets, curl and openssl.
//
// The platform and each client are processes of their own. A client is told where it is by the environment alone, as
// any program of anybody's. The programs in JavaScript are in node/, those in C# in dotnet/, what they build on is
// pinned in the package-lock.json of each; docs/clients.md tells what is run and how to do the same.
package clients
