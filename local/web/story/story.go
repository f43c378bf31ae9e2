// Package story is the timeline of the console: who asked whom for what on the
// local platform, with whose credentials, what was decided by which rule, and why
// what was refused was refused.
//
// It shows what package timeline has recorded and knows no more than that. What it
// shows is redacted there.
package story

import (
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"strconv"
	"time"

	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/local/timeline"
	"github.com/stafett/stafett/local/web/frame"
)

//go:embed all:pages
var embedded embed.FS

// Config is what the timeline tells of.
type Config struct {
	// Timeline has recorded it. Required.
	Timeline *timeline.Recorder
	// Original is the id of the application with the form that people fill in.
	Original string
	// Policy finds the policy of an application; nil where there is none. It may be
	// called from several goroutines at once.
	Policy func(appID string) *policy.Policy
	// Heartbeat is how often a page that waits for news hears that there is none;
	// zero means 15 seconds.
	Heartbeat time.Duration
}

const usualHeartbeat = 15 * time.Second

type area struct {
	cfg  Config
	zone *time.Location
}

// New returns the area of the timeline.
func New(cfg Config) (frame.Area, error) {
	if cfg.Timeline == nil || cfg.Policy == nil {
		return frame.Area{}, errors.New("a timeline and the policies are required")
	}
	if cfg.Heartbeat == 0 {
		cfg.Heartbeat = usualHeartbeat
	}
	pages, err := fs.Sub(embedded, "pages")
	if err != nil {
		return frame.Area{}, err
	}
	zone, err := time.LoadLocation("Europe/Oslo") // the frame holds the zones
	if err != nil {
		return frame.Area{}, err
	}
	a := &area{cfg, zone}
	return frame.Area{
		Name: "story", Files: pages,
		Open: map[string]frame.Handler{
			"GET /story":        a.show,
			"GET /story/events": a.follow,
			"GET /story/{id}":   a.details,
		},
	}, nil
}

// page is the whole timeline, or that part of it which the filter lets through.
type page struct {
	Filter   filter
	Systems  []string
	Overview []part
	Sections []section
	// Hidden is how many looks in the background are not shown.
	Hidden int
	// Older is where the story goes on; empty at its beginning.
	Older string
	// Events is where the page hears of what happens next.
	Events string
}

func (a *area) show(c *frame.Call) (frame.Answer, error) {
	f, err := readFilter(c.URL.Query())
	if err != nil {
		return frame.Answer{}, frame.Refuse(http.StatusBadRequest, "bad-filter")
	}
	latest := a.cfg.Timeline.Latest() // before the rest, so that nothing falls between
	roots := a.forest(f)
	v := a.voice(c)
	shown := page{Filter: f, Systems: systems(roots)}
	all := roots
	roots, shown.Hidden = f.choose(roots)
	if len(roots) > perPage {
		roots = roots[:perPage]
		older := f
		older.Before = roots[perPage-1].ID
		shown.Older = older.address("/story")
	}
	if f.Before == 0 {
		shown.Events = f.address("/story/events")
		shown.Events += separator(shown.Events) + "after=" + strconv.FormatInt(latest, 10)
	}
	shown.Overview, shown.Sections = v.overview(all, roots, f, a.cfg.Timeline.Whole()), v.sections(roots)
	return frame.Show("story", c.T("title"), shown), nil
}

// forest reads what the filter's instance and trace leave, since they decide what
// belongs together.
func (a *area) forest(f filter) []*tree {
	return forest(a.cfg.Timeline.Exchanges(timeline.Filter{Instance: f.Instance, Trace: f.Trace}), a.cfg.Original)
}
