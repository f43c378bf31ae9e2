package story

import (
	"net/http"
	"slices"
	"time"
)

// row is one exchange as a sentence.
type row struct {
	ID      int64
	Kind    string // "ok", "refused" or "plain", for how it looks
	Clock   string // time of day
	Started time.Time
	Who     string
	With    string // credentials; empty below another exchange
	Did     string
	System  string
	Outcome outcome
	Owner   string // of the instance that was changed; empty for nobody known
	Rule    *rule  // that permitted; nil where none is known
	Why     *explanation
	Failed  bool // the system did, and refused nothing
	Took    string
	Times   int
	Last    string // time of day of the last repetition
	Below   []row
	Calls   int // all that are below
}

func (v *voice) row(t *tree) row {
	r := row{
		ID: t.ID, Kind: "ok", Clock: v.clock(t.Started), Started: t.Started, Did: v.did(t), System: t.System,
		Outcome: v.outcome(t), Owner: v.owner(t), Rule: v.permit(t), Why: v.explain(t),
		Took: v.duration(t.Duration), Times: t.Times, Last: v.clock(t.Last), Calls: t.calls(),
	}
	r.Failed = t.Status == 0 || t.Status >= http.StatusInternalServerError
	r.Who, r.With = v.who(t)
	switch {
	case t.refused():
		r.Kind = "refused"
	case t.background():
		r.Kind = "plain"
	}
	for _, b := range t.below {
		r.Below = append(r.Below, v.row(b))
	}
	return r
}

func (v *voice) clock(t time.Time) string { return t.In(v.zone).Format("15:04:05") }

// section is a run of exchanges of one chapter.
type section struct {
	Chapter     chapter
	Title, What string
	// First is the id of the newest exchange in it.
	First int64
	Rows  []row
}

// sections divides exchanges, the newest first, where the chapter changes.
func (v *voice) sections(roots []*tree) []section {
	var all []section
	for _, t := range roots {
		if len(all) == 0 || all[len(all)-1].Chapter != t.chapter {
			all = append(all, section{
				Chapter: t.chapter, Title: v.T("chapter." + string(t.chapter)), What: v.T("chapter." + string(t.chapter) + ".what"), First: t.ID,
			})
		}
		current := &all[len(all)-1]
		current.Rows = append(current.Rows, v.row(t))
	}
	return all
}

// part is one chapter at a glance.
type part struct {
	Title string
	Steps int
	// Refused is how many of the steps were.
	Refused int
	Last    string // time of day of the latest; empty for none
	Path    string // to its latest exchange, here or on a page that shows it
	Begun   bool
	// Known tells that a chapter that has not begun here has not begun at all.
	Known bool
}

// overview tells of every chapter how far it has got, on a page that shows some of
// the exchanges. That one has not begun is known only where none is left out and
// nothing is forgotten.
func (v *voice) overview(roots, shown []*tree, f filter, whole bool) []part {
	known := whole && f.Instance == "" && f.Trace == ""
	parts := make([]part, len(chapters))
	for n, chapter := range chapters {
		parts[n].Title, parts[n].Known = v.T("chapter."+string(chapter)), known
	}
	for _, t := range roots { // the newest first
		if t.background() {
			continue
		}
		p := &parts[slices.Index(chapters, t.chapter)]
		if !p.Begun {
			p.Begun, p.Last, p.Path = true, v.clock(t.Started), f.to(t, shown)
		}
		p.Steps++
		if t.anyRefused() {
			p.Refused++
		}
	}
	return parts
}
