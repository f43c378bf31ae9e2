package cli

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/prepare/doctor"
)

// ailment is one misconfiguration: what is wrong, which check is to find it
// first, and what its remedy says.
type ailment struct {
	name   string
	inject func(t *testing.T, c *clinic)
	// id is of the first check, in order, that is not as it is when all is well,
	// and status how it ends: Fail unless it says something else.
	id     string
	status doctor.Status
	// says are words that the finding must have.
	says []string
	// mend does what the remedy's text says. Nil when the remedy is a command,
	// which is run then, as it stands.
	mend func(t *testing.T, c *clinic)
	// after is what the text asks for besides the command, such as to deploy; nil
	// is nothing.
	after func(t *testing.T, c *clinic)
}

// clinic is a project that is ready, on a running local platform, in which one
// thing at a time goes wrong.
type clinic struct {
	bench
	wire   *wire
	files  map[string][]byte // of the project when all was well
	schema *jsonschema.Schema

	mu       sync.Mutex
	answers  map[string]replacement // by host, for requests of any kind
	deployed map[string][]byte      // by application and path: what is open to everybody
}

// newClinic prepares the example project.
func newClinic(t testing.TB) *clinic {
	t.Helper()
	c := &clinic{answers: make(map[string]replacement)}
	c.start(t, c.between)
	var err error
	if c.wire, err = newWire(c.state); err != nil {
		t.Fatal(err)
	}
	if c.schema, err = compileSchema("doctor"); err != nil {
		t.Fatal(err)
	}
	c.command(t, "stafett", "prepare", "--yes")
	c.deploy(t)
	c.files = c.read(t)
	c.expectHealth(t)
	return c
}

