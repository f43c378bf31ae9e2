package fill_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/fault"
	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/definition"
	"github.com/stafett/stafett/local/web/fill"
	"github.com/stafett/stafett/local/web/frame"
	"github.com/stafett/stafett/local/web/start"
	"github.com/stafett/stafett/secret"
)

const (
	original  = "fts/barmarkskjoring"
	receiving = "fts/saksmottak"
)

// world is the local platform with both example applications, and a console with
// the front page and the pages of forms.
type world struct {
	*testing.T
	seed     *local.Seed
	platform *http.Client
	faults   *fault.Set
	server   *httptest.Server
	console  string        // address, without a slash at the end
	logins   *atomic.Int64 // tokens asked for
	asked    atomic.Int64  // all requests to the platform
	ahead    *atomic.Int64 // how far the console's clock is ahead, in nanoseconds
	// intercept answers in the platform's stead, if it is set.
	intercept atomic.Pointer[func(*http.Request) *http.Response]
}

// shared is the platform of all tests that change nothing about it: starting one
// takes longer than most of them, and each has instances of its own.
var shared = sync.OnceValues(func() (*local.Platform, error) {
	dir, err := os.MkdirTemp("", "fill-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	return platformOf(context.Background(), dir, nil)
})

func TestMain(m *testing.M) {
	code := m.Run()
	if platform, err := shared(); err != nil || platform.Close() != nil {
		code = 1
	}
	os.Exit(code)
}

// platformOf starts a platform with the examples, which edit changes before.
func platformOf(ctx context.Context, dir string, edit func(dir string)) (*local.Platform, error) {
	if err := examples.WriteTo(dir); err != nil {
		return nil, err
	}
	if edit != nil {
		edit(dir)
	}
	var folders []*app.Folder
	for _, name := range []string{examples.OriginalForm, examples.ReceivingApp} {
		folder, err := app.Load(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		folders = append(folders, folder)
	}
	return local.Start(ctx, local.Config{Apps: folders})
}

// newWorld starts a console of the test's own.
func newWorld(t *testing.T) *world {
	t.Helper()
	platform, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return worldOf(t, platform)
}

// newWorldWith starts a platform too, with applications that edit changes before.
func newWorldWith(t *testing.T, edit func(dir string)) *world {
	t.Helper()
	platform, err := platformOf(t.Context(), t.TempDir(), edit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := platform.Close(); err != nil {
			t.Error(err)
		}
	})
	return worldOf(t, platform)
}

func worldOf(t *testing.T, platform *local.Platform) *world {
	t.Helper()
	w := &world{T: t, logins: new(atomic.Int64), ahead: new(atomic.Int64)}
	w.seed, w.platform, w.faults = platform.Seed(), platform.Client(), platform.Faults()
	now := func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }
	first, err := start.New(start.Config{Apps: []string{original, receiving}})
	w.must(err)
	forms, err := fill.New(fill.Config{Definitions: &definition.Store{}, Now: func() time.Time { return time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC) }})
	w.must(err)
	console, err := frame.New(frame.Config{
		HTTPClient: &http.Client{Transport: watched{platform.Client().Transport, w}},
		Platform:   "https://" + local.PlatformHost, Login: "https://" + local.LoginHost, AppsDomain: "apps.tt02.altinn.no",
		People: w.people(), Areas: []frame.Area{first, forms}, Now: now,
	})
	w.must(err)
	w.server = httptest.NewServer(console)
	t.Cleanup(w.server.Close)
	w.console = w.server.URL
	return w
}

// people are those of the seed, with whom they act for.
func (w *world) people() []frame.Person {
	var people []frame.Person
	for _, p := range w.seed.Persons {
		person := frame.Person{Name: p.Name, UserID: p.UserID, PartyID: p.PartyID, Parties: []frame.Party{{ID: p.PartyID, Name: p.Name, IsPerson: true}}}
		for _, o := range w.seed.Organisations {
			if o.OrgNumber == p.DailyManagerOf {
				person.Parties = append(person.Parties, frame.Party{ID: o.PartyID, Name: o.Name, OrgNumber: o.OrgNumber})
			}
		}
		people = append(people, person)
	}
	return people
}

// watched lets a test count and replace what the console asks the platform.
type watched struct {
	next  http.RoundTripper
	world *world
}

func (t watched) RoundTrip(r *http.Request) (*http.Response, error) {
	t.world.asked.Add(1)
	if r.URL.Host == local.LoginHost {
		t.world.logins.Add(1)
	}
	if f := t.world.intercept.Load(); f != nil {
		if answer := (*f)(r); answer != nil {
			return answer, nil
		}
	}
	return t.next.RoundTrip(r)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// as is a client of the platform's API for a person of the seed.
func (w *world) as(person int) *api.Client {
	return w.with(fmt.Sprintf("GetTestUserToken/%d?authenticationLevel=2", w.seed.Persons[person].UserID))
}

// asOwner is one for the organisation that owns the applications.
func (w *world) asOwner() *api.Client {
	return w.with("GetTestOrgToken/" + w.seed.Org + "?orgNumber=" + w.seed.OrgNumber +
		"&scopes=" + url.QueryEscape("altinn:serviceowner/instances.read altinn:serviceowner/instances.write"))
}

// with is a client with a token of the test login.
func (w *world) with(token string) *api.Client {
	return &api.Client{
		HTTP: w.platform, Platform: "https://" + local.PlatformHost, AppsDomain: "apps.tt02.altinn.no", Language: "nb",
		Token: func(ctx context.Context) (secret.String, error) {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+local.LoginHost+"/Home/"+token, nil)
			if err != nil {
				return secret.String{}, err
			}
			answer, err := w.platform.Do(r)
			if err != nil {
				return secret.String{}, err
			}
			defer answer.Body.Close()
			got, err := io.ReadAll(answer.Body)
			return secret.New(strings.TrimSpace(string(got))), err
		},
	}
}
