package form_test

import (
	"errors"
	"testing"

	"github.com/stafett/stafett/local/web/form"
)

func TestRowsComeAndGo(t *testing.T) {
	t.Parallel()
	f := allKinds(t)
	type change func(form.State) ([]form.Operation, error)
	add := func(group string) change {
		return func(s form.State) ([]form.Operation, error) { return f.AddRow(s, group) }
	}
	remove := func(group string, index int) change {
		return func(s form.State) ([]form.Operation, error) { return f.RemoveRow(s, group, index) }
	}
	const two = `{"Rows": [{"What": "a"}, {"What": "b", "Parts": [{"Name": "c"}]}]}`
	tests := map[string]struct {
		data string
		do   change
		want string // empty: refused
	}{
		"add":                            {two, add("rows"), "add /Rows/2 {}"},
		"add inside a row":               {two, add("parts-1"), "add /Rows/1/Parts/1 {}"},
		"add the first inside a row":     {two, add("parts-0"), "add /Rows/0/Parts []\nadd /Rows/0/Parts/0 {}"},
		"add beside one that is not yet": {`{}`, add("rows"), "add /Rows []\nadd /Rows/0 {}\nadd /Rows/1 {}"},
		"add to no data":                 {`null`, add("rows"), "add /Rows []\nadd /Rows/0 {}\nadd /Rows/1 {}"},
		"add too many":                   {`{"Rows": [{}, {}, {}]}`, add("rows"), ""},
		"add to what is no group":        {two, add("name"), ""},
		"add to a row that is not there": {two, add("parts-9"), ""},
		"remove":                         {two, remove("rows", 1), "test /Rows/1 {\"Parts\":[{\"Name\":\"c\"}],\"What\":\"b\"}\nremove /Rows/1"},
		"remove inside a row":            {two, remove("parts-1", 0), "test /Rows/1/Parts/0 {\"Name\":\"c\"}\nremove /Rows/1/Parts/0"},
		"remove the last that must be":   {`{"Rows": [{}]}`, remove("rows", 0), ""},
		"remove one that is not there":   {two, remove("rows", 2), ""},
		"remove one before the first":    {two, remove("rows", -1), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			operations, err := tt.do(state(t, tt.data))
			if got := patchText(t, operations); got != tt.want || (err != nil) != (tt.want == "") || err != nil && !errors.Is(err, form.ErrRows) {
				t.Errorf("got %q, %v", got, err)
			}
			s := state(t, tt.data)
			s.Write = false
			if _, err := tt.do(s); !errors.Is(err, form.ErrRows) {
				t.Errorf("a form that cannot be written: %v", err)
			}
		})
	}
}

func TestLayoutSaysWhoMayAddAndRemove(t *testing.T) {
	t.Parallel()
	f := read(t, made(t, `[{"id": "rows", "type": "Group", "children": ["what"], "maxCount": 5, "dataModelBindings": {"group": "Rows"},
		"edit": {"addButton": false, "deleteButton": ["equals", ["dataModel", "Name"], "yes"]}},
		{"id": "what", "type": "Input", "dataModelBindings": {"simpleBinding": "Rows.What"}}]`, file(t, "kinds.schema.json")))
	for data, may := range map[string]bool{`{"Rows": [{}]}`: false, `{"Rows": [{}], "Name": "yes"}`: true} {
		s := state(t, data)
		v, _ := f.View(s, "page", form.Entry{})
		if c := find(t, v, "rows"); c.CanAdd || c.CanRemove != may {
			t.Errorf("%s: add %t, remove %t", data, c.CanAdd, c.CanRemove)
		}
		if _, err := f.AddRow(s, "rows"); err == nil {
			t.Error("a row was added")
		}
		if _, err := f.RemoveRow(s, "rows", 0); (err == nil) != may {
			t.Errorf("%s: remove = %v", data, err)
		}
	}
}
