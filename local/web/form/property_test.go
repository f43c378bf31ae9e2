package form_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stafett/stafett/local/web/form"
)

// bound are the paths that the page with every kind of component is bound to.
var bound = regexp.MustCompile(`^/(Name|Price|Account|Story|Day|Moment|Kind|KindText|Tags|Agreed|List|Size|Inner|InGrid` +
	`|Home(/(Street|Zip|Place))?|Rows(/[0-9]+(/(What|Weight|Parts(/[0-9]+(/Name)?)?))?)?)$`)

// apply does a JSON Patch of adds and removes to a copy of decoded JSON.
func apply(data any, operations []form.Operation) (any, error) {
	for _, o := range operations {
		var err error
		if data, err = applied(data, strings.Split(o.Path, "/")[1:], o); err != nil {
			return nil, fmt.Errorf("%s %s: %w", o.Op, o.Path, err)
		}
	}
	return data, nil
}

func applied(data any, way []string, o form.Operation) (any, error) {
	if len(way) == 0 {
		return o.Value, nil
	}
	switch d := data.(type) {
	case map[string]any:
		d = maps.Clone(d)
		if _, there := d[way[0]]; o.Op == "remove" && len(way) == 1 {
			if !there {
				return nil, fmt.Errorf("there is no %s", way[0])
			}
			delete(d, way[0])
			return d, nil
		}
		value, err := applied(d[way[0]], way[1:], o)
		d[way[0]] = value
		return d, err
	case []any:
		i, err := strconv.Atoi(way[0])
		if err != nil || i > len(d) || i == len(d) && len(way) > 1 {
			return nil, fmt.Errorf("there is no element %s", way[0])
		}
		if i == len(d) {
			return append(slices.Clone(d), o.Value), nil
		}
		value, err := applied(d[i], way[1:], o)
		d = slices.Clone(d)
		d[i] = value
		return d, err
	}
	return nil, fmt.Errorf("%T holds nothing", data)
}

// Whatever is posted: only what the page is bound to changes, the patch can be
// done, and posting the same again changes nothing more.
func TestReadIsBoundedAndSettles(t *testing.T) {
	t.Parallel()
	f := allKinds(t)
	fields := []string{"name", "price", "account", "story", "day", "moment", "kind", "tags", "agreed", "list", "size", "what-0", "what-1", "what-2", "weight-0",
		"part-0-0", "part-0-1", "part-1-0", "inner", "inGrid", "home.address", "home.zipCode", "home.careOf", "map", "rows", "nowhere"}
	texts := []string{"", " ", "a", "b", "c", "true", "12", "1,5", "-3", "17.05.2026", "gone", "Áŋne", "x\r\ny", "1.200"}
	rapid.Check(t, func(r *rapid.T) {
		s := state(t, rapid.SampledFrom([]string{`{}`, filledKinds, `{"Rows": [null, {"What": "b", "Parts": null}], "Home": null}`, `{"Kind": "a", "List": []}`}).Draw(r, "data"))
		values := url.Values{}
		for _, field := range rapid.SliceOfDistinct(rapid.SampledFrom(fields), rapid.ID).Draw(r, "fields") {
			values["field."+field] = rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(texts), rapid.String()), 1, 3).Draw(r, field)
		}
		before, err := json.Marshal(s.Data)
		if err != nil {
			r.Fatal(err)
		}
		operations, _ := f.Read(s, "page", values)
		for _, o := range operations {
			if !bound.MatchString(o.Path) || o.Op != "add" && o.Op != "remove" {
				r.Fatalf("%s %s is none of the page's business", o.Op, o.Path)
			}
		}
		if after, _ := json.Marshal(s.Data); string(after) != string(before) {
			r.Fatalf("the data that were read have changed: %s", after)
		}
		changed, err := apply(s.Data, operations)
		if err != nil {
			r.Fatal(err)
		}
		// What is written may show or hide other fields; in the end it stands still.
		for range 3 {
			s.Data, _ = changed.(map[string]any)
			if operations, _ = f.Read(s, "page", values); len(operations) == 0 {
				return
			}
			if changed, err = apply(s.Data, operations); err != nil {
				r.Fatal(err)
			}
		}
		r.Fatalf("the same post still gives %v", operations)
	})
}

// FuzzForm looks at a form with whatever data, and posts whatever.
func FuzzForm(f *testing.F) {
	f.Add(filledKinds, "field.name=x&field.rows=1&field.what-0=b")
	f.Add(`{"Rows": "none", "Home": [1], "Name": {"a": 1}, "List": {"0": "a"}, "Tags": 5}`, "field.home.address=x&field.what-0=y&field.list=a&field.list=b")
	f.Add(`{"Price": 1e99999999, "Moment": "T", "Day": "2026-05-17T99", "Size": -0.0}`, "field.price=1.000&field.day=1.1.2026&shown.day=&field.size=1")
	f.Add(`null`, "field.price=%2C&field.story=%00&shown.tags=a")
	f.Add(`{"Name": "<script>alert(1)</script>[x](javascript:alert(1))"}`, "field.name=%3Cb%3E")
	made := allKinds(f)
	f.Fuzz(func(t *testing.T, data, query string) {
		s := form.State{Write: true, Language: "nb", Now: now}
		d := json.NewDecoder(strings.NewReader(data))
		d.UseNumber()
		if d.Decode(&s.Data) != nil {
			return
		}
		values, _ := url.ParseQuery(query)
		operations, issues := made.Read(s, "page", values)
		for _, o := range operations {
			if !bound.MatchString(o.Path) {
				t.Errorf("%s %s", o.Op, o.Path)
			}
		}
		v, _ := made.View(s, "page", form.Entry{Values: values, Issues: issues, Show: form.ShowAll})
		eachComponent(v.Components, func(c form.Component) {
			if strings.Contains(string(c.Label+c.Description), "<script") || strings.Contains(string(c.Label), `"javascript:`) {
				t.Errorf("%s is shown as %s", c.ID, c.Label)
			}
		})
		v, _ = made.View(s, "page", form.Entry{})
		if operations, issues := made.Read(s, "page", posted(v)); len(operations)+len(issues) > 0 {
			t.Errorf("what was shown gives %v, %v", operations, issues)
		}
		made.Answers(s)
		_, _ = made.AddRow(s, "rows")
		_, _ = made.RemoveRow(s, "rows", 0)
	})
}
