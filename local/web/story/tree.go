package story

import (
	"iter"
	"net/http"

	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/local/timeline"
)

// tree is an exchange with the calls that were made to answer it.
type tree struct {
	timeline.Exchange
	deed    deed
	parent  *tree // nil at the top
	below   []*tree
	chapter chapter // at the top only
	// types are the data types of all data elements that are known, by id.
	types map[string]string
	// original tells that the application with the form that people fill in has
	// answered.
	original bool
}

// forest puts exchanges, the newest first, below those that they were made for.
// What stands at the top keeps its order; what is below stands the oldest first.
func forest(exchanges []timeline.Exchange, original string) []*tree {
	byID := make(map[int64]*tree, len(exchanges))
	types := make(map[string]string)
	for _, e := range exchanges {
		d := deedOf(e)
		byID[e.ID] = &tree{Exchange: e, deed: d, types: types, original: d.app && e.System == original}
		for _, fact := range e.Facts {
			if changed, ok := fact.(storage.Changed); ok && changed.Data != nil && changed.Data.DataType != "" {
				types[changed.Data.ID] = changed.Data.DataType
			}
		}
	}
	var roots []*tree
	for _, e := range exchanges {
		t := byID[e.ID]
		if t.parent = byID[e.Parent]; t.parent == nil {
			roots = append(roots, t)
		}
	}
	for n := len(exchanges) - 1; n >= 0; n-- {
		if t := byID[exchanges[n].ID]; t.parent != nil {
			t.parent.below = append(t.parent.below, t)
		}
	}
	divide(roots)
	return roots
}

// all yields the exchange and what is below it, in the order in which it began.
func (t *tree) all() iter.Seq[*tree] {
	return func(yield func(*tree) bool) { t.each(yield) }
}

func (t *tree) each(yield func(*tree) bool) bool {
	if !yield(t) {
		return false
	}
	for _, b := range t.below {
		if !b.each(yield) {
			return false
		}
	}
	return true
}

// calls counts what is below.
func (t *tree) calls() int {
	count := -1
	for range t.all() {
		count++
	}
	return count
}

// find yields the facts of one type that were noted in a tree.
func find[F any](t *tree) iter.Seq[F] {
	return func(yield func(F) bool) {
		for b := range t.all() {
			for _, fact := range b.Facts {
				if f, ok := fact.(F); ok && !yield(f) {
					return
				}
			}
		}
	}
}

// first returns the first fact of one type in a tree.
func first[F any](t *tree) (fact F, ok bool) {
	for fact := range find[F](t) {
		return fact, true
	}
	return fact, false
}

// challenged tells of a vault that says where its tokens come from, which is how
// its clients always begin.
func (t *tree) challenged() bool {
	return t.System == "Key Vault" && t.Status == http.StatusUnauthorized && t.Caller.Kind == timeline.KindNobody
}

// absent tells of a vault that does not have what somebody looked for.
func (t *tree) absent() bool {
	return t.System == "Key Vault" && t.Status == http.StatusNotFound && t.Method == http.MethodGet
}

// refused reports whether the exchange is worth an explanation.
func (t *tree) refused() bool { return t.Refused() && !t.challenged() && !t.absent() }

// anyRefused reports whether that is so for it or for anything below it.
func (t *tree) anyRefused() bool {
	for b := range t.all() {
		if b.refused() {
			return true
		}
	}
	return false
}

// background reports whether the exchange tells little of the story: it changed
// nothing, and was no more than a look at what everybody may know, or one of many
// that a program repeats.
func (t *tree) background() bool {
	if t.anyRefused() || t.changes() {
		return false
	}
	return t.deed.look || t.Polling() || t.Caller.Kind == timeline.KindStandIn || t.challenged() || t.absent() ||
		t.Caller.Kind == timeline.KindPerson && t.Method == http.MethodGet && t.deed.key != "login-person"
}

// last returns the last fact of one type in a tree.
func last[F any](t *tree) (fact F, ok bool) {
	for fact = range find[F](t) {
		ok = true
	}
	return fact, ok
}
