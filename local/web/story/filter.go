package story

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// perPage is how many exchanges from outside the platform one page shows.
const perPage = 60

// filter is what a reader wants to see; it is the query of the page.
type filter struct {
	System   string
	Instance string
	Trace    string
	Refused  bool  // only what was refused
	All      bool  // looks in the background too
	Before   int64 // only what is older than this exchange
}

func readFilter(query url.Values) (filter, error) {
	f := filter{
		System: query.Get("system"), Instance: strings.TrimSpace(query.Get("instance")), Trace: strings.TrimSpace(query.Get("trace")),
		Refused: query.Get("refused") != "", All: query.Get("all") != "",
	}
	var err error
	if before := query.Get("before"); before != "" {
		f.Before, err = strconv.ParseInt(before, 10, 64)
	}
	return f, err
}

// address gives a page with the filter.
func (f filter) address(page string) string {
	query := url.Values{}
	for name, value := range map[string]string{"system": f.System, "instance": f.Instance, "trace": f.Trace} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if f.Refused {
		query.Set("refused", "1")
	}
	if f.All {
		query.Set("all", "1")
	}
	if f.Before != 0 {
		query.Set("before", strconv.FormatInt(f.Before, 10))
	}
	if len(query) == 0 {
		return page
	}
	return page + "?" + query.Encode()
}

// to is where an exchange is: on the page that shows some, or on one that begins with
// it.
func (f filter) to(t *tree, shown []*tree) string {
	place := "#e" + strconv.FormatInt(t.ID, 10)
	if slices.Contains(shown, t) {
		return place
	}
	return filter{Instance: f.Instance, Trace: f.Trace, Before: t.ID + 1}.address("/story") + place
}

func separator(address string) string {
	if strings.Contains(address, "?") {
		return "&"
	}
	return "?"
}

// WithAll is the same page with the looks in the background.
func (f filter) WithAll() string {
	f.All = true
	return f.address("/story")
}

// Narrow reports whether the filter leaves out more than the background.
func (f filter) Narrow() bool {
	return f.System != "" || f.Instance != "" || f.Trace != "" || f.Refused
}

// choose returns what the reader wants of those at the top, and how many more
// there are in the background.
func (f filter) choose(roots []*tree) (chosen []*tree, hidden int) {
	for _, t := range roots {
		if !f.wants(t) {
			continue
		}
		if !f.All && t.background() {
			hidden++
			continue
		}
		chosen = append(chosen, t)
	}
	return chosen, hidden
}

func (f filter) wants(t *tree) bool {
	if f.Before != 0 && t.ID >= f.Before || f.Refused && !t.anyRefused() {
		return false
	}
	if f.System == "" {
		return true
	}
	for b := range t.all() {
		if b.System == f.System {
			return true
		}
	}
	return false
}

// systems lists those that answered, sorted.
func systems(roots []*tree) []string {
	var found []string
	for _, t := range roots {
		for b := range t.all() {
			if !slices.Contains(found, b.System) {
				found = append(found, b.System)
			}
		}
	}
	slices.Sort(found)
	return found
}
