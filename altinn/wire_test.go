package altinn_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/secret"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	party  = "51000017"
	guid   = "0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11"
	id     = party + "/" + guid
	dataID = "b3a1c2d3-51c3-4c0a-9a0b-2f6f0d8c7a12"
	appID  = "fts/saksmottak"
)

// wire is a server that stands for every host. It writes down what it gets and
// answers what the test says.
type wire struct {
	t       *testing.T
	client  *http.Client
	answer  http.HandlerFunc
	mu      sync.Mutex
	written []string
}

func newWire(t *testing.T, answer http.HandlerFunc) *wire {
	t.Helper()
	w := &wire{t: t, answer: answer}
	server := httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(server.Close)
	target, _ := url.Parse(server.URL)
	w.client = &http.Client{Transport: rewrite{target, server.Client().Transport}}
	return w
}

// rewrite sends every request to one server and tells it the scheme and host
// that were meant.
type rewrite struct {
	to   *url.URL
	next http.RoundTripper
}

func (r rewrite) RoundTrip(req *http.Request) (*http.Response, error) {
	c := req.Clone(req.Context())
	c.Header.Set("Test-Origin", req.URL.Scheme+"://"+req.URL.Host)
	c.URL.Scheme, c.URL.Host = r.to.Scheme, r.to.Host
	return r.next.RoundTrip(c)
}

var boundary = regexp.MustCompile(`stafett-[A-Z2-7]{26}`)

