package story_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/internal/story"
	"github.com/stafett/stafett/local/platformtest"
)

// Each step has to notice by itself what breaks it: one thing is sabotaged, and
// exactly that step, no earlier and no later one, must fail.
func TestEachStepNoticesItsSabotage(t *testing.T) {
	t.Parallel()
	for step, sabotage := range map[string]story.Sabotage{
		story.StepVault:       {Host: on(vaultHost, refuseEverything)},
		story.StepKey:         {Host: on(vaultHost, truncateTheKey)},
		story.StepIntegration: {Host: on(portalHost, registerAnotherKey)},
		story.StepSettings:    {Host: on(vaultHost, storeAnotherClientID)},
		story.StepProof:       exchangeForAnotherIntegration(),
		story.StepForm:        {Host: on(platformHost, losePDF)},
		story.StepRefused:     {Files: permitEverybody},
		story.StepHandover:    {Host: on(platformHost, dropDataValues)},
		story.StepRestart:     {Host: on(vaultHost, serveTheFirstKeyForEver)},
	} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			wantFailure(t, step, sabotage)
		})
	}
}

// More ways to break the story, each noticed where it should be.
func TestFurtherSabotage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		step     string
		sabotage story.Sabotage
	}{
		"the integration lacks a scope":            {story.StepIntegration, story.Sabotage{Host: on(portalHost, dropAScope)}},
		"the key is stored in another vault":       {story.StepKey, story.Sabotage{Host: on(vaultHost, forgetWrites)}},
		"a third secret appears":                   {story.StepSettings, story.Sabotage{Host: on(vaultHost, listAThirdSecret)}},
		"another byte of appsettings.json changes": {story.StepSettings, story.Sabotage{Files: addASpace}},
		"the map is not attached":                  {story.StepForm, story.Sabotage{Host: on(platformHost, loseTheMap)}},
		"the receiver keeps other bytes":           {story.StepHandover, story.Sabotage{Host: on(platformHost, corruptAttachments)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFailure(t, c.step, c.sabotage)
		})
	}
}

func wantFailure(t *testing.T, step string, sabotage story.Sabotage) story.Document {
	t.Helper()
	document, err := story.Run(t.Context(), story.Config{Keys: platformtest.Keys(t), Sabotage: sabotage})
	if err != nil {
		t.Fatal(err)
	}
	if document.OK {
		t.Errorf("the story holds although step %s was sabotaged", step)
	}
	want := story.StatusOK
	for _, told := range document.Steps {
		if told.ID == step {
			if told.Status != story.StatusFailed || told.Detail == "" {
				t.Errorf("step %s is %s (%q), want it to fail and say why", told.ID, told.Status, told.Detail)
			}
			t.Logf("%s: %s", told.ID, told.Detail)
			want = story.StatusSkipped
			continue
		}
		if told.Status != want {
			t.Errorf("step %s is %s (%s), want %s", told.ID, told.Status, told.Detail, want)
		}
	}
	return document
}

const (
	vaultHost    = "kv-fts-tt02.vault.azure.net"
	portalHost   = "api.test.samarbeid.digdir.no"
	platformHost = "platform.tt02.altinn.no"

	keySecret    = "MaskinportenSettings--EncodedJwk"
	clientSecret = "MaskinportenSettings--ClientId"
)

type wrapper func(next http.Handler) http.Handler

// on puts a wrapper around one host.
func on(host string, wrap wrapper) func(string, http.Handler) http.Handler {
	return func(name string, next http.Handler) http.Handler {
		if name == host {
			return wrap(next)
		}
		return next
	}
}

// rewriteBody changes the JSON body of the requests for which wanted holds.
func rewriteBody(wanted func(*http.Request) bool, change func(body map[string]any)) wrapper {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if wanted(r) && r.Header.Get("Authorization") != "" {
				var body map[string]any
				if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
					http.Error(w, err.Error(), http.StatusBadRequest)
					return
				}
				change(body)
				content, err := json.Marshal(body)
				if err != nil {
					http.Error(w, err.Error(), http.StatusInternalServerError)
					return
				}
				r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
				r.Header.Set("Content-Length", fmt.Sprint(len(content)))
			}
			next.ServeHTTP(w, r)
		})
	}
}

