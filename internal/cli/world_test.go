package cli

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/rogpeppe/go-internal/testscript"
)

// readyPatience is how long a platform may take to start, or a form to be carried, on a
// busy machine.
const readyPatience = 4 * time.Minute

func stateFile(ts *testscript.TestScript) string {
	return filepath.Join(ts.Getenv("STAFETT_STATE_DIR"), "local.json")
}

// await polls for the state file, which the platform writes when all of it is
// ready, and tells the script what is in it. With a proxy's address it waits for
// the file of another platform than that; with a file, for a whole line in it too.
func await(ts *testscript.TestScript, args []string) {
	deadline := time.After(readyPatience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if w, err := newWire(stateFile(ts)); err == nil && !slices.Contains(args, w.ready.Proxy) && printed(ts, args) {
			ts.Setenv("PROXY", w.ready.Proxy)
			ts.Setenv("PROXY_ADDRESS", strings.TrimPrefix(w.ready.Proxy, "http://"))
			ts.Setenv("CA", w.ready.CA)
			ts.Setenv("PROJECT", w.ready.Project)
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			ts.Fatalf("the local platform is not ready after %s", readyPatience)
		}
	}
}

// useNetwork leads commands without --local to the local platform, as a proxy and
// a certificate authority of an organisation's own would, with credentials for
// Azure in the environment: nothing tells them that it is not the real world.
func useNetwork(ts *testscript.TestScript, _ []string) {
	ready := connected(ts).ready
	for name, value := range map[string]string{
		"HTTPS_PROXY": ready.Proxy, "SSL_CERT_FILE": ready.CA,
		"AZURE_TENANT_ID": ready.Seed.TenantID, "AZURE_CLIENT_ID": ready.Seed.AzureClientID, "AZURE_CLIENT_SECRET": ready.Seed.AzureClientSecret,
		"AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential",
		"ADMIN_ID":                ready.Seed.SelfServiceClientID, "ADMIN_KEY": ready.Seed.SelfServiceJwk,
	} {
		ts.Setenv(name, value)
	}
}

// awaitHandover asks for a form's handover until it is in a state.
func awaitHandover(ts *testscript.TestScript, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: carried INSTANCE STATE [FLAG…]")
	}
	command := append([]string{"handover", "show", "--local", "--json", args[0]}, args[2:]...)
	deadline := time.After(readyPatience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		// While there is none, the command fails.
		if err := ts.Exec("stafett", command...); err == nil && strings.Contains(ts.ReadFile("stdout"), `"state":"`+args[1]+`"`) {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			ts.Fatalf("the handover of %s is not %s after %s", args[0], args[1], readyPatience)
		}
	}
}

// printed reports whether the file among args, if there is one, ends in a line.
func printed(ts *testscript.TestScript, args []string) bool {
	for _, name := range args {
		if content, err := os.ReadFile(ts.MkAbs(name)); err == nil {
			return strings.HasSuffix(string(content), "\n")
		}
	}
	return true
}

func connected(ts *testscript.TestScript) *wire {
	w, err := newWire(stateFile(ts))
	ts.Check(err)
	return w
}

func sendForm(ts *testscript.TestScript, args []string) {
	image := []byte(ts.ReadFile("data/kart.png"))
	if slices.Contains(args, "large") {
		image = append(image, make([]byte, 2<<20)...)
	}
	id, err := connected(ts).fillIn([]byte(ts.ReadFile("data/soknad.json")), image, slices.Contains(args, "draft"))
	ts.Check(err)
	ts.Setenv(args[0], id)
}

// seededForm names the first instance of a seed: of one that is added now, or else of
// those with which the platform began.
func seededForm(ts *testscript.TestScript, args []string) {
	instances := connected(ts).ready.Seed.Instances
	if len(args) > 1 {
		ts.Check(ts.Exec("stafett", "local", "seed", "--json", args[1]))
		var added struct{ Instances []struct{ ID string } }
		ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &added))
		instances = added.Instances
	}
	ts.Setenv(args[0], instances[0].ID)
}

func changeVault(ts *testscript.TestScript, args []string) {
	w := connected(ts)
	path := "/secrets/" + args[1]
	switch args[0] {
	case "put":
		ts.Check(w.vault(http.MethodPut, path, map[string]string{"value": ts.ReadFile(args[2])}, nil))
	case "get", "env":
		var bundle struct{ Value string }
		ts.Check(w.vault(http.MethodGet, path, nil, &bundle))
		if args[0] == "env" {
			ts.Setenv(args[2], bundle.Value)
			return
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(bundle.Value), 0o600))
	case "delete":
		ts.Check(w.vault(http.MethodDelete, path, nil, nil))
	case "recover":
		ts.Check(w.vault(http.MethodPost, "/deletedsecrets/"+args[1]+"/recover", nil, nil))
	default:
		ts.Fatalf("usage: vault put|get|delete|recover NAME [FILE], or vault env NAME VAR")
	}
}

