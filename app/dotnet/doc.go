// Package dotnet tells what can be told of an application's C# side without
// compiling it: the packages that it references, where its configuration comes
// from and in which order, which sections its Maskinporten clients read, which
// scopes it asks for, and the mistakes of Altinn's guide that it has copied.
//
// The C# is split into tokens, so that comments and texts are never taken for
// code, and calls are followed from the top-level statements of Program.cs into
// its local functions, so that an order is the order in which the program runs.
// Nothing is resolved beyond that: no types, no conditional compilation, no
// other projects than those in the folder. What is not recognised is reported
// as unknown, never guessed.
//
// The facts about the libraries are from docs.altinn.studio (secrets,
// Maskinporten integration, multi-app solution) and from the sources of
// Altinn.App.Api and Altinn.ApiClients.Maskinporten.
package dotnet
