package form_test

import (
	"reflect"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/web/form"
)

// What files a component takes is what its layout and the data type say together.
func TestUpload(t *testing.T) {
	t.Parallel()
	size := 10
	tests := map[string]struct {
		component string
		dataType  app.DataType
		want      form.Upload
	}{
		"layout only": {`"maxFileSizeInMB": 2.5, "minNumberOfAttachments": 1, "maxNumberOfAttachments": 3, "hasCustomFileEndings": true, "validFileEndings": [".pdf", ".png"]`,
			app.DataType{}, form.Upload{Accept: ".pdf,.png", Endings: []string{".pdf", ".png"}, MaxBytes: 2621440, MinCount: 1, MaxCount: 3}},
		"endings that do not count": {`"validFileEndings": ".pdf"`, app.DataType{}, form.Upload{}},
		"data type only": {``, app.DataType{AllowedContentTypes: []string{"image/png", "application/pdf"}, MaxSize: &size, MaxCount: 4},
			form.Upload{Accept: "image/png,application/pdf", ContentTypes: []string{"image/png", "application/pdf"}, MaxBytes: 10 << 20, MaxCount: 4}},
		"the stricter of both": {`"maxFileSizeInMB": 20, "maxNumberOfAttachments": 2`, app.DataType{MaxSize: &size, MaxCount: 4},
			form.Upload{MaxBytes: 10 << 20, MaxCount: 2}},
		"any content": {``, app.DataType{AllowedContentTypes: []string{"application/octet-stream"}}, form.Upload{ContentTypes: []string{"application/octet-stream"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			component := `[{"id": "files", "type": "FileUpload"`
			if tt.component != "" {
				component += ", " + tt.component
			}
			source := made(t, component+`}]`, file(t, "kinds.schema.json"))
			tt.dataType.ID, tt.want.DataType = "files", "files"
			source.DataTypes = []app.DataType{{ID: "other"}, tt.dataType}
			v, _ := read(t, source).View(state(t, `{}`), "page", form.Entry{})
			if got := v.Components[0].Upload; !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestRoomForFiles(t *testing.T) {
	t.Parallel()
	f := allKinds(t)
	two := []form.File{{ID: "1", DataType: "files", Name: "a.pdf"}, {ID: "2", DataType: "files", Name: "b.pdf"}}
	for n, want := range []bool{true, true, false} {
		s := state(t, `{}`)
		s.Files = two[:n]
		v, _ := f.View(s, "page", form.Entry{})
		if c := find(t, v, "files"); c.CanUpload != want || len(c.Files) != n {
			t.Errorf("%d files: %+v", n, c)
		}
	}
	s := state(t, `{}`)
	s.Files = append(two, form.File{DataType: "files"})
	for _, i := range f.Validate(s) {
		if i.Component == "files" && i.Text != "Slett filer under «Files». Det kan være høyst 2." {
			t.Errorf("%+v", i)
		}
	}
}

// A component that is bound to the form, as one in a row must be, has only the
// files that the form names.
func TestFilesOfARow(t *testing.T) {
	t.Parallel()
	f := read(t, made(t, `[{"id": "rows", "type": "RepeatingGroup", "children": ["files"], "dataModelBindings": {"group": "Rows"}},
		{"id": "files", "type": "FileUpload", "maxNumberOfAttachments": 1, "dataModelBindings": {"simpleBinding": "Rows.What"}}]`, file(t, "kinds.schema.json")))
	s := state(t, `{"Rows": [{"What": "2"}, {}]}`)
	s.Files = []form.File{{ID: "1", DataType: "files"}, {ID: "2", DataType: "files"}}
	v, _ := f.View(s, "page", form.Entry{})
	if c := find(t, v, "files-0"); len(c.Files) != 1 || c.Files[0].ID != "2" {
		t.Errorf("the first row has %+v", c.Files)
	}
	if c := find(t, v, "files-1"); len(c.Files) != 0 {
		t.Errorf("the second row has %+v", c.Files)
	}
}

// The form names the files of a component that is bound to it.
func TestAttachAndDetach(t *testing.T) {
	t.Parallel()
	f := read(t, made(t, `[{"id": "rows", "type": "RepeatingGroup", "children": ["one"], "dataModelBindings": {"group": "Rows"}},
		{"id": "one", "type": "FileUpload", "dataModelBindings": {"simpleBinding": "Rows.What"}},
		{"id": "many", "type": "FileUpload", "dataModelBindings": {"list": "List"}}, {"id": "free", "type": "FileUpload"}]`, file(t, "kinds.schema.json")))
	const data = `{"Rows": [{"What": "old"}], "List": ["a", "b"]}`
	tests := []struct {
		component, attach, detach string // patches for the file "b"
	}{
		{"one-0", `add /Rows/0/What "b"`, ""},
		{"one-1", "", ""},
		{"many", `add /List ["a","b","b"]`, `add /List ["a"]`},
		{"free", "", ""},
	}
	for _, tt := range tests {
		s := state(t, data)
		if got := patchText(t, f.Attach(s, tt.component, "b")); got != tt.attach {
			t.Errorf("attach to %s: %s", tt.component, got)
		}
		if got := patchText(t, f.Detach(s, tt.component, "b")); got != tt.detach {
			t.Errorf("detach from %s: %s", tt.component, got)
		}
	}
	if got := patchText(t, f.Detach(state(t, data), "one-0", "old")); got != "remove /Rows/0/What" {
		t.Errorf("detach the only one: %s", got)
	}
	if got := patchText(t, f.Attach(state(t, `{}`), "many", "a")); got != `add /List ["a"]` {
		t.Errorf("attach the first: %s", got)
	}
}
