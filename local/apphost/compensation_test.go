package apphost_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/process"
)

const storageInstances = "/storage/api/v1/instances"

// TestFailureAfterCreate maps failures past the creation in Storage, and demands
// that a delete has been tried.
func TestFailureAfterCreate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		check  func(r reply)
	}{
		"forbidden": {403, "no", func(r reply) { r.wantEmpty(http.StatusForbidden) }},
		"not found": {404, "no", func(r reply) { r.wantEmpty(http.StatusNotFound) }},
		"conflict":  {409, "no", func(r reply) { r.wantEmpty(http.StatusConflict) }},
		"too many": {429, "slow down", func(r reply) {
			r.wantText(http.StatusTooManyRequests, "429 - Too Many Requests - slow down")
		}},
		"broken": {500, "oops", func(r reply) {
			r.wantText(http.StatusInternalServerError, "500 - Internal Server Error - oops")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.onPlatform(func(rw http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/data") {
					return false
				}
				rw.WriteHeader(c.status)
				_, _ = rw.Write([]byte(c.body))
				return true
			})
			c.check(w.json(w.agency(), http.MethodPost, receiving+"/instances/create", ownerNumber(agencyNumber)))
			if n := w.callsTo("DELETE " + storageInstances); n != 1 {
				t.Errorf("%d deletes were tried", n)
			}
			if left := w.stored(receiving); len(left) != 1 || !w.fromStorage(left[0].ID).Status.IsHardDeleted {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestInconvertiblePrefill: 500 with the text of the library, and the instance
// that was made is deleted hard.
func TestInconvertiblePrefill(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, prefill := range []string{
		`{"Sak.AntallTurer":"mange"}`, `{"Sak.VilkarBekreftet":"kanskje"}`, `{"Sak":"x"}`,
	} {
		w.json(w.agency(), http.MethodPost, receiving+"/instances/create",
			`{"instanceOwner":{"partyId":"50000001"},"prefill":`+prefill+`}`).
			wantText(http.StatusInternalServerError, "Instantiation of appId fts/saksmottak failed for party 50000001")
	}
	for _, left := range w.stored(receiving) {
		if in := w.fromStorage(left.ID); !in.Status.IsHardDeleted {
			t.Errorf("%s was not deleted hard", left.ID)
		}
	}
	if n := len(w.stored(receiving)); n != 3 {
		t.Errorf("%d instances were made, want 3", n)
	}
}

// fromStorage reads an instance as Storage has it; only what has the same form
// there as in an application is set.
func (w *world) fromStorage(id string) instance {
	w.t.Helper()
	var in struct {
		Status struct {
			IsHardDeleted bool `json:"isHardDeleted"`
		} `json:"status"`
	}
	w.json(w.agency(), http.MethodGet, "https://"+platformHost+storageInstances+"/"+id, "").want(http.StatusOK).into(&in)
	var out instance
	out.ID, out.Status.IsHardDeleted = id, in.Status.IsHardDeleted
	return out
}

// TestCompensationRefused: where the policy does not let the caller delete, the
// half-made instance stays, and the answer is the same.
func TestCompensationRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t) // the policy of the original form gives its owner no delete
	w.onPlatform(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/data") {
			rw.WriteHeader(http.StatusConflict)
			return true
		}
		return false
	})
	w.json(w.agency(), http.MethodPost, original+"/instances/create", ownerNumber(clubNumber)).wantEmpty(http.StatusConflict)
	left := w.stored(original)
	if len(left) != 1 || w.fromStorage(left[0].ID).Status.IsHardDeleted {
		t.Errorf("left behind: %v", left)
	}
}

// TestFailureOfCreate: when the creation itself fails there is no id, and so no
// delete.
func TestFailureOfCreate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onPlatform(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && r.URL.Path == storageInstances {
			rw.WriteHeader(http.StatusForbidden)
			return true
		}
		return false
	})
	w.json(w.agency(), http.MethodPost, receiving+"/instances/create", ownerNumber(agencyNumber)).wantEmpty(http.StatusForbidden)
	if n := w.callsTo("DELETE "); n != 0 {
		t.Errorf("%d deletes were tried", n)
	}
}

