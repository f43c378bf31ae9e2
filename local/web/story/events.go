package story

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stafett/stafett/local/timeline"
	"github.com/stafett/stafett/local/web/frame"
)

// follow tells a page what happens, as server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html): "row" holds a
// section with the one exchange that is new or has changed, "overview" the
// chapters at a glance, and "gap" says that something was lost. The id of an event
// is the last change that it tells of, so that a browser goes on where it was.
func (a *area) follow(c *frame.Call) (frame.Answer, error) {
	f, err := readFilter(c.URL.Query())
	if err != nil {
		return frame.Answer{}, frame.Refuse(http.StatusBadRequest, "bad-filter")
	}
	after := a.cfg.Timeline.Latest()
	for _, given := range []string{c.URL.Query().Get("after"), c.Header.Get("Last-Event-ID")} {
		if change, err := strconv.ParseInt(given, 10, 64); err == nil {
			after = change
		}
	}
	return frame.Stream(func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "text/event-stream")
		out := &events{w: w, voice: a.voice(c), area: a, filter: f}
		return out.run(r.Context(), after)
	}), nil
}

// events is one page's stream.
type events struct {
	w      http.ResponseWriter
	voice  *voice
	area   *area
	filter filter
	// told is the root of the last change and how far the timeline had come when
	// it was told: what is below a root appears with it.
	told     int64
	toldUpTo int64
}

func (s *events) run(ctx context.Context, after int64) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	news := make(chan timeline.Exchange)
	go func() {
		defer close(news)
		for e := range s.area.cfg.Timeline.Follow(ctx, after) {
			select {
			case news <- e:
			case <-ctx.Done():
				return
			}
		}
	}()
	heart := time.NewTicker(s.area.cfg.Heartbeat)
	defer heart.Stop()
	err := s.write(": connected\n\n")
	for err == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-heart.C:
			err = s.write(": nothing new\n\n")
		case e, ok := <-news:
			if !ok {
				return nil
			}
			err = s.tell(e)
		}
	}
	return err
}

// tell sends what has changed, if the reader wants it.
func (s *events) tell(e timeline.Exchange) error {
	if e.ID == 0 {
		return s.write(fmt.Sprintf("id: %d\nevent: gap\ndata: \n\n", e.Change))
	}
	latest := s.area.cfg.Timeline.Latest()
	roots := s.area.forest(filter{Instance: s.filter.Instance, Trace: s.filter.Trace})
	t := within(roots, e.ID)
	if t == nil {
		return nil // it is about something else, or already forgotten
	}
	t = t.top()
	if t.ID == s.told && e.Change <= s.toldUpTo {
		return nil
	}
	s.told, s.toldUpTo = t.ID, latest
	if chosen, _ := s.filter.choose([]*tree{t}); len(chosen) == 0 {
		return nil
	}
	change := reaches(t, e.Change)
	if err := s.send(change, "row", "story#news-row", s.voice.sections([]*tree{t})); err != nil {
		return err
	}
	return s.send(change, "overview", "story#news-overview", s.voice.overview(roots, []*tree{t}, s.filter, s.area.cfg.Timeline.Whole()))
}

// reaches is the last of the changes from one on that a tree tells of: what is
// below a root appears with it.
func reaches(t *tree, change int64) int64 {
	told := make(map[int64]bool)
	for b := range t.all() {
		told[b.Change] = true
	}
	for told[change+1] {
		change++
	}
	return change
}

// send writes one event with a template of the area.
func (s *events) send(change int64, name, template string, data any) error {
	var html bytes.Buffer
	if err := s.voice.Render(&html, template, data); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "id: %d\nevent: %s\n", change, name)
	for line := range strings.Lines(html.String()) {
		b.WriteString("data: " + strings.TrimRight(line, "\r\n") + "\n")
	}
	return s.write(b.String() + "\n")
}

func (s *events) write(text string) error {
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return http.NewResponseController(s.w).Flush()
}
