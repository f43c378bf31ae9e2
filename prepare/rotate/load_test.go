package rotate_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/prepare/rotate"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/serve"
)

// patience is how long anything may take on a machine that has much else to do.
const patience = 4 * time.Minute

// again is how often those who read the secrets again do so in these tests.
const again = 200 * time.Millisecond

// serve starts the handover service, which reads the secrets again.
func (p *platform) serve(t *testing.T) *serve.Server {
	t.Helper()
	p.project.Service.RereadSecrets = again
	var definitions []*handover.Definition
	for _, d := range p.project.Handovers {
		definitions = append(definitions, ok(handover.Compile(d, p.original, p.receiving))(t))
	}
	server := ok(serve.Start(t.Context(), serve.Config{
		Project: p.project, Definitions: definitions, Environment: p.environment, HTTPClient: p.Client(),
		Load: func(ctx context.Context, client *http.Client) (*integration.Integration, error) {
			vault, _, err := connect(client, p.Seed())
			if err != nil {
				return nil, err
			}
			return integration.Load(ctx, integration.Options{
				AppDir: p.project.Applications.Original, EnvironmentName: "Staging", Section: p.project.Section,
				Vault: vault, HTTPClient: client, Altinn: p.environment,
			})
		},
		Journal: filepath.Join(p.dir, "journal.db"), Listen: "none", SweepEvery: 50 * time.Millisecond, Grace: 5 * time.Second,
	}))(t)
	t.Cleanup(func() { must(t, server.Stop(context.Background())) })
	return server
}

// citizen sends forms in, one after the other, until it is stopped.
type citizen struct {
	p     *platform
	as    *altinn.AppClient
	party string
	sent  []string
	first chan struct{} // closed when it has sent one
}

func newCitizen(t *testing.T, p *platform) *citizen {
	t.Helper()
	person := p.Seed().Persons[0]
	address := fmt.Sprintf("https://%s/Home/GetTestUserToken/%d?authenticationLevel=3", local.LoginHost, person.UserID)
	response := ok(p.Client().Do(ok(http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil))(t)))(t)
	defer func() { _ = response.Body.Close() }()
	token := secret.New(string(ok(io.ReadAll(response.Body))(t)))
	return &citizen{
		p: p, party: strconv.Itoa(person.PartyID), first: make(chan struct{}),
		as: altinn.NewAppClient(altinn.AppConfig{Environment: p.environment, HTTPClient: p.Client(), Tokens: altinn.StaticToken(token)}),
	}
}

func (c *citizen) send(stopped <-chan struct{}) error {
	answers, err := fs.ReadFile(examples.Files(), examples.FormData)
	if err != nil {
		return err
	}
	ctx, id := context.Background(), c.p.original.ID
	for {
		select {
		case <-stopped:
			return nil
		case <-time.After(50 * time.Millisecond):
		}
		form, err := c.as.CreatePrefilled(ctx, id, altinn.SimpleTemplate{Owner: altinn.InstanceOwner{PartyID: c.party}})
		if err != nil {
			return err
		}
		data := form.Data[slices.IndexFunc(form.Data, func(e altinn.DataElement) bool { return e.DataType == "skjema" })]
		if err := c.as.UpdateData(ctx, id, form.ID, data.ID, altinn.NewUpload("skjema", "application/json", "", answers)); err != nil {
			return err
		}
		for _, action := range []string{"", "confirm"} {
			if _, err := c.as.ProcessNext(ctx, id, form.ID, action); err != nil {
				return err
			}
		}
		if c.sent = append(c.sent, form.ID); len(c.sent) == 1 {
			close(c.first)
		}
	}
}

// load counts what users have asked Maskinporten for, when they are answered.
type load struct{ answered atomic.Int64 }

func (l *load) wrap(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		if host == local.MaskinportenHost && r.Header.Get(roleVariable) != "" {
			l.answered.Add(1)
		}
	})
}

// goesOn waits until so many more are answered.
func (l *load) goesOn(t *testing.T, more int64) {
	t.Helper()
	enough := l.answered.Load() + more
	for deadline := time.Now().Add(patience); l.answered.Load() < enough; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d requests are missing", enough-l.answered.Load())
		}
	}
}