func (w *wire) serve(out http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		w.t.Errorf("read the request: %v", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s%s\n", req.Method, req.Header.Get("Test-Origin"), req.RequestURI)
	var names []string
	for name := range req.Header {
		if name != "Test-Origin" && name != "Accept-Encoding" && name != "User-Agent" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(req.Header[name], ", "))
	}
	if len(req.TransferEncoding) > 0 {
		fmt.Fprintf(&b, "Transfer-Encoding: %s\n", strings.Join(req.TransferEncoding, ", "))
	}
	b.WriteString("\n")
	b.Write(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")))
	w.mu.Lock()
	w.written = append(w.written, boundary.ReplaceAllString(strings.TrimRight(b.String(), "\n"), "stafett-BOUNDARY")+"\n")
	w.mu.Unlock()
	w.answer(out, req)
}

func (w *wire) golden(name string) {
	w.t.Helper()
	got := strings.Join(w.written, "\n====\n\n")
	path := filepath.Join("testdata", "wire", name+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	if got != string(want) {
		w.t.Errorf("the wire differs from %s\n--- got\n%s\n--- want\n%s", path, got, want)
	}
}

func (w *wire) apps() *altinn.AppClient {
	return altinn.NewAppClient(altinn.AppConfig{
		Environment: tt02(w.t), HTTPClient: w.client, Tokens: altinn.StaticToken(secret.New("token-of-the-test")),
	})
}

func (w *wire) storage() *altinn.StorageClient {
	return altinn.NewStorageClient(altinn.StorageConfig{
		Environment: tt02(w.t), HTTPClient: w.client, Tokens: altinn.StaticToken(secret.New("token-of-the-test")),
	})
}

func tt02(t *testing.T) altinn.Environment {
	t.Helper()
	e, err := altinn.LookupEnvironment("tt02")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func reply(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const instanceJSON = `{"id":"` + id + `","appId":"` + appID + `","org":"fts","instanceOwner":{"partyId":"` + party + `"}}`

func TestWire(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	at := time.Date(2031, 4, 2, 10, 15, 30, 123456700, time.FixedZone("", 2*60*60))
	file := altinn.NewUpload("vedlegg", "image/png", `Kárášjohka "rute" 1.png`, []byte("\x89PNG"))
	form := altinn.NewUpload("sak", "application/xml", "", []byte("<Sak><Soker>Áile</Soker></Sak>"))
	unknown := file
	unknown.Size = -1
	template := altinn.Template{
		Owner: altinn.InstanceOwner{OrganisationNumber: "313547264"}, DataValues: map[string]string{"stafett.handoverKey": "5f0c"},
	}
	cases := []struct {
		name   string
		answer http.HandlerFunc
		do     func(context.Context, *wire) error
	}{
		{"create", reply(201, instanceJSON), func(ctx context.Context, w *wire) error {
			_, err := w.apps().CreateInstance(ctx, appID, template, []altinn.Upload{form, file})
			return err
		}},
		{"create-unknown-size", reply(201, instanceJSON), func(ctx context.Context, w *wire) error {
			_, err := w.apps().CreateInstance(ctx, appID, template, []altinn.Upload{unknown})
			return err
		}},
		{"create-with-times", reply(201, instanceJSON), func(ctx context.Context, w *wire) error {
			_, err := w.apps().CreateInstance(ctx, appID, altinn.Template{
				Owner: altinn.InstanceOwner{PartyID: party}, DueBefore: at.UTC(), VisibleAfter: at.UTC(),
			}, nil)
			return err
		}},
		{"create-prefilled", reply(201, instanceJSON), func(ctx context.Context, w *wire) error {
			_, err := w.apps().CreatePrefilled(ctx, appID, altinn.SimpleTemplate{
				Owner: altinn.InstanceOwner{OrganisationNumber: "313547264"}, Prefill: map[string]string{"Sak.Soker": "Áile"},
			})
			return err
		}},
		{"instance", reply(200, instanceJSON), func(ctx context.Context, w *wire) error {
			_, err := w.apps().Instance(ctx, appID, id)
			return err
		}},
		{"delete-hard", reply(200, instanceJSON), func(ctx context.Context, w *wire) error {
			return w.apps().DeleteInstance(ctx, appID, id, true)
		}},
		{"substatus", reply(200, instanceJSON), func(ctx context.Context, w *wire) error {
			return w.apps().SetSubstatus(ctx, appID, id, altinn.Substatus{Label: "Duplikat", Description: "Kan slettast"})
		}},
		{"confirm", reply(200, instanceJSON), func(ctx context.Context, w *wire) error {
			return w.apps().ConfirmInstance(ctx, appID, id)
		}},
		{"process", reply(200, `{"currentTask":{"elementId":"Task_1","altinnTaskType":"data"}}`), func(ctx context.Context, w *wire) error {
			_, err := w.apps().Process(ctx, appID, id)
			return err
		}},
		{"process-next", reply(200, `{"ended":"2031-04-02T08:15:30Z"}`), func(ctx context.Context, w *wire) error {
			_, err := w.apps().ProcessNext(ctx, appID, id, "")
			return err
		}},
		{"process-confirm", reply(200, `{"ended":"2031-04-02T08:15:30Z"}`), func(ctx context.Context, w *wire) error {
			_, err := w.apps().ProcessNext(ctx, appID, id, "confirm")
			return err
		}},
		{"data", reply(200, "x"), func(ctx context.Context, w *wire) error {
			c, err := w.apps().Data(ctx, appID, id, dataID)
			if err == nil {
				c.Body.Close()
			}
			return err
		}},
		{"form-data", reply(200, `{"Navn":"Áile"}`), func(ctx context.Context, w *wire) error {
			_, err := w.apps().FormData(ctx, appID, id, dataID)
			return err
		}},
		{"add-data", reply(201, `{"id":"`+dataID+`"}`), func(ctx context.Context, w *wire) error {
			_, err := w.apps().AddData(ctx, appID, id, file)
			return err
		}},
		{"update-data", reply(200, `{"changedFields":{}}`), func(ctx context.Context, w *wire) error {
			return w.apps().UpdateData(ctx, appID, id, dataID, form)
		}},
		{"remove-data", reply(200, ``), func(ctx context.Context, w *wire) error {
			return w.apps().RemoveData(ctx, appID, id, dataID)
		}},
		{"storage-instance", reply(200, instanceJSON), func(ctx context.Context, w *wire) error {
			_, err := w.storage().Instance(ctx, id)
			return err
		}},
		{"storage-data", reply(200, "x"), func(ctx context.Context, w *wire) error {
			c, err := w.storage().Data(ctx, id, strings.ToUpper(dataID))
			if err == nil {
				c.Body.Close()
			}
			return err
		}},
		{"storage-list", reply(200, `{"count":0,"instances":[]}`), func(ctx context.Context, w *wire) error {
			return drain(w.storage().Instances(ctx, altinn.Query{
				AppID: appID, OwnerIdentifier: "Organisation:313547264",
				LastChanged: altinn.TimeRange{From: at}, Ascending: true, OmitDataElements: true, Size: 200,
			}))
		}},
		{"storage-list-everything", reply(200, `{"count":0,"instances":[]}`), func(ctx context.Context, w *wire) error {
			range1 := altinn.TimeRange{After: at, From: at, Before: at, To: at}
			return drain(w.storage().Instances(ctx, altinn.Query{
				Org: "fts", AppID: appID, OwnerPartyID: party,
				Created: range1, LastChanged: range1, VisibleAfter: range1, DueBefore: range1, ProcessEnded: range1,
				CurrentTask: "Task_1", ProcessIsComplete: &yes, IsArchived: &yes, IsSoftDeleted: &no, IsHardDeleted: &no,
				ExcludeConfirmedBy: []string{"fts", "ttd"}, SearchString: "ø & å", ArchiveReference: "2f6f0d8c7a11",
			}))
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, c.answer)
			if err := c.do(t.Context(), w); err != nil {
				t.Fatal(err)
			}
			w.golden(c.name)
		})
	}
}

func drain(instances func(func(altinn.Instance, error) bool)) error {
	for _, err := range instances {
		if err != nil {
			return err
		}
	}
	return nil
}
