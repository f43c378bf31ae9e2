package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/platformtest"
	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/secret"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	original  = "fts/barmarkskjoring"
	receiving = "fts/saksmottak"
)

// world is a local platform with both example applications.
type world struct {
	t        testing.TB
	platform *local.Platform
	folders  map[string]*app.Folder
}

func newWorld(t testing.TB) *world {
	t.Helper()
	dir := t.TempDir()
	must(t, examples.WriteTo(dir))
	w := &world{t: t, folders: map[string]*app.Folder{}}
	var apps []*app.Folder
	for _, name := range []string{examples.OriginalForm, examples.ReceivingApp} {
		folder, err := app.Load(filepath.Join(dir, name))
		must(t, err)
		w.folders[folder.ID] = folder
		apps = append(apps, folder)
	}
	platform, err := local.Start(t.Context(), local.Config{Apps: apps, Keys: platformtest.Keys(t)})
	must(t, err)
	t.Cleanup(func() { must(t, platform.Close()) })
	w.platform = platform
	return w
}

// person is the client of a seeded person.
func (w *world) person(i int) *api.Client {
	w.t.Helper()
	token := w.token(fmt.Sprintf("GetTestUserToken/%d?authenticationLevel=3", w.platform.Seed().Persons[i].UserID))
	return w.client(func(context.Context) (secret.String, error) { return token, nil })
}

// owner is a client with a token of the organisation that owns the applications.
func (w *world) owner() *api.Client {
	w.t.Helper()
	seed := w.platform.Seed()
	token := w.token("GetTestOrgToken/" + seed.Org + "?orgNumber=" + seed.OrgNumber +
		"&scopes=altinn:serviceowner/instances.read%20altinn:serviceowner/instances.write")
	return w.client(func(context.Context) (secret.String, error) { return token, nil })
}

func (w *world) client(token func(context.Context) (secret.String, error)) *api.Client {
	return &api.Client{
		HTTP: w.platform.Client(), Platform: "https://platform.tt02.altinn.no", AppsDomain: "apps.tt02.altinn.no",
		Token: token, Language: "nb",
	}
}

func (w *world) token(path string) secret.String {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "https://local.altinn.cloud/Home/"+path, nil)
	must(w.t, err)
	response, err := w.platform.Client().Do(request)
	must(w.t, err)
	defer response.Body.Close()
	token, err := io.ReadAll(response.Body)
	must(w.t, err)
	if response.StatusCode != http.StatusOK {
		w.t.Fatalf("log in: %d", response.StatusCode)
	}
	return secret.New(string(token))
}

// filledIn are the changes that make the original form complete.
func filledIn() []api.Operation {
	return []api.Operation{{Op: "add", Path: "/Soker", Value: map[string]any{
		"Navn": "Máret Čáhppe Eksempel", "Adresse": "Geaidnu 1", "Postnummer": "9730", "Poststed": "Kárášjohka",
		"Telefon": "99887766", "Epost": "maret@example.com",
	}}, {Op: "add", Path: "/Kjoring", Value: map[string]any{
		"Formaal": "ved", "Kommune": "5610", "Omrade": "Iešjávri", "Rute": "Fra Šuoššjávri til Iešjávri",
		"FraDato": "2027-06-01", "TilDato": "2027-06-30", "AntallTurer": 4,
	}}, {Op: "add", Path: "/Kjoretoy", Value: []any{map[string]any{"Type": "atv", "Vekt": 412.5}}},
		{Op: "add", Path: "/Begrunnelse", Value: "Đat lea ŋuolga ŧ ž."},
		{Op: "add", Path: "/VilkarBekreftet", Value: true}}
}

// refused demands an answer with a status.
func refused(t testing.TB, err error, status int) {
	t.Helper()
	_ = refusalOf(t, err, status)
}

// refusalOf demands it and gives it.
func refusalOf(t testing.TB, err error, status int) *api.Error {
	t.Helper()
	var e *api.Error
	if !errors.As(err, &e) || e.Status != status {
		t.Fatalf("error %v, want an answer of %d", err, status)
	}
	return e
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, c *api.Content) string {
	t.Helper()
	content, err := io.ReadAll(c.Body)
	must(t, err)
	must(t, c.Body.Close())
	return string(content)
}

// endless is a body that has no end unless somebody stops reading.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return copy(p, strings.Repeat("x", len(p))), nil }
