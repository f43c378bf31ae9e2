package dotnet

import "fmt"

// How tells when a running application takes up a changed secret.
type How string

// The ways of reading.
const (
	StartUpOnly      How = "at start-up"
	EveryFiveMinutes How = "every five minutes"
	Mounted          How = "from a mounted file"
	UnknownReading   How = ""
)

// Reading is when a running application takes up a changed secret, and why.
type Reading struct {
	How How
	// Why is a sentence without capital and full stop.
	Why string
}

// NeedsRedeploy reports whether a changed secret has no effect until the
// application starts anew. Where nothing is known, it is assumed.
func (r Reading) NeedsRedeploy() bool { return r.How == StartUpOnly || r.How == UnknownReading }

// rereads is the version of Altinn's library since which its vault provider
// reads the vault again every five minutes.
const rereads = "8.10.0"

// SecretReading tells when the application takes up changed secrets of its
// Maskinporten client: of the client built into Altinn's library, or of the
// package [PackageClientLibrary].
func (c *Code) SecretReading(builtIn bool) Reading {
	if !c.HasCode {
		return Reading{Why: "the folder holds no C# code, so nothing tells how the application reads its secrets"}
	}
	if builtIn && c.Generation() == Generation9 {
		return Reading{Mounted, "since generation 9 the built-in client reads only the file that Altinn mounts, and reads it again when it changes"}
	}
	vault, reads := c.Program.ReadsVault()
	if !reads {
		return Reading{Why: "the program adds no Key Vault to its configuration, so the secrets reach it in a way that is not known, or not at all"}
	}
	if !builtIn {
		return Reading{StartUpOnly, fmt.Sprintf("the package %s keeps the settings that it first reads", PackageClientLibrary)}
	}
	if vault.Kind == OwnVault {
		if vault.Reload {
			return Reading{Why: fmt.Sprintf("%s adds the vault with an interval of its own", vault.Position)}
		}
		return Reading{StartUpOnly, fmt.Sprintf("%s adds the vault with AddAzureKeyVault and no interval, so it is read once", vault.Position)}
	}
	v, ok := c.LibraryVersion()
	switch {
	case !ok:
		return Reading{Why: fmt.Sprintf("the version of %s is not known; it reads the vault again since %s", PackageAPI, rereads)}
	case v.AtLeast(8, 10, 0):
		return Reading{EveryFiveMinutes, fmt.Sprintf("%s %s reads the vault again every five minutes, and the built-in client follows", PackageAPI, v)}
	}
	return Reading{StartUpOnly, fmt.Sprintf("%s %s reads the vault once; since %s it is read every five minutes", PackageAPI, v, rereads)}
}
