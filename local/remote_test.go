package local_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/control"
)

// process is an application of the owner ttd that runs as a process of its own. It
// tells of itself, and answers anything else with what it was asked.
func process(t *testing.T) (id, address string) {
	t.Helper()
	dir := t.TempDir()
	if err := examples.WriteTo(dir); err != nil {
		t.Fatal(err)
	}
	folder, err := app.Load(filepath.Join(dir, examples.OriginalForm))
	if err != nil {
		t.Fatal(err)
	}
	ofTTD := func(content []byte) []byte {
		content = bytes.ReplaceAll(content, []byte(`"fts`), []byte(`"ttd`))
		return bytes.ReplaceAll(content, []byte(">fts<"), []byte(">ttd<"))
	}
	told := map[string][]byte{
		"applicationmetadata": ofTTD(folder.MetadataJSON), "meta/authorizationpolicy": ofTTD(folder.PolicyXML), "meta/process": folder.ProcessXML,
		"texts/nb": []byte(`{"language":"nb","resources":[{"id":"appName","value":"Et skjema"}]}`),
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if content, ok := told[strings.TrimPrefix(r.URL.Path, "/ttd/barmarkskjoring/api/v1/")]; ok {
			_, _ = w.Write(content)
			return
		}
		body, _ := io.ReadAll(r.Body)
		h := r.Header
		w.Header().Set("X-Asked", strings.Join([]string{r.Method, r.Host, r.RequestURI, h.Get("X-Forwarded-For"), h.Get("X-Forwarded-Host"), h.Get("X-Forwarded-Proto"), h.Get("Authorization")}, " "))
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write(body)
	}))
	t.Cleanup(server.Close)
	return "ttd/barmarkskjoring", server.URL
}

// A platform of two owners, one of whose applications runs as a process of its own,
// and another one that does not run.
func TestAnApplicationInAProcessOfItsOwn(t *testing.T) {
	t.Parallel()
	id, address := process(t)
	ttd, synthetic := local.OwnerByCode("ttd")
	if synthetic || ttd.Number != "405003309" {
		t.Fatalf("the owner of Altinn's test data is %+v", ttd)
	}
	told := make(chan error, 2)
	platform := start(t, local.Config{
		Apps: folders(t, nil)[1:], Original: id, Others: []local.Organisation{ttd},
		Remotes: []local.Remote{{ID: id, URL: address}, {ID: "ttd/nede", URL: "http://127.0.0.1:1"}},
		RemoteTold: func(asked local.Remote, err error) {
			if asked.ID == id {
				told <- err
			}
		},
	})
	if err := <-told; err != nil {
		t.Fatal(err)
	}
	seed := platform.Seed()
	if seed.Apps[0].ID != id || seed.Apps[0].URL != "https://ttd.apps.tt02.altinn.no/"+id {
		t.Errorf("the first application is %+v, want the original", seed.Apps[0])
	}
	person := logIn(t, platform, seed.Persons[0])
	ofAProcess := control.Seed{Instances: []control.SeedInstance{{Application: id, Owner: "50900001"}}}
	if _, err := platform.AddSeed(t.Context(), ofAProcess); err == nil || !strings.Contains(err.Error(), "instances[0]: application: the application "+id+" runs as a process of its own") {
		t.Errorf("a seed makes an instance of it: %v", err)
	}

	t.Run("requests are passed on as they came", func(t *testing.T) {
		t.Parallel()
		body := strings.Repeat("x", 3<<20)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, seed.Apps[0].URL+"/instances/%31/a%2Fb?x=1;2", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer word")
		request.Header.Set("X-Forwarded-Host", "elsewhere.example.com")
		response, err := platform.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		content, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusTeapot || string(content) != body {
			t.Errorf("the answer is %d with %d bytes, %v", response.StatusCode, len(content), err)
		}
		const host = "ttd.apps.tt02.altinn.no"
		if got, want := response.Header.Get("X-Asked"), "PUT "+host+" /"+id+"/instances/%31/a%2Fb?x=1;2 127.0.0.1 "+host+" https Bearer word"; got != want {
			t.Errorf("the process was asked %q, want %q", got, want)
		}
	})
	t.Run("Storage and the decision point know it", func(t *testing.T) {
		t.Parallel()
		const storage = "https://" + local.PlatformHost + "/storage/api/v1/"
		if status, body := send(t, platform, http.MethodGet, storage+"applications/"+id, "", ""); status != http.StatusOK || !strings.Contains(body, `"id": "ttd/barmarkskjoring"`) {
			t.Errorf("its metadata: %d %s", status, body)
		}
		if status, body := send(t, platform, http.MethodGet, storage+"applications/"+id+"/texts/nb", person, ""); status != http.StatusOK || !strings.Contains(body, "Et skjema") {
			t.Errorf("its texts: %d %s", status, body)
		}
		owner := `{"instanceOwner":{"partyId":"50900001"},"appId":"` + id + `","process":{"currentTask":{"elementId":"Task_1"}}}`
		if status, body := send(t, platform, http.MethodPost, storage+"instances?appId="+id, person, owner); status != http.StatusCreated || !strings.Contains(body, "https://ttd.apps.tt02.altinn.no/"+id) {
			t.Errorf("an instance of it: %d %s", status, body)
		}
	})
	t.Run("one that is down is told from one that is not", func(t *testing.T) {
		t.Parallel()
		status, body := send(t, platform, http.MethodGet, "https://ttd.apps.tt02.altinn.no/ttd/nede/", "", "")
		if status != http.StatusBadGateway || !strings.Contains(body, "ttd/nede runs as a process of its own, which does not answer at http://127.0.0.1:1") {
			t.Errorf("down: %d %s", status, body)
		}
		for _, address := range []string{"https://ttd.apps.tt02.altinn.no/ttd/annet/", "https://ttd.apps.tt02.altinn.no/fts/saksmottak/", "https://" + local.PlatformHost + "/storage/api/v1/applications/ttd/nede"} {
			if status, body := send(t, platform, http.MethodGet, address, "", ""); status != http.StatusNotFound {
				t.Errorf("GET %s: %d %s", address, status, body)
			}
		}
	})
	t.Run("both owners are known everywhere", func(t *testing.T) {
		t.Parallel()
		_, list := send(t, platform, http.MethodGet, "https://"+local.OrgListHost+"/orgs/altinn-orgs.json", "", "")
		_, register := send(t, platform, http.MethodGet, "https://"+local.PlatformHost+"/register/api/v1/organizations/405003309", person, "")
		if !strings.Contains(list, `"405003309"`) || !strings.Contains(list, `"313547264"`) || !strings.Contains(register, "Testdepartementet") {
			t.Errorf("the list of owners is %s, and the register has %s", list, register)
		}
		for _, number := range []string{ttd.Number, local.Example.Number} {
			if !platform.Registry().MayUse("altinn:serviceowner/instances.write", number) {
				t.Errorf("%s may not use Altinn's scopes", number)
			}
		}
		if manager := seed.Persons[len(seed.Persons)-1]; manager.DailyManagerOf != ttd.Number {
			t.Errorf("the last person is daily manager of %q", manager.DailyManagerOf)
		}
	})
}

func TestOwnerByCode(t *testing.T) {
	t.Parallel()
	one, synthetic := local.OwnerByCode("ska")
	again, _ := local.OwnerByCode("ska")
	other, _ := local.OwnerByCode("nav")
	if !synthetic || one != again || one.Number == other.Number || len(one.Number) != 9 || one.Name == "" {
		t.Errorf("made up: %+v, again %+v, and for another code %+v", one, again, other)
	}
}
