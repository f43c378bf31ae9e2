package portal_test

import (
	"crypto/rand"
	"crypto/rsa"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/local/loopback"
	"github.com/stafett/stafett/local/portal"
	"github.com/stafett/stafett/local/selfservice"
	"go.uber.org/goleak"
)

const (
	agency    = "313547264"
	club      = "312008459"
	readScope = "altinn:serviceowner/instances.read"
	openScope = "fts:felles/oppslag"
	shutScope = "digdir:lukket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// publicKey is made once, since making an RSA key is slow.
var publicKey = sync.OnceValue(func() *rsa.PublicKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return &key.PublicKey
})

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// world is a portal on a loopback address with two organisations, and somebody
// who goes there.
type world struct {
	*testing.T
	registry *selfservice.Registry
	address  *loopback.Address
	visitor
}

// visitor keeps cookies and follows redirects, as a browser does.
type visitor struct {
	*testing.T
	base   string
	client *http.Client
}

// person is what the login calls who.
const (
	nobody  = "0"
	manager = "1"
	leader  = "2" // of the club
)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, registry: selfservice.NewRegistry(func() time.Time { return now })}
	organisations := []selfservice.Organisation{{Number: agency, Name: "Ferdselstilsynet"}, {Number: club, Name: "Vidda turlag"}}
	for _, organisation := range organisations {
		must(t, w.registry.AddOrganisation(organisation))
	}
	must(t, w.registry.AddScope(selfservice.Scope{Name: readScope, Description: "Lese instanser", OwnerOrgNumber: agency}))
	must(t, w.registry.AddScope(selfservice.Scope{Name: openScope, OwnerOrgNumber: agency, AccessibleForAll: true}))
	must(t, w.registry.AddScope(selfservice.Scope{Name: shutScope, OwnerOrgNumber: agency}))
	must(t, w.registry.GrantAccess(readScope, agency))
	server, err := portal.New(portal.Config{
		Registry: w.registry, Organisations: organisations, Now: func() time.Time { return now },
		People: []portal.Person{{Name: "Máret Eksempel"}, {Name: "Jørn Lillevik", Administers: []string{agency}}, {Name: "Sunniva Trosterud", Administers: []string{club}}},
	})
	must(t, err)
	w.address, err = loopback.Serve(t.Context(), "127.0.0.1:0", server)
	must(t, err)
	w.visitor = newVisitor(t, w.address.URL().String())
	t.Cleanup(func() {
		if err := w.address.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func newVisitor(t *testing.T, base string) visitor {
	jar, err := cookiejar.New(nil)
	must(t, err)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return visitor{t, strings.TrimSuffix(base, "/"), &http.Client{Transport: transport, Jar: jar}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// shown is a page as the visitor gets it, after redirects.
type shown struct {
	status int
	path   string
	header http.Header
	html   string
}

var tag = regexp.MustCompile(`<[^>]*>`)

// text is what the page says, with its spaces as one.
func (s shown) text() string {
	return strings.Join(strings.Fields(html.UnescapeString(tag.ReplaceAllString(s.html, " "))), " ")
}

func (v visitor) get(path string) shown {
	v.Helper()
	response, err := v.client.Get(v.base + path)
	must(v.T, err)
	return v.read(response)
}

// post sends a form, given as name and value in turn.
func (v visitor) post(path string, fields ...string) shown {
	v.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	response, err := v.client.PostForm(v.base+path, form)
	must(v.T, err)
	return v.read(response)
}

func (v visitor) read(response *http.Response) shown {
	v.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(v.T, err)
	return shown{response.StatusCode, response.Request.URL.Path, response.Header, string(body)}
}

// login begins a session for an organisation.
func (v visitor) login(person, organisation string) shown {
	v.Helper()
	return v.post("/login", "person", person, "organisation", organisation)
}

// says requires a page with a status and words on it.
func (v visitor) says(what string, page shown, status int, words ...string) {
	v.Helper()
	if page.status != status {
		v.Errorf("%s: status %d, want %d: %s", what, page.status, status, page.text())
	}
	for _, word := range words {
		if !strings.Contains(page.text(), word) {
			v.Errorf("%s does not say %q: %s", what, word, page.text())
		}
	}
}

// create makes a client on the page and returns its id.
func (v visitor) create() string {
	v.Helper()
	page := v.post("/clients/new/maskinporten", "name", "skjema-test", "description", "Leser skjemaer", "scope", readScope)
	id, ok := strings.CutPrefix(page.path, "/clients/")
	if !ok || page.status != http.StatusOK {
		v.Fatalf("create: %d %s %s", page.status, page.path, page.text())
	}
	return id
}