// TestLostConnection: a platform that hangs up is neither a refusal nor a
// success.
func TestLostConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onPlatform(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/process/instanceandevents") {
			panic(http.ErrAbortHandler)
		}
		return false
	})
	w.json(w.agency(), http.MethodPost, receiving+"/instances/create", ownerNumber(agencyNumber)).
		wantText(http.StatusInternalServerError, "Instantiation of appId fts/saksmottak failed for party 50000001")
	if n := w.callsTo("DELETE "); n != 1 {
		t.Errorf("%d deletes were tried", n)
	}
}

// TestDecisionPointAway: without a decision nothing is stored.
func TestDecisionPointAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.failing("POST /authorization/", http.StatusBadGateway, "")
	w.json(w.agency(), http.MethodPost, receiving+"/instances/create", ownerNumber(agencyNumber)).wantEmpty(http.StatusInternalServerError)
	if n := w.callsTo("POST " + storageInstances); n != 0 {
		t.Errorf("Storage was called %d times", n)
	}
}

// TestRegisterAway: any failure of a look-up is 404, so it does not prove that
// the party is unknown.
func TestRegisterAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.failing("POST /register/", http.StatusServiceUnavailable, "closed")
	text := w.json(w.agency(), http.MethodPost, receiving+"/instances/create", ownerNumber(agencyNumber)).
		wantText(http.StatusNotFound, "Cannot lookup party: ")
	if !strings.Contains(text, "503") || !strings.Contains(text, agencyNumber) {
		t.Errorf("text %q", text)
	}
}

// TestLogHoldsNoNumber: the answer repeats an identity number, the log must not.
func TestLogHoldsNoNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const number = "01819012345"
	text := w.json(w.agency(), http.MethodPost, original+"/instances/create", `{"instanceOwner":{"personNumber":"`+number+`"}}`).
		wantText(http.StatusNotFound, "Cannot lookup party: ")
	if !strings.Contains(text, number) {
		t.Errorf("text %q does not repeat the number", text)
	}
	if strings.Contains(w.log.String(), number) {
		t.Error("the log holds an identity number")
	}
	if w.log.Len() == 0 {
		t.Error("nothing was logged")
	}
}

// TestProcessThatCannotStart: 409 before anything is stored.
func TestProcessThatCannotStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withProcess(receiving, `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p">
		<startEvent id="s"><outgoing>f1</outgoing></startEvent>
		<exclusiveGateway id="g"><incoming>f1</incoming><outgoing>f2</outgoing></exclusiveGateway>
		<endEvent id="e"><incoming>f2</incoming></endEvent>
		<sequenceFlow id="f1" sourceRef="s" targetRef="g"/>
		<sequenceFlow id="f2" sourceRef="g" targetRef="e"><conditionExpression>["equals", 1, 2]</conditionExpression></sequenceFlow>
	</process></definitions>`))
	w.json(w.agency(), http.MethodPost, receiving+"/instances/create", ownerNumber(agencyNumber)).wantText(http.StatusConflict, "")
	if left := w.stored(receiving); len(left) != 0 {
		t.Errorf("%d instances were stored", len(left))
	}
}

// withFolder changes a copy of an application's folder.
func withFolder(id string, change func(*app.Folder)) option {
	return func(s *settings) {
		changed := *s.folders[id]
		change(&changed)
		s.folders[id] = &changed
	}
}

// withProcess gives an application another process.
func withProcess(id, bpmn string) option {
	return withFolder(id, func(f *app.Folder) {
		p, err := process.Parse([]byte(bpmn))
		if err != nil {
			panic(err)
		}
		f.Process = p
	})
}
