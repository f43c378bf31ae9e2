package events_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/events"
	"github.com/stafett/stafett/local/register"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// roundTrip is a way out of the stand-in.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answered(status int, body string) (*http.Response, error) {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// tokens knows callers by the token "org:{code}:{scope}"; the code can be empty.
type tokens struct{}

func (tokens) Verify(token string) (authentication.Principal, error) {
	parts := strings.SplitN(token, ":", 3)
	if len(parts) != 3 {
		return authentication.Principal{}, errors.New("not a token")
	}
	switch parts[0] {
	case "person":
		return authentication.Principal{UserID: 1, PartyID: 2}, nil
	case "system":
		return authentication.Principal{SystemUserID: parts[1], OrgNumber: "313547264"}, nil
	}
	return authentication.Principal{Org: parts[1], OrgNumber: "313547264", Scope: parts[2]}, nil
}

const (
	owner    = "org:demo:"
	hook     = "https://hook.example.com/events/s3cret"
	source   = "https://demo.apps.test/demo/form"
	instance = source + "/instances/1/77aa"
	other    = "https://demo.apps.test/demo/other/instances/1/77aa"
)

// personNumber is Kari's.
var personNumber = register.SyntheticPersonNumber(rand.New(rand.NewPCG(1, 1)))

// world is the stand-in alone: its decision point and its subscriber are
// functions of the test.
type world struct {
	*events.Server
	t   *testing.T
	log lockedBuffer

	mu       sync.Mutex
	decision string // what the decision point says of everything
	gone     string // an instance that it can decide nothing of
	asked    string // the latest request
	status   int    // what the subscriber answers
	got      []arrival
}

type arrival struct {
	events.Event
	at time.Time
}

