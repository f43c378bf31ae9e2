package control

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// deadlines is an answer that tells until when it may be written.
type deadlines struct {
	*httptest.ResponseRecorder
	end time.Time
}

func (d *deadlines) SetReadDeadline(time.Time) error { return nil }

func (d *deadlines) SetWriteDeadline(end time.Time) error {
	d.end = end
	return nil
}

// slow are stand-ins with much to do. They look whether they may.
type slow struct {
	Stands
	answer *deadlines
}

func (s slow) mayGoOn() error {
	if time.Until(s.answer.end) < seedTimeout/2 {
		return errors.New("there is no time for the answer")
	}
	return nil
}

func (s slow) Reload(context.Context, ...string) (Reading, error) { return Reading{}, s.mayGoOn() }
func (s slow) AddSeed(context.Context, Seed) (Seeded, error)      { return Seeded{}, s.mayGoOn() }

func (s slow) Reset(ctx context.Context, _ ...Part) error {
	if ctx.Err() != nil {
		return errors.New("it would stop half-way")
	}
	return s.mayGoOn()
}

// A reset makes all instances of the seeds again, and is not left half-way.
func TestWhatTakesLongHasTheTime(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(*Server, http.ResponseWriter, *http.Request){
		"reset": (*Server).reset, "reload": (*Server).reload, "seed": (*Server).seed,
	} {
		gone, leave := context.WithCancel(t.Context())
		leave()
		answer := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		s := &Server{cfg: Config{Stands: slow{answer: answer}}}
		call(s, answer, httptest.NewRequestWithContext(gone, http.MethodPost, "/", strings.NewReader("{}")))
		if answer.Code/100 != 2 {
			t.Errorf("%s: %d %s", name, answer.Code, answer.Body)
		}
	}
}
