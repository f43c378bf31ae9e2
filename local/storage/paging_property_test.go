package storage_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stafett/stafett/local/storage"
)

// TestPagesTogetherAreTheList draws a history of creates and changes, some at
// the same moment, and checks that walking the pages in either order, of any
// size and from any lower bound, gives exactly what a plain look at all
// instances gives.
func TestPagesTogetherAreTheList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	type known struct {
		id      string
		seq     int
		changed time.Time
	}
	var all []known
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(0, 3).Draw(rt, "steps") {
			w.advance(time.Duration(rapid.IntRange(0, 2).Draw(rt, "pause")) * time.Second)
			if len(all) == 0 || rapid.Bool().Draw(rt, "create") {
				i := w.create(receiving, token, template(ferdsel))
				all = append(all, known{i.ID, len(all), *i.LastChanged})
				continue
			}
			n := rapid.IntRange(0, len(all)-1).Draw(rt, "which")
			got := w.want(200, w.call("PUT", base+"/instances/"+all[n].id+"/substatus", token, `{"label":"x"}`))
			all[n].changed = *decode[storage.Instance](w, got).LastChanged
		}
		from := w.now().Add(-time.Duration(rapid.IntRange(0, 20).Draw(rt, "age")) * time.Second)
		ascending := rapid.Bool().Draw(rt, "ascending")
		size := rapid.IntRange(1, 5).Draw(rt, "size")

		expected := slices.DeleteFunc(slices.Clone(all), func(k known) bool { return k.changed.Before(from) })
		slices.SortFunc(expected, func(a, b known) int {
			order := a.changed.Compare(b.changed)
			if order == 0 {
				order = a.seq - b.seq
			}
			if !ascending {
				order = -order
			}
			return order
		})
		var want []string
		for _, k := range expected {
			want = append(want, k.id)
		}

		order := map[bool]string{true: "asc", false: "desc"}[ascending]
		path := fmt.Sprintf("%s/instances?appId=%s&order=%s:lastChanged&size=%d&lastChanged=gte:%s",
			base, receiving, order, size, url.QueryEscape(from.Format(time.RFC3339Nano)))
		var got []string
		for path != "" {
			page := decode[list](w, w.want(200, w.call("GET", path, token, nil)))
			if len(page.Instances) > size || page.Next != "" && len(page.Instances) < size {
				rt.Fatalf("a page of %d where %d were asked for, next %q", len(page.Instances), size, page.Next)
			}
			got = append(got, ids(page)...)
			path = strings.TrimPrefix(page.Next, platform)
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("pages give\n%v\nwant\n%v", got, want)
		}
	})
}

// TestPagingWhileInstancesChange changes and creates instances between the
// pages. Who is left alone stands on exactly one page. In ascending order, whoever
// changes comes again at the end, so nothing is missed; in descending order it
// can be missed, having jumped to a page that was read before. That is the
// platform's own paging, which clients must know.
func TestPagingWhileInstancesChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	rapid.Check(t, func(rt *rapid.T) {
		w.advance(time.Second) // beyond what was checked before
		began := url.QueryEscape(w.now().Format(time.RFC3339Nano))
		seen := map[string]int{}
		changed := map[string]bool{}
		var all []string
		create := func() {
			w.advance(time.Duration(rapid.IntRange(0, 1).Draw(rt, "pause")) * time.Second)
			all = append(all, w.create(receiving, token, template(ferdsel)).ID)
		}
		for range rapid.IntRange(3, 6).Draw(rt, "instances") {
			create()
		}
		before := slices.Clone(all)
		ascending := rapid.Bool().Draw(rt, "ascending")
		order := map[bool]string{true: "asc", false: "desc"}[ascending]
		path := fmt.Sprintf("%s/instances?appId=%s&order=%s:lastChanged&size=%d&lastChanged=gte:%s",
			base, receiving, order, rapid.IntRange(1, 4).Draw(rt, "size"), began)
		for pages := 0; path != ""; pages++ {
			page := decode[list](w, w.want(200, w.call("GET", path, token, nil)))
			for _, id := range ids(page) {
				seen[id]++
			}
			path = strings.TrimPrefix(page.Next, platform)
			if pages > 3 { // let the walk come to an end
				continue
			}
			w.advance(time.Second)
			if rapid.Bool().Draw(rt, "create") {
				create()
				continue
			}
			id := rapid.SampledFrom(all).Draw(rt, "which")
			w.want(200, w.call("PUT", base+"/instances/"+id+"/substatus", token, `{"label":"x"}`))
			changed[id] = true
		}
		for _, id := range before {
			if !changed[id] && seen[id] != 1 {
				rt.Fatalf("an instance that was left alone stands on %d pages", seen[id])
			}
			if ascending && seen[id] == 0 {
				rt.Fatalf("an instance that changed was missed in ascending order")
			}
		}
	})
}
