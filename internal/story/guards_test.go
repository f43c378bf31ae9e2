package story_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/internal/story"
)

// Each further check of the story has something that trips it: a check that
// nothing can break proves nothing.
func TestEachGuardCanFail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		step     string
		why      string // part of what the step says
		sabotage func() story.Sabotage
	}{
		"the secrets are there before":                 {story.StepVault, "should not be there yet", secretThereBefore},
		"the private key is written to a file":         {story.StepKey, "holds a private key", leakTheKeyToAFile},
		"a scope is lost after the integration":        {story.StepSettings, "would still change something", loseAScopeLater},
		"a setting would do nothing":                   {story.StepProof, "an application would fail", addASettingWithoutEffect},
		"the form jumps past the confirmation":         {story.StepForm, "did not move to the confirmation", jumpPastTheConfirmation},
		"what is stored as PDF is none":                {story.StepForm, "is no PDF", storeNoPDF},
		"the person is refused by something else":      {story.StepRefused, "not refused by authorization", refuseWithout(http.StatusUnauthorized)},
		"the person is refused by a switch":            {story.StepRefused, "was never asked", refuseWithout(http.StatusForbidden)},
		"the decision point permits, and the app not":  {story.StepRefused, "the decision point permitted", permitAndRefuse},
		"the refused attempt leaves an instance":       {story.StepRefused, "left 1 instances in Storage", leaveAnInstance},
		"another has created the instance":             {story.StepHandover, "created by", changeTheCreator},
		"the answers are lost on the way":              {story.StepHandover, "lacks", emptyTheForm},
		"a process without journal makes a second one": {story.StepHandover, "asked again", hideStampsFromSearches},
		"there is an instance too many":                {story.StepHandover, "has 2 instances, not one", createOneMore},
		"the old key is thrown out with the change":    {story.StepRestart, "the running process", replaceTheOldKey},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document := wantFailure(t, c.step, c.sabotage())
			for _, step := range document.Steps {
				if step.ID == c.step && !strings.Contains(step.Detail, c.why) {
					t.Errorf("the step says %q, want something with %q", step.Detail, c.why)
				}
			}
		})
	}
}