type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(p)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, decision: "Permit", status: http.StatusOK}
	decide := roundTrip(func(r *http.Request) (*http.Response, error) {
		var asked struct {
			Request struct {
				Resource []json.RawMessage `json:"resource"`
			} `json:"request"`
		}
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(body, &asked)
		}
		if err != nil {
			return nil, err
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.asked = string(body)
		if w.gone != "" && strings.Contains(w.asked, w.gone) {
			return answered(200, `{"response":[{"decision":"Indeterminate"}]}`)
		}
		one := fmt.Sprintf(`{"decision":%q}`, w.decision)
		return answered(200, `{"response":[`+strings.TrimSuffix(strings.Repeat(one+",", len(asked.Request.Resource)), ",")+`]}`)
	})
	subscriber := roundTrip(func(r *http.Request) (*http.Response, error) {
		var got events.Event
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil || r.URL.String() != hook || r.Method != http.MethodPost {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.got = append(w.got, arrival{got, time.Now()})
		if w.status == 0 {
			return nil, errors.New("connection refused")
		}
		return answered(w.status, "")
	})
	parties, err := register.NewParties(
		register.Party{PartyID: 1, OrgNumber: "313547264", Name: "Demo"},
		register.Party{PartyID: 2, UserID: 1, SSN: personNumber, Name: "Kari Fjell"},
	)
	if err != nil {
		t.Fatal(err)
	}
	server, err := events.New(events.Config{
		Platform: "https://platform.test", AppsDomain: "apps.test", HTTPClient: &http.Client{Transport: decide}, Outward: subscriber,
		Applications: func(id string) (*app.Folder, bool) { return nil, id == "demo/form" || id == "demo/other" },
		Parties:      parties, Verifier: tokens{}, Logger: slog.New(slog.NewTextHandler(&w.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Server = server
	return w
}

func (w *world) send(method, path, token, body string) (int, string) {
	w.t.Helper()
	status, answer, _ := w.sendFor(method, path, token, body)
	return status, answer
}

func (w *world) sendFor(method, path, token, body string) (int, string, http.Header) {
	w.t.Helper()
	r := httptest.NewRequest(method, "https://platform.test/events/api/v1"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("PlatformAccessToken", "x")
	r.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	w.ServeHTTP(answer, r)
	return answer.Code, answer.Body.String(), answer.Header()
}

func (w *world) subscribe() {
	w.t.Helper()
	if status, body := w.send("POST", "/subscriptions", owner, `{"endPoint":"`+hook+`","sourceFilter":"`+source+`","typeFilter":"`+events.TypeCompleted+`"}`); status != http.StatusCreated {
		w.t.Fatalf("subscribe: %d %s", status, body)
	}
}

func (w *world) publish(eventType, source string) string {
	w.t.Helper()
	event := events.Event{SpecVersion: "1.0", Type: eventType, Time: time.Now().UTC(), Source: source, Subject: "/party/1", AlternativeSubject: "/person/17858296439"}
	body, err := json.Marshal(event)
	if err != nil {
		w.t.Fatal(err)
	}
	status, id := w.send("POST", "/app", "person:1:", string(body))
	if status != http.StatusCreated {
		w.t.Fatalf("publish: %d %s", status, id)
	}
	return strings.Trim(strings.TrimSpace(id), `"`)
}

// arrivals takes what the subscriber has got.
func (w *world) arrivals() []arrival {
	w.mu.Lock()
	defer w.mu.Unlock()
	got := w.got
	w.got = nil
	return got
}

func (w *world) set(decision string, status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.decision, w.status = decision, status
}

func TestDelivery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.Close()
		w.subscribe()
		synctest.Wait()
		if got := w.arrivals(); len(got) != 1 || got[0].Type != events.TypeValidation || got[0].Source != "https://platform.test/events/api/v1/subscriptions/1" {
			t.Fatalf("validation: %+v", got)
		}
		id := w.publish(events.TypeCompleted, instance)
		w.publish(events.TypeCreated, instance)
		w.publish(events.TypeCompleted, other)
		synctest.Wait()
		got := w.arrivals()
		if len(got) != 1 || got[0].ID != id || got[0].Resource != "urn:altinn:resource:app_demo_form" || got[0].ResourceInstance != "1/77aa" || got[0].Source != instance {
			t.Errorf("delivered %+v", got)
		}
		// Who may not read the instance any more is told nothing.
		w.set("NotApplicable", 200)
		w.publish(events.TypeCompleted, instance)
		synctest.Wait()
		if got := w.arrivals(); len(got) != 0 {
			t.Errorf("delivered without a right: %+v", got)
		}
		w.set("Permit", 200)
		if status, _ := w.send("DELETE", "/subscriptions/1", owner, ""); status != http.StatusOK {
			t.Errorf("unsubscribe: %d", status)
		}
		w.publish(events.TypeCompleted, instance)
		synctest.Wait()
		if got := w.arrivals(); len(got) != 0 {
			t.Errorf("delivered without a subscription: %+v", got)
		}
	})
}

// A subscriber that is down is tried on the platform's schedule, and then given
// up; neither the end point's secret nor the owner's number is logged.
func TestRetrySchedule(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.Close()
		w.subscribe()
		synctest.Wait()
		w.arrivals()
		w.set("Permit", 0)
		begun := time.Now()
		w.publish(events.TypeCompleted, instance)
		time.Sleep(7 * 24 * time.Hour)
		var waits []time.Duration
		last := begun
		for _, a := range w.arrivals() {
			waits = append(waits, a.at.Sub(last))
			last = a.at
		}
		const s, m, h = time.Second, time.Minute, time.Hour
		if want := []time.Duration{0, 10 * s, 30 * s, m, 5 * m, 10 * m, 30 * m, h, 3 * h, 6 * h, 12 * h, 12 * h}; !slices.Equal(waits, want) {
			t.Errorf("tried after %v, want %v", waits, want)
		}
		// One failure, and then success: no more tries.
		w.set("Permit", 503)
		w.publish(events.TypeCompleted, instance)
		time.Sleep(time.Second)
		w.set("Permit", 204)
		time.Sleep(24 * time.Hour)
		if got := w.arrivals(); len(got) != 2 || got[0].ID != got[1].ID {
			t.Errorf("%d tries", len(got))
		}
		text := w.log.String()
		if !strings.Contains(text, "given up") || strings.Contains(text, "s3cret") || strings.Contains(text, "17858296439") {
			t.Errorf("the log says:\n%s", text)
		}
	})
}

// An end point that does not answer the validation makes no active subscription;
// the same wish once more gives it another chance.
func TestValidation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.Close()
		w.set("Permit", 404)
		w.subscribe()
		time.Sleep(time.Hour)
		w.publish(events.TypeCompleted, instance)
		time.Sleep(time.Hour)
		if got := w.arrivals(); len(got) != 1 || got[0].Type != events.TypeValidation {
			t.Errorf("sent to an end point that is not validated: %+v", got)
		}
		w.set("Permit", 200)
		w.subscribe()
		synctest.Wait()
		if status, body := w.send("GET", "/subscriptions/1", owner, ""); status != 200 || !strings.Contains(body, `"validated":true`) {
			t.Errorf("after the second try: %d %s", status, body)
		}
		w.subscribe()
		synctest.Wait()
		if got := w.arrivals(); len(got) != 2 {
			t.Errorf("%d validations, want one for each time that it is asked for", len(got))
		}
		w.set("Permit", 404)
		w.subscribe()
		synctest.Wait()
		if _, body := w.send("GET", "/subscriptions/1", owner, ""); !strings.Contains(body, `"validated":true`) {
			t.Errorf("a validation that fails takes back one that did not: %s", body)
		}
	})
}
