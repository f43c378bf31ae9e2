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

// breath is how long a page waits between two looks at the timeline, each of which
// tells all that has happened. Without it, what a look takes would be taken for
// every exchange that a busy program makes.
const breath = 100 * time.Millisecond

// events is one page's stream.
type events struct {
	w      http.ResponseWriter
	voice  *voice
	area   *area
	filter filter
	// told are the roots that the last look has told, and toldUpTo how far the
	// timeline had come then: what is below a root appears with it.
	told     map[int64]bool
	toldUpTo int64
}

func (s *events) run(ctx context.Context, after int64) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	news := make(chan []timeline.Exchange)
	go func() {
		defer close(news)
		for latest := range s.area.cfg.Timeline.News(ctx, after) {
			select {
			case news <- latest:
			case <-ctx.Done():
				return
			}
			pause := time.NewTimer(breath)
			select {
			case <-pause.C:
			case <-ctx.Done():
				pause.Stop()
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
		case latest, ok := <-news:
			if !ok {
				return nil
			}
			err = s.tell(latest)
		}
	}
	return err
}

// tell sends what of the news the reader wants: a row for each root that has
// changed, and then the overview.
func (s *events) tell(news []timeline.Exchange) error {
	latest := s.area.cfg.Timeline.Latest()
	roots := s.area.forest(filter{Instance: s.filter.Instance, Trace: s.filter.Trace})
	tops := make(map[int64]*tree)
	for _, root := range roots {
		for t := range root.all() {
			tops[t.ID] = root
		}
	}
	before, upTo := s.told, s.toldUpTo
	s.told, s.toldUpTo = make(map[int64]bool), latest
	var shown []*tree
	for _, e := range news {
		if e.ID == 0 {
			if err := s.write(fmt.Sprintf("id: %d\nevent: gap\ndata: \n\n", e.Change)); err != nil {
				return err
			}
			continue
		}
		t := tops[e.ID]
		if t == nil || s.told[t.ID] || before[t.ID] && e.Change <= upTo {
			continue // it is about something else, already forgotten, or told
		}
		s.told[t.ID] = true
		if chosen, _ := s.filter.choose([]*tree{t}); len(chosen) == 0 {
			continue
		}
		if err := s.send(reaches(t, e.Change), "row", "story#news-row", s.voice.sections([]*tree{t})); err != nil {
			return err
		}
		shown = append(shown, t)
	}
	if len(shown) == 0 {
		return nil
	}
	return s.send(news[len(news)-1].Change, "overview", "story#news-overview", s.voice.overview(roots, shown, s.filter, s.area.cfg.Timeline.Whole()))
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
