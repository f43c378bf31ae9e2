package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local/apphost"
)

// talker is an application that tells of itself, without a network.
type talker struct {
	mu     sync.Mutex
	files  map[string]string // by what follows the application's address
	silent bool
	hang   chan struct{} // answers wait for it
	asked  int
}

func newTalker(t *testing.T) *talker {
	t.Helper()
	tells := &talker{files: map[string]string{}}
	for name, file := range map[string]string{
		"applicationmetadata": "config/applicationmetadata.json", "meta/authorizationpolicy": "config/authorization/policy.xml",
		"meta/process": "config/process/process.bpmn", "texts/nb": "config/texts/resource.nb.json",
	} {
		content, err := fs.ReadFile(examples.Files(), path.Join(examples.OriginalForm, file))
		if err != nil {
			t.Fatal(err)
		}
		tells.files[name] = string(content)
	}
	tells.files["texts/en"] = tells.files["texts/nb"] // as an application without texts in English answers
	return tells
}

func (a *talker) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	silent, hang := a.silent, a.hang
	a.mu.Unlock()
	if silent {
		return nil, syscall.ECONNREFUSED
	}
	if hang != nil {
		<-hang
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	answer := httptest.NewRecorder()
	content, ok := a.files[strings.TrimPrefix(r.URL.Path, "/fts/barmarkskjoring/api/v1/")]
	switch {
	case !ok:
		answer.WriteHeader(http.StatusNotFound)
	case strings.HasSuffix(r.URL.Path, "applicationmetadata") && r.URL.RawQuery != "checkOrgApp=false":
		answer.WriteHeader(http.StatusBadRequest)
	default:
		_, _ = answer.WriteString(content)
	}
	return answer.Result(), nil
}

// change changes what it tells, and returns how many requests there were.
func (a *talker) change(f func()) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
	return a.asked
}

func (a *talker) requests() int { return a.change(func() {}) }

// What a process tells of its application holds for a moment, is read anew when it
// changes, and holds on while the process is down.
func TestRemoteIsReadAnew(t *testing.T) {
	t.Parallel()
	tells := newTalker(t)
	synctest.Test(t, func(t *testing.T) {
		var told []string
		tells.silent = true
		one := watched(t, tells, func(err error) { told = append(told, fmt.Sprint(err)) })

		if folder, err := one.current(); folder != nil || !errors.Is(err, errSilent) {
			t.Fatalf("before it is up: %v, %v", folder, err)
		}
		tells.change(func() { tells.silent = false })
		time.Sleep(remoteEvery)
		folder, err := one.current()
		if err != nil || folder.Org != "fts" || folder.Name != "barmarkskjoring" || folder.Policy == nil || folder.Process == nil || len(folder.MetadataJSON) == 0 {
			t.Fatalf("when it is up: %+v, %v", folder, err)
		}
		if _, has := folder.Texts["en"]; has || len(folder.Texts["nb"].Resources) == 0 {
			t.Errorf("texts %v, want those in bokmål only", folder.Texts)
		}
		asked := tells.requests()
		if again, err := one.current(); again != folder || err != nil || tells.requests() != asked {
			t.Errorf("it is asked again at once: %d requests more, %v", tells.requests()-asked, err)
		}
		time.Sleep(remoteFresh)
		if again, err := one.current(); again != folder || err != nil || tells.requests() == asked {
			t.Errorf("nothing has changed, but the application is another (%v), or nobody asked", err)
		}

		tells.change(func() {
			tells.files["meta/authorizationpolicy"] = strings.ReplaceAll(tells.files["meta/authorizationpolicy"], ">instantiate<", ">begin<")
		})
		time.Sleep(remoteFresh)
		changed, err := one.current()
		if err != nil || changed == folder || string(changed.PolicyXML) != tells.files["meta/authorizationpolicy"] {
			t.Errorf("a new policy is not read: %v", err)
		}

		tells.change(func() { tells.silent = true })
		time.Sleep(remoteFresh)
		if kept, err := one.current(); kept != changed || err == nil {
			t.Errorf("while it is down: %p, %v, want what it told last, and an error", kept, err)
		}

		tells.change(func() { tells.silent, tells.files["meta/process"] = false, "no process" })
		time.Sleep(remoteFresh)
		if kept, err := one.current(); kept != changed || err == nil || !strings.Contains(err.Error(), "read the process of fts/barmarkskjoring") {
			t.Errorf("with a process that cannot be read: %v", err)
		}
		tells.change(func() { delete(tells.files, "meta/process") })
		time.Sleep(remoteFresh)
		if _, err := one.current(); err == nil || !strings.Contains(err.Error(), "/api/v1/meta/process answers 404") {
			t.Errorf("without a process: %v", err)
		}

		hang := make(chan struct{})
		tells.change(func() { tells.hang = hang })
		time.Sleep(remoteFresh)
		before := time.Now()
		if kept, _ := one.current(); kept != changed || time.Since(before) != remoteHold {
			t.Errorf("a process that hangs is waited for %v", time.Since(before))
		}
		close(hang)
		synctest.Wait()
		asked = tells.requests()
		time.Sleep(remoteFresh)
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() { _, _ = one.current() })
		}
		all.Wait()
		synctest.Wait()
		if tells.requests() != asked+3 { // up to the process, which is not there
			t.Errorf("ten who want it at once make %d requests", tells.requests()-asked)
		}
		if len(told) != 5 || told[0] != errSilent.Error() || told[1] != "<nil>" || told[2] != errSilent.Error() {
			t.Errorf("told: %q", told)
		}
	})
}

