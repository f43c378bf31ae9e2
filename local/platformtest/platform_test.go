package platformtest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/local/platformtest"
)

func TestMain(m *testing.M) {
	if os.Getenv("PLATFORMTEST_CHILD") != "" {
		os.Exit(child())
	}
	goleak.VerifyTestMain(m)
}

// folders are those of the example applications.
func folders(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	if err := examples.WriteTo(dir); err != nil {
		t.Fatal(err)
	}
	return []string{filepath.Join(dir, examples.OriginalForm), filepath.Join(dir, examples.ReceivingApp)}
}

// create makes an instance of the form as its first person, and returns the status.
func create(t *testing.T, platform *platformtest.Platform, token string) int {
	t.Helper()
	person := platform.Seed().Persons[0]
	body := strings.NewReader(fmt.Sprintf(`{"instanceOwner":{"partyId":"%d"}}`, person.PartyID))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, platform.Seed().Apps[0].URL+"/instances/create", body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := platform.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// Applications of two owners, a person of the test's own, and a child process.
func TestStartWith(t *testing.T) {
	t.Parallel()
	dirs := folders(t)
	metadata := filepath.Join(dirs[1], "config", "applicationmetadata.json")
	content, err := os.ReadFile(metadata)
	if err != nil {
		t.Fatal(err)
	}
	content = []byte(strings.NewReplacer(`"fts/saksmottak"`, `"ttd/saksmottak"`, `"org": "fts"`, `"org": "ttd"`).Replace(string(content)))
	if err := os.WriteFile(metadata, content, 0o600); err != nil {
		t.Fatal(err)
	}
	platform := platformtest.StartWith(t, local.Config{Seeds: []control.Seed{{Persons: []control.SeedPerson{{Name: "Ada Prøve"}}}}}, dirs...)
	seed := platform.Seed()
	if seed.OrgNumber != local.Example.Number || seed.Apps[1].URL != "https://ttd.apps.tt02.altinn.no/ttd/saksmottak" {
		t.Errorf("the owner is %s, the applications are %v", seed.OrgNumber, seed.Apps)
	}
	if last := seed.Persons[len(seed.Persons)-1]; last.Name != "Ada Prøve" || platform.PersonToken(last.UserID) == "" {
		t.Errorf("the last person is %s", last.Name)
	}
	if status := create(t, platform, platform.PersonToken(seed.Persons[0].UserID)); status != http.StatusCreated {
		t.Errorf("a person creates: %d", status)
	}
	if status := create(t, platform, platform.OrganisationToken(seed.Org, "altinn:serviceowner/instances.read")); status != http.StatusForbidden {
		t.Errorf("the organisation creates for a person: %d", status)
	}
	if err := platform.Reset(t.Context(), control.Instances); err != nil {
		t.Error(err)
	}
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(platform.Environ(), "PLATFORMTEST_CHILD=1")
	if output, err := command.CombinedOutput(); err != nil || string(output) != "https://test.maskinporten.no/" {
		t.Errorf("a child process: %v\n%s", err, output)
	}
	if content, err := os.ReadFile(platform.CAFile()); err != nil || !strings.Contains(string(content), "BEGIN CERTIFICATE") || platform.Proxy().Hostname() != "127.0.0.1" {
		t.Errorf("the CA file: %v; the proxy is %s", err, platform.Proxy())
	}
	aSeedInAFile(t, platform)
}

// aSeedInAFile names another file beside it.
func aSeedInAFile(t *testing.T, platform *platformtest.Platform) {
	dir := t.TempDir()
	const seed = `
persons: [{handle: bo, name: Bo Prøve}]
instances: [{application: fts/barmarkskjoring, owner: bo, data: [{type: skjema, file: form.json}]}]
`
	for name, content := range map[string]string{"seed.yaml": seed, "form.json": `{"Begrunnelse": "fordi"}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	seeded := platform.SeedFile(filepath.Join(dir, "seed.yaml"))
	if len(seeded.Persons) != 1 || len(seeded.Instances) != 1 || !strings.HasPrefix(seeded.Instances[0].ID, fmt.Sprint(seeded.Persons[0].PartyID)+"/") {
		t.Errorf("seeded %+v", seeded)
	}
}

// child is a program that knows nothing of the local platform but its environment.
func child() int {
	response, err := http.Get("https://test.maskinporten.no/.well-known/oauth-authorization-server")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer response.Body.Close()
	var metadata struct{ Issuer string }
	if err := json.NewDecoder(response.Body).Decode(&metadata); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Print(metadata.Issuer)
	return 0
}

// fake is a test that is told to end: it does so in a goroutine of its own.
type fake struct {
	testing.TB
	told string
}

func (f *fake) Fatal(args ...any) {
	f.told = fmt.Sprint(args...)
	runtime.Goexit()
}

func TestWhatCannotStartEndsTheTest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		folders []string
		says    string
	}{
		"no application": {nil, "start the local platform: no application is given"},
		"no folder":      {[]string{t.TempDir()}, "there is no folder config"},
	} {
		f := &fake{TB: t}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			platformtest.Start(f, c.folders...)
		}()
		<-ended
		if !strings.Contains(f.told, c.says) {
			t.Errorf("%s: told %q", name, f.told)
		}
	}
}
