package local

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stafett/stafett/examples"
)

// talker is an application that tells of itself, without a network.
type talker struct {
	files  map[string]string // by what follows the application's address
	silent bool
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
	if a.silent {
		return nil, syscall.ECONNREFUSED
	}
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

// What a process tells of its application holds for a moment, is read anew when it
// changes, and holds on while the process is down.
func TestRemoteIsReadAnew(t *testing.T) {
	t.Parallel()
	tells := newTalker(t)
	synctest.Test(t, func(t *testing.T) {
		one := &remote{id: "fts/barmarkskjoring", running: context.Background(), client: &http.Client{Transport: tells}}
		one.target.Store(&url.URL{Scheme: "http", Host: "localhost:5005"})

		tells.silent = true
		if folder, err := one.current(); folder != nil || !errors.Is(err, errSilent) {
			t.Fatalf("before it is up: %v, %v", folder, err)
		}
		tells.silent = false
		time.Sleep(remoteEvery)
		folder, err := one.current()
		if err != nil || folder.Org != "fts" || folder.Name != "barmarkskjoring" || folder.Policy == nil || folder.Process == nil || len(folder.MetadataJSON) == 0 {
			t.Fatalf("when it is up: %+v, %v", folder, err)
		}
		if _, has := folder.Texts["en"]; has || len(folder.Texts["nb"].Resources) == 0 {
			t.Errorf("texts %v, want those in bokmål only", folder.Texts)
		}
		asked := tells.asked
		if again, err := one.current(); again != folder || err != nil || tells.asked != asked {
			t.Errorf("it is asked again at once: %d requests more, %v", tells.asked-asked, err)
		}
		time.Sleep(remoteFresh)
		if again, err := one.current(); again != folder || err != nil || tells.asked == asked {
			t.Errorf("nothing has changed, but the application is another (%v), or nobody asked", err)
		}

		tells.files["meta/authorizationpolicy"] = strings.ReplaceAll(tells.files["meta/authorizationpolicy"], ">instantiate<", ">begin<")
		time.Sleep(remoteFresh)
		changed, err := one.current()
		if err != nil || changed == folder || string(changed.PolicyXML) != tells.files["meta/authorizationpolicy"] {
			t.Errorf("a new policy is not read: %v", err)
		}

		tells.silent = true
		time.Sleep(remoteFresh)
		if kept, err := one.current(); kept != changed || err == nil {
			t.Errorf("while it is down: %p, %v, want what it told last, and an error", kept, err)
		}

		tells.silent = false
		tells.files["meta/process"] = "no process"
		time.Sleep(remoteFresh)
		if kept, err := one.current(); kept != changed || err == nil || !strings.Contains(err.Error(), "read the process of fts/barmarkskjoring") {
			t.Errorf("with a process that cannot be read: %v", err)
		}
		delete(tells.files, "meta/process")
		time.Sleep(remoteFresh)
		if _, err := one.current(); err == nil || !strings.Contains(err.Error(), "/api/v1/meta/process answers 404") {
			t.Errorf("without a process: %v", err)
		}
	})
}

func TestRemoteOfAnotherApplication(t *testing.T) {
	t.Parallel()
	tells := newTalker(t)
	tells.files["applicationmetadata"] = strings.ReplaceAll(tells.files["applicationmetadata"], "fts/barmarkskjoring", "fts/annet")
	one := &remote{id: "fts/barmarkskjoring", running: t.Context(), client: &http.Client{Transport: tells}}
	one.target.Store(&url.URL{Scheme: "http", Host: "localhost:5005"})
	_, err := one.current()
	wrong, ok := errors.AsType[*WrongApplicationError](err)
	if !ok || wrong.Error() != "the process at http://localhost:5005 serves application fts/annet, not fts/barmarkskjoring" ||
		wrong.Remedy() != "name it by its id: --app fts/annet=http://localhost:5005" {
		t.Errorf("got %v", err)
	}
}