// changePortal is somebody at Samarbeidsportalen, who makes an integration by plain
// HTTP, registers what a file of errands or registrations asks for, or takes an
// integration away.
func changePortal(ts *testscript.TestScript, args []string) {
	w := connected(ts)
	switch {
	case len(args) >= 2 && args[0] == "create":
		kind := "maskinporten"
		if len(args) > 3 {
			kind = args[3]
		}
		id, err := w.createIntegration(args[1], "Somebody else's", kind, []string{"altinn:serviceowner/instances.read"})
		ts.Check(err)
		if len(args) > 2 {
			ts.Setenv(args[2], id)
		}
	case len(args) == 3 && args[0] == "register":
		var document struct{ Errand errandDocument }
		ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &document))
		id, err := w.createIntegration(document.Errand.Name, document.Errand.Description, "maskinporten", document.Errand.Scopes)
		ts.Check(err)
		ts.Check(w.portal(http.MethodPost, "/clients/"+id+"/jwks", json.RawMessage(`{"keys":[`+document.Errand.PublicKey+`]}`), nil))
		ts.Setenv(args[2], id)
	case len(args) == 2 && args[0] == "deactivate":
		ts.Check(w.portal(http.MethodDelete, "/clients/"+args[1], nil, nil))
	default:
		ts.Fatalf("usage: portal create NAME [VAR [TYPE]] | register FILE VAR | deactivate ID")
	}
}

// writeKey writes what may stand in EncodedJwk.
func writeKey(ts *testscript.TestScript, args []string) {
	bits := 2048
	if args[0] == "short" {
		bits = 1024
	}
	pair, err := rsa.GenerateKey(rand.Reader, bits)
	ts.Check(err)
	key := jose.JSONWebKey{Key: pair, KeyID: "script", Algorithm: "RS256", Use: "sig"}
	if args[0] == "public" {
		key = key.Public()
	}
	text, err := key.MarshalJSON()
	ts.Check(err)
	if args[0] == "other" {
		text = []byte(`{"ClientId":"6f3b1c1e-8a54-4c0e-9d49-0b1f6d1f7a11"}`)
	}
	encoded := base64.StdEncoding.EncodeToString(text)
	if args[0] == "truncated" {
		encoded = encoded[:len(encoded)*2/3]
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(encoded), 0o600))
}

// describeWorld writes down all that a command could have changed: the files of
// the project, the vault with its versions and deleted secrets, the integrations
// with their keys, and how many instances the receiving application has.
func describeWorld(ts *testscript.TestScript, args []string) {
	var text strings.Builder
	for _, root := range []string{"stafett.yaml", "original-form", "receiving-app"} {
		ts.Check(filepath.WalkDir(ts.MkAbs(root), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			fmt.Fprintf(&text, "file %s %x\n", path, sha256.Sum256(content))
			return err
		}))
	}
	w := connected(ts)
	var secrets, deleted struct{ Value []struct{ ID string } }
	ts.Check(w.vault(http.MethodGet, "/secrets", nil, &secrets))
	ts.Check(w.vault(http.MethodGet, "/deletedsecrets", nil, &deleted))
	for _, secret := range secrets.Value {
		name := filepath.Base(secret.ID)
		var versions struct{ Value []struct{ ID string } }
		ts.Check(w.vault(http.MethodGet, "/secrets/"+name+"/versions", nil, &versions))
		fmt.Fprintf(&text, "secret %s %v\n", name, versions.Value)
	}
	fmt.Fprintf(&text, "deleted secrets %v\n", deleted.Value)
	var clients []struct {
		ID          string `json:"client_id"`
		Name        string `json:"client_name"`
		LastUpdated string `json:"last_updated"`
		Scopes      []string
	}
	ts.Check(w.portal(http.MethodGet, "/clients", nil, &clients))
	for _, client := range clients {
		var keys json.RawMessage
		ts.Check(w.portal(http.MethodGet, "/clients/"+client.ID+"/jwks", nil, &keys))
		fmt.Fprintf(&text, "integration %+v %s\n", client, keys)
	}
	// The daily manager may read what the organisation owns.
	token, err := w.login(1)
	ts.Check(err)
	var list struct{ Count int }
	ts.Check(w.call(http.MethodGet, "https://platform.tt02.altinn.no/storage/api/v1/instances?instanceOwner.partyId=50700001", token, "", nil, &list))
	fmt.Fprintf(&text, "receiving instances %d\n", list.Count)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text.String()), 0o600))
}
