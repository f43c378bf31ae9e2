package local_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/platformtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// folders loads the examples after edit has changed them.
func folders(t testing.TB, edit func(dir string)) []*app.Folder {
	t.Helper()
	dir := t.TempDir()
	if err := examples.WriteTo(dir); err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		edit(dir)
	}
	var loaded []*app.Folder
	for _, name := range []string{examples.OriginalForm, examples.ReceivingApp} {
		folder, err := app.Load(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		loaded = append(loaded, folder)
	}
	return loaded
}

func start(t testing.TB, cfg local.Config) *local.Platform {
	t.Helper()
	if cfg.Keys == (local.Keys{}) {
		cfg.Keys = platformtest.Keys(t)
	}
	platform, err := local.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := platform.Close(); err != nil {
			t.Error(err)
		}
	})
	return platform
}

func send(t testing.TB, platform *local.Platform, method, address, token, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if strings.Contains(address, "/register/") {
		request.Header.Set(authentication.PlatformTokenHeader, "application")
	}
	response, err := platform.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

func logIn(t *testing.T, platform *local.Platform, person local.Person) string {
	t.Helper()
	status, token := send(t, platform, http.MethodGet, fmt.Sprintf("https://%s/Home/GetTestUserToken/%d?authenticationLevel=3", local.LoginHost, person.UserID), "", "")
	if status != http.StatusOK {
		t.Fatalf("log in: %d", status)
	}
	return token
}

// The policy decides, and nothing else: under the template's policy, which lets
// the roles PRIV and DAGL instantiate, a daily manager creates the organisation's
// instance with their own token, and under the example's policy not.
func TestADailyManagerIsLetInByTheTemplatesPolicy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(dir string)
		want map[string]int
	}{
		"the example's policy": {nil, map[string]int{"manager": http.StatusForbidden, "stranger": http.StatusForbidden}},
		"the template's policy": {func(dir string) { useTemplatePolicy(t, dir) },
			map[string]int{"manager": http.StatusCreated, "stranger": http.StatusForbidden}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			platform := start(t, local.Config{Apps: folders(t, c.edit)})
			seed := platform.Seed()
			people := map[string]local.Person{"stranger": seed.Persons[0], "manager": seed.Persons[1]}
			if people["manager"].DailyManagerOf != seed.OrgNumber {
				t.Fatalf("person 2 is daily manager of %q", people["manager"].DailyManagerOf)
			}
			for who, person := range people {
				status, body := send(t, platform, http.MethodPost, seed.Apps[1].URL+"/instances/create", logIn(t, platform, person),
					fmt.Sprintf(`{"instanceOwner":{"organisationNumber":%q}}`, seed.OrgNumber))
				if status != c.want[who] {
					t.Errorf("the %s gets %d %s, want %d", who, status, body, c.want[who])
				}
				if status == http.StatusForbidden && body != "" {
					t.Errorf("the %s's refusal has the body %q", who, body)
				}
			}
		})
	}
}