// watched is an application that is read from a round tripper.
func watched(t *testing.T, tells http.RoundTripper, told func(error)) *remote {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	one := newRemote("fts/barmarkskjoring", &url.URL{Scheme: "http", Host: "localhost:5005"}, newRemoteClient(tells), func(_ string, err error) { told(err) })
	var watching sync.WaitGroup
	watching.Go(func() { one.watch(ctx) })
	t.Cleanup(func() { cancel(); watching.Wait() })
	return one
}

func TestRemoteOfAnotherApplication(t *testing.T) {
	t.Parallel()
	tells := newTalker(t)
	tells.files["applicationmetadata"] = strings.ReplaceAll(tells.files["applicationmetadata"], "fts/barmarkskjoring", "fts/annet")
	synctest.Test(t, func(t *testing.T) {
		_, err := watched(t, tells, func(error) {}).current()
		wrong, ok := errors.AsType[*WrongApplicationError](err)
		if !ok || wrong.Error() != "the process at http://localhost:5005 serves application fts/annet, not fts/barmarkskjoring" ||
			wrong.Remedy() != "name it by its id: --app fts/annet=http://localhost:5005" {
			t.Errorf("got %v", err)
		}
	})
}

// The first request that a process fails to answer tells that it is down, and
// nobody need ask for it to be told that it is back.
func TestRemoteThatDies(t *testing.T) {
	t.Parallel()
	tells := newTalker(t)
	synctest.Test(t, func(t *testing.T) {
		var told []string
		one := watched(t, tells, func(err error) { told = append(told, fmt.Sprint(err)) })
		if _, err := one.current(); err != nil {
			t.Fatal(err)
		}
		tells.change(func() { tells.silent = true })
		time.Sleep(remoteFresh)
		answer := httptest.NewRecorder()
		one.forward(slog.New(slog.DiscardHandler)).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/fts/barmarkskjoring/", http.NoBody))
		if answer.Code != http.StatusBadGateway || !strings.Contains(answer.Body.String(), "does not answer at http://localhost:5005: nobody answers there") {
			t.Errorf("answered %d %s", answer.Code, answer.Body)
		}
		synctest.Wait()
		tells.change(func() { tells.silent = false })
		time.Sleep(remoteFresh + remoteEvery)
		synctest.Wait()
		if want := []string{"<nil>", errSilent.Error(), "<nil>"}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

// A process cannot make the platform ask elsewhere, nor read without end.
func TestRemoteIsNotTrusted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter)
		want   string
	}{
		"a redirect": {func(w http.ResponseWriter) {
			w.Header().Set("Location", "http://10.0.0.1/")
			w.WriteHeader(http.StatusFound)
		}, "applicationmetadata?checkOrgApp=false answers 302"},
		"an end too soon":   {nil, "it closes the connection without an answer"},
		"without an end":    {func(w http.ResponseWriter) { _, _ = w.Write(make([]byte, maxRemoteFile+1)) }, "answers with more than 8 MiB"},
		"a page":            {func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) }, "it answers with a page"},
		"JSON that is none": {func(w http.ResponseWriter) { _, _ = w.Write([]byte("{")) }, "read the metadata of fts/barmarkskjoring"},
		"nothing at all":    {func(http.ResponseWriter) {}, "meta"},
		"not even a word":   {nil, "it gives no answer within 5s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var told error
				one := watched(t, roundTrip(func(r *http.Request) (*http.Response, error) {
					if r.URL.Host != "localhost:5005" {
						t.Errorf("%s is asked", r.URL)
					}
					if name == "an end too soon" {
						return nil, io.EOF
					}
					if c.answer == nil {
						<-r.Context().Done()
						return nil, r.Context().Err()
					}
					answer := httptest.NewRecorder()
					c.answer(answer)
					return answer.Result(), nil
				}), func(err error) { told = err })
				time.Sleep(remotePatience)
				synctest.Wait()
				if folder, err := one.current(); folder != nil || err == nil || !strings.Contains(err.Error(), c.want) || told == nil || told.Error() != err.Error() {
					t.Errorf("got %v, told %v; want %q", err, told, c.want)
				}
			})
		})
	}
}

// A body over the limit is refused before any of it is passed on.
func TestTooMuchForAnApplication(t *testing.T) {
	t.Parallel()
	passedOn := roundTrip(func(*http.Request) (*http.Response, error) {
		t.Error("it is passed on")
		return nil, syscall.ECONNREFUSED
	})
	one := newRemote("fts/barmarkskjoring", &url.URL{Scheme: "http", Host: "localhost:5005"}, newRemoteClient(passedOn), nil)
	request := httptest.NewRequest(http.MethodPost, "/fts/barmarkskjoring/instances", http.NoBody)
	request.ContentLength = apphost.DefaultMaxBody + 1
	answer := httptest.NewRecorder()
	one.forward(slog.New(slog.DiscardHandler)).ServeHTTP(answer, request)
	if answer.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("answered %d", answer.Code)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