func refuseEverything(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			next.ServeHTTP(w, r) // the challenge
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"error":{"code":"Forbidden","message":"Caller is not authorized to perform action on resource.","innererror":{"code":"ForbiddenByRbac"}}}`)
	})
}

func putsSecret(name string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, name) }
}

func truncateTheKey(next http.Handler) http.Handler {
	return rewriteBody(putsSecret(keySecret), func(body map[string]any) {
		value := body["value"].(string)
		body["value"] = value[:len(value)-101]
	})(next)
}

func storeAnotherClientID(next http.Handler) http.Handler {
	return rewriteBody(putsSecret(clientSecret), func(body map[string]any) {
		body["value"] = "00000000-0000-4000-8000-000000000000"
	})(next)
}

// forgetWrites answers as if the secret had been stored.
func forgetWrites(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut && r.Header.Get("Authorization") != "" {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			_, _ = fmt.Fprintf(w, `{"id":"https://%s%s/00000000000000000000000000000001","attributes":{"enabled":true,"created":1,"updated":1}}`, vaultHost, r.URL.Path)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func listAThirdSecret(next http.Handler) http.Handler {
	var stored atomic.Bool
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		authorized := r.Header.Get("Authorization") != ""
		if putsSecret(clientSecret)(r) && authorized {
			stored.Store(true)
		}
		if r.Method == http.MethodGet && strings.TrimSuffix(r.URL.Path, "/") == "/secrets" && authorized && stored.Load() {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			var items []string
			for _, name := range []string{clientSecret, keySecret, "MaskinportenSettings--Backup"} {
				items = append(items, fmt.Sprintf(`{"id":"https://%s/secrets/%s","attributes":{"enabled":true,"created":1,"updated":1}}`, vaultHost, name))
			}
			_, _ = fmt.Fprintf(w, `{"value":[%s],"nextLink":null}`, strings.Join(items, ","))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// serveTheFirstKeyForEver answers every read of the key with its first version.
func serveTheFirstKeyForEver(next http.Handler) http.Handler {
	var first atomic.Pointer[string]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.HasPrefix(strings.TrimSuffix(r.URL.Path, "/"), "/secrets/"+keySecret) {
			if version := first.Load(); version != nil {
				r.URL.Path = "/secrets/" + keySecret + "/" + *version
				r.URL.RawPath, r.RequestURI = "", r.URL.RequestURI()
			}
			next.ServeHTTP(w, r)
			return
		}
		answer := &bufferedAnswer{ResponseWriter: w}
		next.ServeHTTP(answer, r)
		if putsSecret(keySecret)(r) && first.Load() == nil {
			var stored struct {
				ID string `json:"id"`
			}
			if json.Unmarshal(answer.body.Bytes(), &stored) == nil && stored.ID != "" {
				version := stored.ID[strings.LastIndexByte(stored.ID, '/')+1:]
				first.Store(&version)
			}
		}
	})
}

type bufferedAnswer struct {
	http.ResponseWriter
	body bytes.Buffer
}

func (b *bufferedAnswer) Write(p []byte) (int, error) {
	b.body.Write(p)
	return b.ResponseWriter.Write(p)
}

func postsTo(suffix string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, suffix)
	}
}

// registerAnotherKey registers the right kid with another modulus.
func registerAnotherKey(next http.Handler) http.Handler {
	return rewriteBody(postsTo("/jwks"), func(body map[string]any) {
		key := body["keys"].([]any)[0].(map[string]any)
		modulus := []byte(key["n"].(string))
		modulus[40], modulus[41] = modulus[41], modulus[40]
		if modulus[40] == modulus[41] {
			modulus[40]++
		}
		key["n"] = string(modulus)
	})(next)
}

func dropAScope(next http.Handler) http.Handler {
	return rewriteBody(postsTo("/clients"), func(body map[string]any) {
		body["scopes"] = body["scopes"].([]any)[:1]
	})(next)
}

// exchangeForAnotherIntegration lets Altinn exchange a token of the owner that
// has no scope of Altinn's, so that the exchanged one does not name the org.
func exchangeForAnotherIntegration() story.Sabotage {
	var admin atomic.Pointer[string]
	return story.Sabotage{Host: func(host string, next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if header := r.Header.Get("Authorization"); host == portalHost && header != "" {
				admin.Store(&header)
			}
			if header := admin.Load(); host == platformHost && strings.HasSuffix(r.URL.Path, "/exchange/maskinporten") && header != nil {
				r.Header.Set("Authorization", *header)
			}
			next.ServeHTTP(w, r)
		})
	}}
}

// lose answers the storing of one data type as if it had been stored.
func lose(dataType string) wrapper {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/data") && r.URL.Query().Get("dataType") == dataType {
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("Content-Type", "application/json; charset=utf-8")
				w.WriteHeader(http.StatusCreated)
				_, _ = fmt.Fprintf(w, `{"id":"00000000-0000-4000-8000-000000000000","dataType":%q,"contentType":"application/pdf","size":1}`, dataType)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func losePDF(next http.Handler) http.Handler    { return lose("ref-data-as-pdf")(next) }
func loseTheMap(next http.Handler) http.Handler { return lose("kart")(next) }

func dropDataValues(next http.Handler) http.Handler {
	return rewriteBody(postsTo("/storage/api/v1/instances"), func(body map[string]any) { delete(body, "dataValues") })(next)
}

// corruptAttachments flips a byte of every map that the receiving application stores.
func corruptAttachments(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Query().Get("dataType") == "vedlegg" {
			content, err := io.ReadAll(r.Body)
			if err == nil && len(content) > 100 {
				content[100] ^= 1
			}
			r.Body = io.NopCloser(bytes.NewReader(content))
		}
		next.ServeHTTP(w, r)
	})
}

// permitEverybody adds a rule without conditions to the receiving application's
// policy.
func permitEverybody(dir string) error {
	return edit(filepath.Join(dir, examples.ReceivingApp, "config", "authorization", "policy.xml"), "<xacml:Target/>",
		`<xacml:Target/><xacml:Rule RuleId="urn:altinn:resource:app_fts_saksmottak:policyid:1:ruleid:99" Effect="Permit"><xacml:Target/></xacml:Rule>`)
}

// addASpace changes a byte that no edit should touch, so that the fitted file is
// not the guide's.
func addASpace(dir string) error {
	return edit(filepath.Join(dir, examples.OriginalForm, "appsettings.json"), `"Kestrel": {`, `"Kestrel":  {`)
}

func edit(path, old, replacement string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Contains(content, []byte(old)) {
		return fmt.Errorf("%s does not contain %q", path, old)
	}
	return os.WriteFile(path, bytes.Replace(content, []byte(old), []byte(replacement), 1), 0o600)
}