// useTemplatePolicy gives the receiving application the rights of Altinn's
// template: PRIV and DAGL read, write, delete and instantiate; the owner reads,
// writes, instantiates and completes.
func useTemplatePolicy(t *testing.T, dir string) {
	content, err := os.ReadFile("testdata/template-policy.xml")
	if err != nil {
		t.Fatal(err)
	}
	content = bytes.ReplaceAll(content, []byte("[ORG]"), []byte("fts"))
	content = bytes.ReplaceAll(content, []byte("[APP]"), []byte("saksmottak"))
	path := filepath.Join(dir, examples.ReceivingApp, "config", "authorization", "policy.xml")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestStartRefusesWhatItCannotServe(t *testing.T) {
	t.Parallel()
	apps := folders(t, nil)
	for name, c := range map[string]struct {
		cfg  local.Config
		want string
	}{
		"no application":                      {local.Config{}, "no application is given"},
		"another owner":                       {local.Config{Apps: apps, Owner: local.Organisation{Code: "xyz", Number: "312008459", Name: "X"}}, `belongs to "fts", but the owner is "xyz"`},
		"a vault elsewhere":                   {local.Config{Apps: apps, Vault: "https://kv.example.com"}, "vault.azure.net"},
		"an owner given twice":                {local.Config{Apps: apps, Others: []local.Organisation{local.Example}}, "given twice"},
		"one app from a folder and a process": {local.Config{Apps: apps, Remotes: []local.Remote{{ID: apps[0].ID, URL: "http://localhost:5005"}}}, "twice"},
		"a process on another machine":        {local.Config{Remotes: []local.Remote{{ID: "fts/x", URL: "http://10.0.0.1:5005"}}}, "only a loopback address"},
		"a process at a port that none is":    {local.Config{Remotes: []local.Remote{{ID: "fts/x", URL: "http://localhost:99999"}}}, "a port is a number from 1 to 65535"},
		"a process below a path":              {local.Config{Remotes: []local.Remote{{ID: "fts/x", URL: "http://localhost:5005/fts/x"}}}, "leave out /fts/x"},
		"an id in capitals":                   {local.Config{Remotes: []local.Remote{{ID: "fts/X", URL: "http://localhost:5005"}}}, "in small letters"},
		"an id of three":                      {local.Config{Remotes: []local.Remote{{ID: "fts/x/y", URL: "http://localhost:5005"}}}, "of the form org/app"},
		"one app given twice":                 {local.Config{Apps: append(apps, apps[0])}, "twice"},
	} {
		platform, err := local.Start(t.Context(), c.cfg)
		if err == nil {
			_ = platform.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want an error with %q", name, err, c.want)
		}
	}
}

// Each start has people, secrets and numbers of its own, and all of them are
// synthetic.
func TestTheSeedIsMadeAtStart(t *testing.T) {
	t.Parallel()
	apps := folders(t, nil)
	first, second := start(t, local.Config{Apps: apps}).Seed(), start(t, local.Config{Apps: apps}).Seed()
	if first.AzureClientSecret.Equal(second.AzureClientSecret) || first.SelfServiceKey.Equal(second.SelfServiceKey) || first.TenantID == second.TenantID {
		t.Error("two starts share credentials")
	}
	for i := range first.Persons {
		if month := first.Persons[i].SSN[2:4]; month < "81" || month > "92" {
			t.Errorf("person %d has a number that is not synthetic: month %s", i+1, month)
		}
		if first.Persons[i].SSN == second.Persons[i].SSN {
			t.Errorf("person %d has one number in two starts", i+1)
		}
	}
	if first.Apps[0].URL != "https://fts.apps.tt02.altinn.no/fts/barmarkskjoring" {
		t.Errorf("the original application is at %s", first.Apps[0].URL)
	}
}

// Host names have no case, and what is not served is not found.
func TestAddresses(t *testing.T) {
	t.Parallel()
	platform := start(t, local.Config{Apps: folders(t, nil)})
	for address, want := range map[string]int{
		"https://fts.apps.tt02.altinn.no/fts/saksmottak/api/v1/applicationmetadata": http.StatusOK,
		"https://FTS.Apps.TT02.altinn.no/fts/saksmottak/api/v1/applicationmetadata": http.StatusOK,
		"https://fts.apps.tt02.altinn.no/fts/no-such-app/instances":                 http.StatusNotFound,
		"https://fts.apps.tt02.altinn.no/other/saksmottak/instances":                http.StatusNotFound,
		"https://fts.apps.tt02.altinn.no/":                                          http.StatusNotFound,
	} {
		if status, _ := send(t, platform, http.MethodGet, address, "", ""); status != want {
			t.Errorf("%s answers %d, want %d", address, status, want)
		}
	}
}

// BenchmarkStart is the time to a platform that answers. Nearly all of it is the
// making of four RSA keys, which takes as long as it takes: primes are found by
// chance.
func BenchmarkStart(b *testing.B) {
	apps := folders(b, nil)
	for b.Loop() {
		platform, err := local.Start(b.Context(), local.Config{Apps: apps})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := platform.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
