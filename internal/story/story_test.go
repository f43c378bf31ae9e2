package story_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/internal/story"
	"github.com/stafett/stafett/local/platformtest"
	"github.com/stafett/stafett/local/register"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheStoryHolds(t *testing.T) {
	t.Parallel()
	keep := filepath.Join(t.TempDir(), "proof")
	document, err := story.Run(t.Context(), story.Config{Keep: keep, Keys: platformtest.Keys(t)})
	if err != nil {
		t.Fatal(err)
	}
	if !document.OK || len(document.Steps) != 9 {
		t.Fatalf("the story does not hold: %+v", document.Steps)
	}
	if document.Schema != "stafett/demo/v1" || document.Refused.Status != http.StatusForbidden || document.InstancesInReceiving != 1 {
		t.Errorf("document: %+v", document)
	}
	if got := strings.Join(document.Secrets, " "); got != clientSecret+" "+keySecret {
		t.Errorf("secrets: %s", got)
	}
	if document.Receiving.InstanceOwner.OrganisationNumber != document.Token.OrgNumber || document.Receiving.DataValues["stafett.handoverKey"] == "" {
		t.Errorf("receiving: %+v", document.Receiving)
	}
	types := make(map[string]int)
	for _, element := range document.Receiving.Data {
		types[element.DataType]++
		if element.Size == 0 || element.ContentType == "" {
			t.Errorf("data element: %+v", element)
		}
	}
	if types["sak"] != 1 || types["kildePdf"] != 1 || types["vedlegg"] != 1 {
		t.Errorf("data types: %v", types)
	}

	for _, name := range []string{"transcript.http", "original.pdf", "original.json", "receiving.json"} {
		if info, err := os.Stat(filepath.Join(keep, name)); err != nil || info.Size() == 0 {
			t.Errorf("proof %s: %v", name, err)
		}
	}
	var receiving struct {
		ID string `json:"id"`
	}
	content, err := os.ReadFile(filepath.Join(keep, "receiving.json"))
	if err != nil || json.Unmarshal(content, &receiving) != nil || receiving.ID != document.Receiving.InstanceID {
		t.Errorf("receiving.json is about %q, %v", receiving.ID, err)
	}
}

// The story's beginning is the guide's section, byte for byte, also when the
// example's own file has been fitted since.
func TestTheStoryBeginsWithTheGuidesSection(t *testing.T) {
	t.Parallel()
	const section = `  "MaskinportenSettings": {
    "Environment": "ver2",
    "ClientId": "",
    "Scope": "altinn:serviceowner/instances.read",
    "EncodedJwk": "",
    "ExhangeToAltinnToken": true,
    "EnableDebugLog": true
  }`
	content, err := os.ReadFile("appsettings.guide.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(content, []byte(section)) {
		t.Error("appsettings.guide.json does not hold the guide's section as it stands")
	}
	example, err := fs.ReadFile(examples.Files(), examples.OriginalForm+"/appsettings.json")
	if err != nil {
		t.Fatal(err)
	}
	outside := func(file []byte) string {
		before, _, _ := strings.Cut(string(file), `"MaskinportenSettings"`)
		return before
	}
	if outside(content) != outside(example) {
		t.Error("appsettings.guide.json and the example's appsettings.json differ outside the section")
	}
}

// Nothing that the story leaves or prints may hold a key, a token or an identity
// number. What is secret is taken from the wire as it passes, so that the search
// is for the very values.
func TestNothingSecretIsLeft(t *testing.T) {
	t.Parallel()
	caught := &catcher{secrets: make(map[string]string)}
	keep := t.TempDir()
	var logged lockedBuffer
	var told strings.Builder
	document, err := story.Run(t.Context(), story.Config{
		Keep:     keep,
		Keys:     platformtest.Keys(t),
		Logger:   slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Report:   func(step story.Step) { told.WriteString(step.ID + step.Status + step.Detail + "\n") },
		Sabotage: story.Sabotage{Host: caught.wrap},
	})
	if err != nil || !document.OK {
		t.Fatalf("the story does not hold: %v %+v", err, document.Steps)
	}
	encoded, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	outputs := map[string]string{"document": string(encoded), "steps": told.String(), "log": logged.String()}
	err = filepath.WalkDir(keep, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		outputs[entry.Name()] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(caught.secrets) < 8 {
		t.Fatalf("only %d secrets were seen on the wire; the search would prove little", len(caught.secrets))
	}
	for name, output := range outputs {
		for secret, what := range caught.secrets {
			if strings.Contains(output, secret) {
				t.Errorf("%s holds %s", name, what)
			}
		}
		for _, candidate := range elevenDigits.FindAllString(output, -1) {
			if register.ValidPersonNumber(candidate) {
				t.Errorf("%s holds an identity number", name)
			}
		}
		if strings.Contains(output, "PRIVATE KEY") || tokenLike.MatchString(output) {
			t.Errorf("%s holds what looks like a key or a token", name)
		}
	}
}

var (
	elevenDigits = regexp.MustCompile(`\b[0-9]{11}\b`)
	tokenLike    = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}`)
)

type lockedBuffer struct {
	mu sync.Mutex
	strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Builder.Write(p)
}

// catcher collects secret values from requests: bearer tokens, assertions,
// client secrets, and the members of the private key that goes to the vault.
type catcher struct {
	mu      sync.Mutex
	secrets map[string]string // value → what it is
}

func (c *catcher) add(value, what string) {
	if len(value) < 12 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.secrets[value] = what
}

func (c *catcher) wrap(_ string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok {
			c.add(token, "a bearer token")
		}
		contentType := r.Header.Get("Content-Type")
		if strings.HasPrefix(contentType, "application/x-www-form-urlencoded") || strings.HasPrefix(r.URL.Path, "/secrets/") {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			c.read(contentType, body)
		}
		next.ServeHTTP(w, r)
	})
}

func (c *catcher) read(contentType string, body []byte) {
	if strings.HasPrefix(contentType, "application/x-www-form-urlencoded") {
		for _, field := range strings.Split(string(body), "&") {
			if name, value, _ := strings.Cut(field, "="); name == "assertion" || name == "client_secret" {
				c.add(value, "the "+name)
			}
		}
		return
	}
	var secret struct {
		Value string `json:"value"`
	}
	if json.Unmarshal(body, &secret) != nil {
		return
	}
	key, err := base64.StdEncoding.DecodeString(secret.Value)
	if err != nil || !bytes.HasPrefix(key, []byte("{")) {
		return // the client id is no secret
	}
	c.add(secret.Value, "the encoded key")
	var members map[string]string
	if json.Unmarshal(key, &members) == nil {
		for _, name := range []string{"d", "p", "q", "dp", "dq", "qi"} {
			c.add(members[name], "the private member "+name)
		}
	}
}
