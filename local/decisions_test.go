package local_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/authorization"
	"github.com/stafett/stafett/local/register"
)

// organisationToken is the owner's, with both scopes for instances.
func organisationToken(t testing.TB, platform *local.Platform) string {
	t.Helper()
	scopes := url.QueryEscape("altinn:serviceowner/instances.read altinn:serviceowner/instances.write")
	status, token := send(t, platform, http.MethodGet, fmt.Sprintf("https://%s/Home/GetTestOrgToken/%s?scopes=%s", local.LoginHost, platform.Seed().Org, scopes), "", "")
	if status != http.StatusOK {
		t.Fatalf("log in as organisation: %d", status)
	}
	return token
}

// The application asks whether the caller may create, and then Storage asks
// again with the same caller's token; where the application is told no, Storage
// is never asked.
func TestTheDecisionToCreateIsTakenTwice(t *testing.T) {
	t.Parallel()
	platform := start(t, local.Config{Apps: folders(t, nil)})
	seed := platform.Seed()
	body := fmt.Sprintf(`{"instanceOwner":{"organisationNumber":%q}}`, seed.OrgNumber)
	for who, c := range map[string]struct {
		token string
		want  []policy.Result
	}{
		"the organisation": {organisationToken(t, platform), []policy.Result{policy.Permit, policy.Permit}},
		"a person":         {logIn(t, platform, seed.Persons[0]), []policy.Result{policy.NotApplicable}},
	} {
		before := len(platform.Decisions())
		status, answer := send(t, platform, http.MethodPost, seed.Apps[1].URL+"/instances/create", c.token, body)
		var results []policy.Result
		var subjects []string
		for _, d := range platform.Decisions()[before:] {
			if d.Action == "instantiate" {
				results = append(results, d.Result)
				subjects = append(subjects, subjectOf(d))
			}
		}
		if fmt.Sprint(results) != fmt.Sprint(c.want) || subjects[0] != subjects[len(subjects)-1] {
			t.Errorf("%s: status %d %s, decisions %v of %v, want %v", who, status, answer, results, subjects, c.want)
		}
	}
}

func subjectOf(d authorization.Decision) string {
	var ids []string
	for _, a := range d.Subject {
		ids = append(ids, a.ID+"="+a.Value)
	}
	return strings.Join(ids, " ")
}

type lockedLog struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(p)
}

// Identity numbers go through the platform in all the ways that its interfaces
// have for them, rightly and wrongly used; no log at any level and no decision
// repeats one.
func TestIdentityNumbersAreNeverLogged(t *testing.T) {
	t.Parallel()
	var logged lockedLog
	platform := start(t, local.Config{
		Apps:   folders(t, nil),
		Logger: slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	seed := platform.Seed()
	known, unknown := seed.Persons[0].SSN, register.SyntheticPersonNumber(rand.New(rand.NewPCG(7, 7)))
	person, organisation := logIn(t, platform, seed.Persons[0]), organisationToken(t, platform)
	storage := "https://" + local.PlatformHost + "/storage/api/v1"
	for _, number := range []string{known, unknown} {
		owner := fmt.Sprintf(`{"instanceOwner":{"personNumber":%q}}`, number)
		for _, token := range []string{person, organisation, number} {
			for _, app := range seed.Apps {
				send(t, platform, http.MethodPost, app.URL+"/instances/create", token, owner)
				send(t, platform, http.MethodPost, app.URL+"/instances", token, owner)
				send(t, platform, http.MethodGet, app.URL+"/instances/"+number+"/"+number, token, "")
			}
			send(t, platform, http.MethodPost, "https://"+local.PlatformHost+"/register/api/v1/parties/lookup", token, fmt.Sprintf(`{"ssn":%q}`, number))
			send(t, platform, http.MethodGet, storage+"/instances?appId=fts/saksmottak&searchString="+number, token, "")
			send(t, platform, http.MethodGet, storage+"/instances/"+number+"/x", token, "")
			send(t, platform, http.MethodPost, "https://"+local.PlatformHost+"/authorization/api/v1/decision", token,
				fmt.Sprintf(`{"request":{"resource":[{"attribute":[{"attributeId":"urn:altinn:instance-id","value":"1/%s"}]}]}}`, number))
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, storage+"/instances?appId=fts/saksmottak", nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+token)
			request.Header.Set("X-Ai-InstanceOwnerIdentifier", "Person:"+number)
			response, err := platform.Client().Do(request)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
		}
	}
	decisions := fmt.Sprintf("%+v", platform.Decisions())
	if err := platform.Close(); err != nil {
		t.Fatal(err)
	}
	if logged.Len() == 0 || len(decisions) < 1000 {
		t.Fatalf("%d bytes of log and %d of decisions: the search proves nothing", logged.Len(), len(decisions))
	}
	for _, number := range []string{known, unknown} {
		if at := strings.Index(logged.String(), number); at >= 0 {
			t.Errorf("the log holds an identity number: …%s", logged.String()[max(0, at-200):at])
		}
		if strings.Contains(decisions, number) {
			t.Error("the decision log holds an identity number")
		}
	}
	if !register.ValidPersonNumber(known) {
		t.Error("the number is not one")
	}
}
