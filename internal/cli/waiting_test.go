package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/internal/story"
	"github.com/stafett/stafett/internal/term"
)

// slowly answers after a while, or fails.
type slowly struct {
	after time.Duration
	err   error
}

func (s slowly) RoundTrip(*http.Request) (*http.Response, error) {
	time.Sleep(s.after)
	if s.err != nil {
		return nil, s.err
	}
	return &http.Response{Status: "200 OK", StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

func TestLongWaitsAreTold(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name              string
		terminal, verbose bool
		json              bool
		transport         slowly
		want              string
	}{
		{name: "quick on a terminal", terminal: true, transport: slowly{after: time.Second}},
		{name: "slow on a terminal", terminal: true, transport: slowly{after: 3 * time.Second}, want: "[waiting] waiting for vault.example (2 s)\n"},
		{name: "slow on a pipe", transport: slowly{after: 3 * time.Second}},
		{name: "for a program", terminal: true, json: true, transport: slowly{after: 3 * time.Second}},
		{name: "verbose", verbose: true, transport: slowly{after: time.Second}, want: "GET https://vault.example/secrets: 200 OK (1s)\n"},
		{name: "verbose, no answer", verbose: true, transport: slowly{err: errors.New("reset")}, want: "GET https://vault.example/secrets: no answer (0s)\n"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var told bytes.Buffer
			s := &session{json: test.json, verbose: test.verbose, streams: &term.Streams{Err: &term.Stream{Writer: &told, IsTerminal: test.terminal}}}
			request := &http.Request{Method: http.MethodGet, URL: &url.URL{Scheme: "https", Host: "vault.example", Path: "/secrets", RawQuery: "secret=1"}}
			response, err := s.watch(test.transport).RoundTrip(request)
			if !errors.Is(err, test.transport.err) {
				t.Errorf("%s: %v", test.name, err)
			}
			if response != nil {
				_ = response.Body.Close()
			}
			synctest.Wait()
			if told.String() != test.want {
				t.Errorf("%s: told %q, want %q", test.name, told.String(), test.want)
			}
		})
	}
}

// TestAHeldHandoverIsWaitedFor meets another process at work: one that ends, one
// that does not, and an interrupt meanwhile.
func TestAHeldHandoverIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		free        time.Duration
		interrupted time.Duration
		err         error
		took        time.Duration
	}{
		{"free", 0, time.Hour, nil, 0},
		{"free in a minute", time.Minute, time.Hour, nil, time.Minute},
		{"not free", time.Hour, time.Hour, handover.ErrHeld, heldPatience + heldPoll},
		{"interrupted", time.Hour, 10 * time.Second, context.DeadlineExceeded, 10 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			var told bytes.Buffer
			s := &session{streams: &term.Streams{Err: &term.Stream{Writer: &told}}}
			ctx, cancel := context.WithTimeout(t.Context(), test.interrupted)
			defer cancel()
			start := time.Now()
			record, err := s.whenFree(ctx, func() (handover.Record, error) {
				if time.Since(start) < test.free {
					return handover.Record{}, fmt.Errorf("run handover k: %w", handover.ErrHeld)
				}
				return handover.Record{Key: "k"}, nil
			})
			if took := time.Since(start); !errors.Is(err, test.err) || took != test.took || (err == nil) != (record.Key == "k") {
				t.Errorf("%s: got %+v, %v after %v", test.name, record, err, took)
			}
			want := "[waiting] another process is working on this handover, or was killed a moment ago\n"
			if test.took == 0 {
				want = ""
			}
			if told.String() != want {
				t.Errorf("%s: told %q", test.name, &told)
			}
		})
	}
}

// interrupting is a stderr whose reader presses Ctrl-C at a word.
type interrupting struct {
	bytes.Buffer
	word      string
	interrupt context.CancelFunc
}

func (i *interrupting) Write(p []byte) (int, error) {
	if strings.Contains(string(p), i.word) {
		i.interrupt()
	}
	return i.Buffer.Write(p)
}

// TestAnUnclearOutcomeIsWaitedFor lets the answer to the one request that makes
// an instance get lost: the command says what it waits for and until when, and
// may be interrupted.
func TestAnUnclearOutcomeIsWaitedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if code, _, stderr := b.run(t.Context(), "prepare", "--yes"); code != exitOK {
		t.Fatal(stderr)
	}
	source := b.sentForm(t)
	b.set("fts.apps.tt02.altinn.no", refusing("POST", "/fts/saksmottak/instances", 500, ""))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told := &interrupting{word: "looking again", interrupt: cancel}
	code, stdout := b.runTelling(ctx, told, "handover", "send", source)
	want := regexp.MustCompile(`^\[waiting\] POST /fts/saksmottak/instances: 500 Internal Server Error; looking again at \d\d:\d\d:\d\d\nerror: interrupted; `)
	if code != exitInterrupted || stdout != "" || !want.MatchString(told.String()) {
		t.Errorf("exit code %d\n%s%s", code, stdout, told)
	}
	// Nobody may create again before the wait is over, whoever asks.
	b.set("fts.apps.tt02.altinn.no", nil)
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	told = &interrupting{word: "looking again", interrupt: cancel}
	if code, _ := b.runTelling(ctx, told, "handover", "send", source); code != exitInterrupted || !strings.HasPrefix(told.String(), "[waiting] POST /fts/saksmottak/instances: 500 Internal Server Error; looking again at ") {
		t.Errorf("asked again: exit code %d\n%s", code, told)
	}
	if writes := b.written(); len(writes) > 0 {
		t.Errorf("asked again, it changed %q", writes)
	}
}

// sentForm lets the first person send in a form and returns its instance.
func (b *bench) sentForm(t *testing.T) string {
	t.Helper()
	w, err := newWire(b.state)
	if err != nil {
		t.Fatal(err)
	}
	id, err := w.sendExample()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestAStoryThatDoesNotHoldIsAnError(t *testing.T) {
	t.Parallel()
	held := story.Document{OK: true, Steps: []story.Step{{ID: story.StepVault, Status: story.StatusOK}}}
	if err := failedStep(held); err != nil {
		t.Error(err)
	}
	broken := story.Document{Steps: []story.Step{
		{ID: story.StepVault, Status: story.StatusOK}, {ID: story.StepKey, Status: story.StatusFailed, Detail: "no key"}, {ID: story.StepProof, Status: story.StatusSkipped},
	}}
	err := failedStep(broken)
	if err == nil || err.Error() != "the story does not hold: step key: no key" {
		t.Fatal(err)
	}
	if told := explain(err); told.code != "STORY" || told.exit != exitFailed || told.hint == "" {
		t.Errorf("%+v", told)
	}
}
