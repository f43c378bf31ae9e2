package definition_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/platformtest"
	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/definition"
	"github.com/stafett/stafett/secret"
)

const original = "fts/barmarkskjoring"

// world is a local platform with the example applications and one person's
// client of it.
type world struct {
	client *api.Client
	person local.Person
	asked  *atomic.Int64 // requests that the client has sent
}

// start starts a platform; edit changes the folder of the examples before.
func start(t *testing.T, edit func(dir string)) *world {
	t.Helper()
	dir := t.TempDir()
	if err := examples.WriteTo(dir); err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		edit(dir)
	}
	folder, err := app.Load(filepath.Join(dir, examples.OriginalForm))
	if err != nil {
		t.Fatal(err)
	}
	platform, err := local.Start(t.Context(), local.Config{Apps: []*app.Folder{folder}, Keys: platformtest.Keys(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := platform.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{person: platform.Seed().Persons[0], asked: new(atomic.Int64)}
	token := secret.New(get(t, platform.Client(), fmt.Sprintf("https://%s/Home/GetTestUserToken/%d?authenticationLevel=2", local.LoginHost, w.person.UserID)))
	w.client = &api.Client{
		HTTP:     &http.Client{Transport: counting{platform.Client().Transport, w.asked}},
		Platform: "https://" + local.PlatformHost, AppsDomain: "apps.tt02.altinn.no", Language: "nb",
		Token: func(context.Context) (secret.String, error) { return token, nil },
	}
	return w
}

type counting struct {
	next  http.RoundTripper
	count *atomic.Int64
}

func (c counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.count.Add(1)
	return c.next.RoundTrip(r)
}

func get(t *testing.T, client *http.Client, address string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %d, %v", address, response.StatusCode, err)
	}
	return string(body)
}

func TestLoadReadsTheFormOfATask(t *testing.T) {
	t.Parallel()
	w := start(t, nil)
	in, err := w.client.Create(t.Context(), original, w.person.PartyID)
	if err != nil {
		t.Fatal(err)
	}
	var store definition.Store
	d, err := store.Load(t.Context(), w.client, original, in.Task(), in.ID)
	if err != nil {
		t.Fatal(err)
	}
	if d.Form == nil || d.DataType != "skjema" || d.Metadata.ID != original {
		t.Errorf("the form %v is of %q in %q", d.Form != nil, d.DataType, d.Metadata.ID)
	}
	state, err := d.State(t.Context(), w.client, in)
	if err != nil {
		t.Fatal(err)
	}
	if state.Data == nil || state.Write || state.Language != "nb" {
		t.Errorf("the state has data %v, may be written %v, and is in %q", state.Data != nil, state.Write, state.Language)
	}
	if owner := state.Instance; owner.OwnerType != "person" || owner.OwnerName != w.person.Name || owner.ID != in.ID {
		t.Errorf("the owner is %+v", owner)
	}
	if len(state.Files) != 0 {
		t.Errorf("a form is no file: %v", state.Files)
	}

	// The confirmation shows no form of its own.
	if d, err = store.Load(t.Context(), w.client, original, "Task_2", in.ID); err != nil || d.Form != nil || d.DataType != "" {
		t.Errorf("the confirmation: %+v, %v", d, err)
	}
}

func TestADefinitionIsKeptForTwoSeconds(t *testing.T) {
	t.Parallel()
	w := start(t, nil)
	clock := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	store := definition.Store{Now: func() time.Time { return clock }}
	asks := func(c *api.Client, instance string) int64 {
		t.Helper()
		before := w.asked.Load()
		if _, err := store.Load(t.Context(), c, original, "Task_1", instance); err != nil {
			t.Fatal(err)
		}
		return w.asked.Load() - before
	}
	if asks(w.client, "1/a") == 0 {
		t.Error("nothing was asked at first")
	}
	clock = clock.Add(1900 * time.Millisecond)
	if n := asks(w.client, "1/a"); n != 0 {
		t.Errorf("asked %d times for what was read just now", n)
	}
	nynorsk := *w.client
	nynorsk.Language = "nn"
	if asks(&nynorsk, "1/a") == 0 || asks(w.client, "1/b") == 0 {
		t.Error("another language, or another instance, has the form of the first")
	}
	clock = clock.Add(200 * time.Millisecond)
	if asks(w.client, "1/a") == 0 {
		t.Error("a definition is used for longer than two seconds")
	}
}

// A list of options that the application has nowhere does not hide the rest of
// the form; an application that is not there is told.
func TestWhatTheApplicationLacks(t *testing.T) {
	t.Parallel()
	w := start(t, func(dir string) {
		page := filepath.Join(dir, examples.OriginalForm, "ui", "form", "layouts", "kjoring.json")
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.Replace(string(content), `"optionsId": "kommune"`, `"optionsId": "made-by-code"`, 1)
		if changed == string(content) {
			t.Fatal("the page has no list of municipalities")
		}
		if err := os.WriteFile(page, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	in, err := w.client.Create(t.Context(), original, w.person.PartyID)
	if err != nil {
		t.Fatal(err)
	}
	var store definition.Store
	if d, err := store.Load(t.Context(), w.client, original, "Task_1", in.ID); err != nil || d.Form == nil {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := store.Load(t.Context(), w.client, "fts/elsewhere", "Task_1", in.ID); err == nil {
		t.Error("an application that does not exist has a form")
	}
}
