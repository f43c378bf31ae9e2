package altinn_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/secret"
)

func TestParseEvent(t *testing.T) {
	t.Parallel()
	const whole = `{"id":"e1","specversion":"1.0","type":"app.instance.process.completed","time":"2031-04-02T08:20:00Z",
		"source":"https://fts.apps.tt02.altinn.no/fts/saksmottak/instances/51000017/0D5D8A1E-51c3-4c0a-9a0b-2f6f0d8c7a11",
		"subject":"/party/51000017","alternativesubject":"/org/313547264","resource":"urn:altinn:resource:app_fts_saksmottak"}`
	got, err := altinn.ParseEvent([]byte(whole))
	want := altinn.Event{ID: "e1", Type: altinn.EventProcessCompleted, AppID: "fts/saksmottak", Instance: id}
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	validation, err := altinn.ParseEvent([]byte(`{"id":"v","specversion":"1.0","type":"platform.events.validatesubscription","source":"https://platform.tt02.altinn.no/events/api/v1/subscriptions/7"}`))
	if err != nil || validation.Type != altinn.EventValidateSubscription || validation.Instance != "" || validation.AppID != "" {
		t.Errorf("validation event: %+v, %v", validation, err)
	}
	for name, text := range map[string]string{
		"not JSON":        `hello 26917299001`,
		"an array":        `[]`,
		"no id":           strings.Replace(whole, `"id":"e1",`, "", 1),
		"no type":         strings.Replace(whole, `"type":"app.instance.process.completed",`, "", 1),
		"another version": strings.Replace(whole, `"1.0"`, `"0.3"`, 1),
	} {
		if _, err := altinn.ParseEvent([]byte(text)); !errors.Is(err, altinn.ErrEvent) || strings.Contains(err.Error(), "26917299001") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, source := range []string{"https://x/fts/saksmottak", "https://x/fts/saksmottak/instances/a/b", "https://x/FTS/x/instances/" + id, "urn:x"} {
		e, err := altinn.ParseEvent([]byte(`{"id":"v","specversion":"1.0","type":"t","source":"` + source + `"}`))
		if err != nil || e.AppID != "" || e.Instance != "" {
			t.Errorf("source %s: %+v, %v", source, e, err)
		}
	}
}

func FuzzParseEvent(f *testing.F) {
	f.Add([]byte(`{"id":"e1","specversion":"1.0","type":"t","source":"https://x/fts/saksmottak/instances/1/` + guid + `"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := altinn.ParseEvent(data)
		if err == nil && e.Instance != "" {
			if _, _, err := altinn.ParseInstanceID(e.Instance); err != nil {
				t.Errorf("instance %q", e.Instance)
			}
		}
	})
}

func TestEventSubscriptions(t *testing.T) {
	t.Parallel()
	const address = "https://stafett.example/events/s3cr3t"
	wire := newWire(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/subscriptions"):
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, `{"id":7,"endPoint":"`+address+`","validated":false,"created":"2031-04-02T08:20:00Z"}`)
		case r.Method == http.MethodGet:
			_, _ = io.WriteString(w, `{"id":7,"validated":true}`)
		}
	})
	client := altinn.NewEventsClient(altinn.EventsConfig{Environment: tt02(t), HTTPClient: wire.client, Tokens: altinn.StaticToken(secret.New("tok"))})
	made, err := client.Subscribe(t.Context(), appID, altinn.EventProcessCompleted, secret.New(address))
	if err != nil || made.ID != 7 || made.Validated || made.Created.IsZero() {
		t.Errorf("subscribe: %+v, %v", made, err)
	}
	if read, err := client.Subscription(t.Context(), 7); err != nil || !read.Validated {
		t.Errorf("read: %+v, %v", read, err)
	}
	if err := client.Unsubscribe(t.Context(), 7); err != nil {
		t.Error(err)
	}
	if _, err := client.Subscribe(t.Context(), "nothing", "t", secret.New(address)); !errors.Is(err, altinn.ErrNotSent) {
		t.Errorf("a bad application id: %v", err)
	}
	wire.golden("events")
}

// Altinn's words about an end point quote it.
func TestSubscribeKeepsTheEndPointOutOfErrors(t *testing.T) {
	t.Parallel()
	const address = "http://stafett.example/events/s3cr3t"
	wire := newWire(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `"Invalid endpoint `+address+`"`)
	})
	client := altinn.NewEventsClient(altinn.EventsConfig{Environment: tt02(t), HTTPClient: wire.client, Tokens: altinn.StaticToken(secret.New("tok"))})
	_, err := client.Subscribe(t.Context(), appID, altinn.EventProcessCompleted, secret.New(address))
	if !altinn.IsStatus(err, http.StatusBadRequest) || strings.Contains(err.Error(), "s3cr3t") {
		t.Error(err)
	}
}

func TestSubscribeTellsARefusedTokenFromARefusedSubscription(t *testing.T) {
	t.Parallel()
	refused := refusedTokens{&altinn.StatusError{Status: http.StatusForbidden, Method: http.MethodGet, Path: "/authentication/api/v1/exchange/maskinporten", Detail: "no such organisation"}}
	client := altinn.NewEventsClient(altinn.EventsConfig{Environment: tt02(t), Tokens: refused})
	_, err := client.Subscribe(t.Context(), appID, altinn.EventProcessCompleted, secret.New("https://stafett.example/events/s3cr3t"))
	if !errors.Is(err, altinn.ErrNotSent) || altinn.IsStatus(err, http.StatusForbidden) || !strings.Contains(err.Error(), "no such organisation") {
		t.Error(err)
	}
}

// refusedTokens is a source of tokens that gives none.
type refusedTokens struct{ err error }

func (r refusedTokens) Token(context.Context) (secret.String, error) { return secret.String{}, r.err }
func (refusedTokens) Invalidate(secret.String)                       {}
