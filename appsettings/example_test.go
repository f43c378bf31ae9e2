package appsettings_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/secret"
)

// Each value tells where it was set. What comes from the vault does not print.
func ExampleLoad() {
	dir, err := os.MkdirTemp("", "app-")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	const file = `{
  "MaskinportenSettings": {
    "Environment": "ver2",
    "ClientId": "" // from Key Vault
  }
}`
	if err := os.WriteFile(filepath.Join(dir, "appsettings.json"), []byte(file), 0o600); err != nil {
		log.Fatal(err)
	}

	settings, err := appsettings.Load(context.Background(), appsettings.Options{
		Dir:     dir,
		Environ: []string{"MaskinportenSettings__Scope=altinn:serviceowner/instances.read"},
		Vault: func(context.Context) ([]appsettings.VaultSecret, error) {
			return []appsettings.VaultSecret{{Name: "MaskinportenSettings--ClientId", Value: secret.New("3f0a"), Enabled: true}}, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range []string{"Environment", "Scope", "ClientId"} {
		value, _ := settings.Get("MaskinportenSettings:" + name)
		fmt.Printf("%s = %s (%s)\n", name, value, value.Origin)
	}
	// Output:
	// Environment = ver2 (appsettings.json:3)
	// Scope = altinn:serviceowner/instances.read (environment MaskinportenSettings__Scope)
	// ClientId = [redacted] (key vault MaskinportenSettings--ClientId)
}

// Comments, order and layout stay as somebody wrote them.
func ExampleEdit() {
	const file = `{
  // Hentes fra Key Vault
  "MaskinportenSettings": {
    "Environment": "ver2", /* test */
    "EncodedJwk":  "",
    "EnableDebugLog": true
  }
}
`
	edited, err := appsettings.Edit([]byte(file), "MaskinportenSettings", []appsettings.Change{
		{Name: "Environment", Value: "test"},
		{Name: "EnableDebugLog", Delete: true},
		{Name: "ExhangeToAltinnToken", Value: true}, // spelled as Altinn's library reads it
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(edited))
	// Output:
	// {
	//   // Hentes fra Key Vault
	//   "MaskinportenSettings": {
	//     "Environment": "test", /* test */
	//     "EncodedJwk":  "",
	//     "ExhangeToAltinnToken": true
	//   }
	// }
}