// between lets a test answer in a stand-in's place, and an application show what
// was deployed last.
func (c *clinic) between(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		answer, open := c.answers[host], c.deployed[r.URL.Path]
		c.mu.Unlock()
		switch {
		case answer != nil && answer(w, r):
		case open != nil:
			_, _ = w.Write(open)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// answer lets a host answer otherwise, and nil as ever again.
func (c *clinic) answer(host string, answer replacement) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[host] = answer
}

// deploy lets the applications show what their folders hold now.
func (c *clinic) deploy(t testing.TB) {
	t.Helper()
	deployed := make(map[string][]byte)
	for folder, id := range map[string]string{examples.OriginalForm: "fts/barmarkskjoring", examples.ReceivingApp: "fts/saksmottak"} {
		for path, name := range map[string]string{
			"/api/v1/applicationmetadata": "applicationmetadata.json", "/api/v1/meta/authorizationpolicy": "authorization/policy.xml", "/api/v1/meta/process": "process/process.bpmn",
		} {
			content, err := os.ReadFile(filepath.Join(c.dir, folder, "config", name))
			if err != nil {
				t.Fatal(err)
			}
			deployed["/"+id+path] = content
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deployed = deployed
}

// read returns every file of the project.
func (c *clinic) read(t testing.TB) map[string][]byte {
	t.Helper()
	files := make(map[string][]byte)
	err := filepath.WalkDir(c.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// restore gives the project its files back, and the hosts their own answers.
func (c *clinic) restore(t *testing.T) {
	t.Helper()
	for path, content := range c.read(t) {
		if good, kept := c.files[path]; !kept {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		} else if !bytes.Equal(content, good) {
			c.write(t, path, good)
		}
	}
	for path, content := range c.files {
		if _, err := os.Stat(path); err != nil {
			c.write(t, path, content)
		}
	}
	c.deploy(t)
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.answers)
}

func (c *clinic) write(t *testing.T, path string, content []byte) {
	t.Helper()
	if !filepath.IsAbs(path) {
		path = filepath.Join(c.dir, path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// command runs a command of the program, which must succeed; a rotation may have
// somebody to wait for.
func (c *clinic) command(t testing.TB, args ...string) {
	t.Helper()
	args = slices.DeleteFunc(slices.Clone(args[1:]), func(arg string) bool { return arg == "--local" })
	if code, stdout, stderr := c.run(t.Context(), args...); code != exitOK && (args[0] != "rotate" || code != exitAwaiting) {
		t.Fatalf("stafett %s ends with %d\n%s%s", strings.Join(args, " "), code, stdout, stderr)
	}
}

// examine runs doctor and returns what it says.
func (c *clinic) examine(t testing.TB, args ...string) doctorDocument {
	t.Helper()
	code, stdout, stderr := c.run(t.Context(), append([]string{"doctor"}, args...)...)
	if found := leaks(stdout + stderr); len(found) > 0 {
		t.Fatalf("the output holds %s", strings.Join(found, ", "))
	}
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(stdout))
	if err != nil {
		t.Fatalf("doctor prints %q, %s: %v", stdout, stderr, err)
	}
	if err := c.schema.Validate(parsed); err != nil {
		t.Fatalf("%v\n%s", err, stdout)
	}
	var document doctorDocument
	if err := json.Unmarshal([]byte(stdout), &document); err != nil {
		t.Fatal(err)
	}
	if failed := document.Failed > 0; failed != (code == exitFailed) || !failed && code != exitOK {
		t.Errorf("doctor ends with %d and tells %d faults", code, document.Failed)
	}
	return document
}

// troubles are the results that are not as they are when all is well.
func troubles(document doctorDocument) []doctor.Result {
	return slices.DeleteFunc(slices.Clone(document.Results), func(r doctor.Result) bool {
		return r.Status == doctor.OK || r.Status == doctor.Skip
	})
}

func (c *clinic) expectHealth(t testing.TB) {
	t.Helper()
	for _, result := range troubles(c.examine(t)) {
		t.Errorf("not well: %+v", result)
	}
}

// treat lets each ailment come, be found and be mended, one after the other.
func (c *clinic) treat(t *testing.T, ailments []ailment) {
	t.Helper()
	for _, one := range ailments {
		t.Run(one.name, func(t *testing.T) {
			defer c.restore(t)
			one.inject(t, c)
			found := troubles(c.examine(t))
			if len(found) == 0 {
				t.Fatal("nothing is found")
			}
			first := found[0]
			// A fault counts before a warning of an earlier check.
			if at := slices.IndexFunc(found, func(r doctor.Result) bool { return r.Status == doctor.Fail }); at >= 0 {
				first = found[at]
			}
			c.judge(t, one, first)
			if one.mend == nil {
				c.command(t, first.Remedy.Command...)
			} else {
				one.mend(t, c)
			}
			if one.after != nil {
				one.after(t, c)
			}
			c.expectHealth(t)
		})
	}
}

// judge compares what was found with what is to be found.
func (c *clinic) judge(t *testing.T, wanted ailment, found doctor.Result) {
	t.Helper()
	if wanted.status == "" {
		wanted.status = doctor.Fail
	}
	if found.ID != wanted.id || found.Status != wanted.status {
		t.Fatalf("the first that is found is %+v; want %s to be %s", found, wanted.id, wanted.status)
	}
	if found.Evidence == "" || found.Cause == "" || found.Remedy.Text == "" {
		t.Errorf("%s does not tell all: %+v", found.ID, found)
	}
	told := found.Evidence + "\n" + found.Cause + "\n" + found.Remedy.Text
	for _, word := range wanted.says {
		if !strings.Contains(told, word) {
			t.Errorf("%s does not say %q: %s", found.ID, word, told)
		}
	}
	if (wanted.mend == nil) != (len(found.Remedy.Command) > 0) {
		t.Fatalf("%s has the command %q", found.ID, found.Remedy.Command)
	}
}

// edit replaces the one occurrence of a text in a file of the project.
func (c *clinic) edit(t *testing.T, name, from, to string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(c.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(content), from); n != 1 {
		t.Fatalf("%s holds %q %d times", name, from, n)
	}
	c.write(t, name, []byte(strings.Replace(string(content), from, to, 1)))
}

// editing is an injection or a mend that edits a file of the project.
func editing(name, from, to string) func(*testing.T, *clinic) {
	return func(t *testing.T, c *clinic) {
		t.Helper()
		c.edit(t, name, from, to)
	}
}

// refusals is an injection that lets a host refuse requests, and recovers its
// mend.
func refusals(host, method, path string, status int, body string) func(*testing.T, *clinic) {
	return func(_ *testing.T, c *clinic) { c.answer(host, refusing(method, path, status, body)) }
}

func recovers(host string) func(*testing.T, *clinic) {
	return func(_ *testing.T, c *clinic) { c.answer(host, nil) }
}

// redeployed deploys the applications as the folders are.
func redeployed(t *testing.T, c *clinic) {
	t.Helper()
	c.deploy(t)
}

// secret returns the value of a secret of the vault.
func (c *clinic) secret(t *testing.T, name string) string {
	t.Helper()
	var bundle struct{ Value string }
	if err := c.wire.vault(http.MethodGet, "/secrets/"+name, nil, &bundle); err != nil {
		t.Fatal(err)
	}
	return bundle.Value
}

// store stores a secret.
func (c *clinic) store(t *testing.T, name, value string) {
	t.Helper()
	if err := c.wire.vault(http.MethodPut, "/secrets/"+name, map[string]string{"value": value}, nil); err != nil {
		t.Fatal(err)
	}
}

// portal calls Samarbeidsportalen as the admin client.
func (c *clinic) portal(t *testing.T, method, path string, body, out any) {
	t.Helper()
	if err := c.wire.portal(method, path, body, out); err != nil {
		t.Fatal(err)
	}
}

// The names of the example's vault and integration.
const (
	clientSecret = "MaskinportenSettings--ClientId"
	keySecret    = "MaskinportenSettings--EncodedJwk"
	portalHost   = local.SelfServiceHost
)