// While programs of both kinds ask for tokens and a service hands over, a whole
// rotation has no failed request.
func TestRotationUnderLoad(t *testing.T) {
	t.Parallel()
	var users load
	p := startPlatform(t, users.wrap)
	first := p.key(t).KeyID()
	service := p.serve(t)
	writer := newCitizen(t, p)
	stop, sending := make(chan struct{}), make(chan error, 1)
	go func() { sending <- writer.send(stop) }()
	atStart := []*process{p.user(t, 0), p.user(t, 0)}
	rereading := []*process{p.user(t, again), p.user(t, again)}

	must(t, p.SetPropagation(again))
	p.target.Readers = []rotate.Reader{{Name: "fts/barmarkskjoring"}, {Name: "stafett serve", Rereads: again}}
	p.target.Margin, p.target.Wait = again, time.Minute
	if _, err := rotateOnce(t.Context(), p.systems, p.target); !as[*rotate.AwaitError](err) {
		t.Fatal(err)
	}
	second := p.key(t).KeyID()
	for _, user := range rereading { // on a busy machine not within the margin
		user.signsWith(t, second)
	}
	// The new ones begin before the old ones end, as when an application is deployed.
	var accounts []account
	for i, old := range atStart {
		atStart[i] = p.user(t, 0)
		accounts = append(accounts, old.end(t))
	}
	p.target.Finish = true
	ok(rotateOnce(t.Context(), p.systems, p.target))(t)
	finished := len(p.IssuedTokens())
	users.goesOn(t, 50)
	select {
	case <-writer.first:
	case <-time.After(patience):
		t.Error("no form is sent in")
	}
	close(stop)
	must(t, <-sending)
	for _, user := range append(atStart, rereading...) {
		accounts = append(accounts, user.end(t))
	}

	requests := 0
	for i, told := range accounts {
		requests += told.Requests
		if len(told.Failures) != 0 {
			t.Errorf("user %d: %d of %d requests failed, the first with %s", i, len(told.Failures), told.Requests, told.Failures[0])
		}
		want := [][]string{{first}, {first}, {second}, {second}, {first, second}, {first, second}}[i]
		if !slices.Equal(told.KeyIDs, want) {
			t.Errorf("user %d signed with %v", i, told.KeyIDs)
		}
	}
	if got := p.registered(t); !slices.Equal(got, []string{second}) {
		t.Errorf("registered are %v", got)
	}
	for _, issued := range p.IssuedTokens()[finished:] {
		if issued.ClientID == p.clientID && issued.KeyID != second {
			t.Errorf("a token was given for key %s after it was removed", issued.KeyID)
		}
	}
	p.allHandedOver(t, service, writer.sent)
	t.Logf("%d requests and %d handovers", requests, len(writer.sent))
}

// allHandedOver waits for the service, and looks whether anything failed on the way.
func (p *platform) allHandedOver(t *testing.T, service *serve.Server, forms []string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		records := ok(service.Operations().List(t.Context(), handover.Filter{}))(t)
		done := 0
		for _, record := range records {
			if record.Setback.Cause != "" || record.State.Settled() && record.State != handover.Done {
				t.Fatalf("a handover is %s: %s %s", record.State, record.Reason, record.Setback.Cause)
			}
			if record.State == handover.Done {
				done++
			}
		}
		if done == len(forms) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d forms are handed over", done, len(forms))
		}
	}
}

// The load of that test notices when a key goes too early.
func TestLoadNoticesAMissingKey(t *testing.T) {
	t.Parallel()
	var users load
	p := startPlatform(t, users.wrap)
	user := p.user(t, 0)
	ok(p.portal.ReplaceKeys(t.Context(), p.clientID, jwk.Set{Keys: []jwk.Public{secondKey().Public()}}))(t)
	users.goesOn(t, 2) // one may have been under way
	if told := user.end(t); len(told.Failures) == 0 {
		t.Errorf("none of %d requests failed", told.Requests)
	}
}