// when applies a wrapper to the requests for which wanted holds.
func when(wanted func(*http.Request) bool, do func(next http.Handler, w http.ResponseWriter, r *http.Request)) wrapper {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if wanted(r) {
				do(next, w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// rewriteAnswer changes the body of the answer to the requests for which wanted
// holds.
func rewriteAnswer(wanted func(*http.Request) bool, change func(body []byte) []byte) wrapper {
	return when(wanted, func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		recorded := httptest.NewRecorder()
		next.ServeHTTP(recorded, r)
		for name, values := range recorded.Header() {
			if name != "Content-Length" {
				w.Header()[name] = values
			}
		}
		w.WriteHeader(recorded.Code)
		_, _ = w.Write(change(recorded.Body.Bytes()))
	})
}

// requestLike is a copy of a request with another method, path and body, for a
// handler to do something else with the same credentials.
func requestLike(r *http.Request, method, path, body string) *http.Request {
	other := r.Clone(r.Context())
	other.Method = method
	other.URL.Path, other.URL.RawPath, other.URL.RawQuery = path, "", ""
	other.RequestURI = other.URL.RequestURI()
	other.Body, other.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	other.Header.Set("Content-Type", "application/json")
	other.Header.Del("Content-Length")
	return other
}

func secretThereBefore() story.Sabotage {
	gets := func(r *http.Request) bool {
		return r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/secrets/"+clientSecret) && r.Header.Get("Authorization") != ""
	}
	return story.Sabotage{Host: on(vaultHost, when(gets, func(_ http.Handler, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"value":"x","id":"https://`+vaultHost+`/secrets/`+clientSecret+`/00000000000000000000000000000001","attributes":{"enabled":true,"created":1,"updated":1}}`)
	}))}
}

// leakTheKeyToAFile writes one private number of the key into the project.
func leakTheKeyToAFile() story.Sabotage {
	var dir atomic.Pointer[string]
	return story.Sabotage{
		Files: func(d string) error { dir.Store(&d); return nil },
		Host: on(vaultHost, rewriteBody(putsSecret(keySecret), func(body map[string]any) {
			decoded, _ := base64.StdEncoding.DecodeString(body["value"].(string))
			var members map[string]string
			_ = json.Unmarshal(decoded, &members)
			_ = os.WriteFile(filepath.Join(*dir.Load(), "notes.txt"), []byte("remember: "+members["dp"]), 0o600)
		})),
	}
}

// loseAScopeLater lets Samarbeidsportalen forget a scope in its lists once the
// integration has been seen with both.
func loseAScopeLater() story.Sabotage {
	var stored atomic.Bool
	return story.Sabotage{Host: func(host string, next http.Handler) http.Handler {
		switch host {
		case vaultHost:
			return when(putsSecret(clientSecret), func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				stored.Store(true)
				next.ServeHTTP(w, r)
			})(next)
		case portalHost:
			lists := func(r *http.Request) bool {
				return stored.Load() && r.Method == http.MethodGet && !strings.HasSuffix(r.URL.Path, "/jwks")
			}
			return rewriteAnswer(lists, func(body []byte) []byte {
				return bytes.ReplaceAll(body, []byte(`"altinn:serviceowner/instances.write"`), []byte(`"altinn:serviceowner"`))
			})(next)
		}
		return next
	}}
}

func addASettingWithoutEffect() story.Sabotage {
	return story.Sabotage{Files: func(dir string) error {
		return os.WriteFile(filepath.Join(dir, examples.OriginalForm, "appsettings.Staging.json"),
			[]byte(`{"MaskinportenSettings":{"ExchangeToAltinnToken":true}}`), 0o600)
	}}
}

func movesProcess(r *http.Request) bool {
	return r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/process/next")
}

// jumpPastTheConfirmation confirms by itself whatever is sent in.
func jumpPastTheConfirmation() story.Sabotage {
	return story.Sabotage{Host: on(appHost, when(movesProcess, func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(httptest.NewRecorder(), r)
		next.ServeHTTP(w, requestLike(r, http.MethodPut, r.URL.Path, `{"action":"confirm"}`))
	}))}
}

func storeNoPDF() story.Sabotage {
	stores := func(r *http.Request) bool {
		return r.Method == http.MethodPost && r.URL.Query().Get("dataType") == "ref-data-as-pdf"
	}
	return story.Sabotage{Host: on(platformHost, when(stores, func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		const text = "this is no PDF"
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		next.ServeHTTP(w, r)
	}))}
}

// personCreates is the person's attempt: the organisation uses the multipart form.
func personCreates(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/fts/saksmottak/instances/create")
}

func refuseWithout(status int) func() story.Sabotage {
	return func() story.Sabotage {
		return story.Sabotage{Host: on(appHost, when(personCreates, func(_ http.Handler, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
		}))}
	}
}

// asOrganisation catches the organisation's token from its searches, and lets
// do use it on the application host.
func asOrganisation(wanted func(*http.Request) bool, do func(create func(*http.Request), next http.Handler, w http.ResponseWriter, r *http.Request)) story.Sabotage {
	var header atomic.Pointer[string]
	return story.Sabotage{Host: func(host string, next http.Handler) http.Handler {
		switch host {
		case platformHost:
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if value := r.Header.Get("Authorization"); value != "" && r.URL.Query().Get("process.isComplete") != "" {
					header.Store(&value)
				}
				next.ServeHTTP(w, r)
			})
		case appHost:
			return when(wanted, func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				do(func(r *http.Request) {
					other := requestLike(r, http.MethodPost, "/fts/saksmottak/instances/create", `{"instanceOwner":{"organisationNumber":"313547264"}}`)
					other.Header.Set("Authorization", *header.Load())
					next.ServeHTTP(httptest.NewRecorder(), other)
				}, next, w, r)
			})(next)
		}
		return next
	}}
}

func permitAndRefuse() story.Sabotage {
	return asOrganisation(personCreates, func(create func(*http.Request), _ http.Handler, w http.ResponseWriter, r *http.Request) {
		create(r)
		w.WriteHeader(http.StatusForbidden)
	})
}

func leaveAnInstance() story.Sabotage {
	return asOrganisation(personCreates, func(create func(*http.Request), next http.Handler, w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		create(r)
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

func createOneMore() story.Sabotage {
	var confirmed atomic.Bool
	confirms := func(r *http.Request) bool {
		return movesProcess(r) && r.ContentLength > 2 && confirmed.CompareAndSwap(false, true)
	}
	return asOrganisation(confirms, func(create func(*http.Request), next http.Handler, w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		create(r)
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

var readsInstance = regexp.MustCompile(`^/storage/api/v1/instances/50700001/[0-9a-f-]{36}$`)

func changeTheCreator() story.Sabotage {
	reads := func(r *http.Request) bool {
		return r.Method == http.MethodGet && readsInstance.MatchString(r.URL.Path)
	}
	return story.Sabotage{Host: on(platformHost, rewriteAnswer(reads, func(body []byte) []byte {
		return bytes.ReplaceAll(body, []byte(`"createdBy":"313547264"`), []byte(`"createdBy":"310000000"`))
	}))}
}

func emptyTheForm() story.Sabotage {
	reads := func(r *http.Request) bool {
		return r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/fts/saksmottak/instances/") && strings.Contains(r.URL.Path, "/data/") &&
			strings.Contains(r.Header.Get("Accept"), "json")
	}
	return story.Sabotage{Host: on(appHost, rewriteAnswer(reads, func([]byte) []byte { return []byte(`{}`) }))}
}

// hideStampsFromSearches hides the stamps from whoever looks for them after the
// handover was done: the search is for what has changed since a time, as the story's
// own list is not.
func hideStampsFromSearches() story.Sabotage {
	searches := func(r *http.Request) bool {
		return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/storage/api/v1/instances") && r.URL.Query().Has("lastChanged") && strings.Contains(r.URL.RawQuery, "saksmottak")
	}
	return story.Sabotage{Host: on(platformHost, rewriteAnswer(searches, func(body []byte) []byte {
		return bytes.ReplaceAll(body, []byte(`"stafett.handoverKey"`), []byte(`"hidden"`))
	}))}
}

// replaceTheOldKey keeps only the newest key of a set, as a naive upload does.
func replaceTheOldKey() story.Sabotage {
	return story.Sabotage{Host: on(portalHost, rewriteBody(postsTo("/jwks"), func(body map[string]any) {
		keys := body["keys"].([]any)
		body["keys"] = keys[len(keys)-1:]
	}))}
}
