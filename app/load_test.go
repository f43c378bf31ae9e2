package app_test

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/policy"
)

// files returns a copy of the example application that a test may change.
func files(t testing.TB) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	source := os.DirFS("testdata/app")
	err := fs.WalkDir(source, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(source, name)
		out[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestLoad(t *testing.T) {
	t.Parallel()
	f, err := app.Load("testdata/app")
	if err != nil {
		t.Fatal(err)
	}
	if f.Dir != "testdata/app" || f.Root != "." || f.ID != "fts/prove" || f.Org != "fts" || f.Name != "prove" || f.HasHooks {
		t.Errorf("folder = %q %q %q %q %q %t", f.Dir, f.Root, f.ID, f.Org, f.Name, f.HasHooks)
	}
	if f.Process.Start() != "StartEvent_1" || len(f.Policy.Rules) != 1 || f.Metadata.Title["nb"] != "Prøve" {
		t.Errorf("process starts at %q, %d rules, title %q", f.Process.Start(), len(f.Policy.Rules), f.Metadata.Title)
	}
	for name, data := range map[string][]byte{"metadata": f.MetadataJSON, "process": f.ProcessXML, "policy": f.PolicyXML, "prefill": f.Prefill["skjema"]} {
		if len(data) == 0 || data[0] != '{' && data[0] != '<' {
			t.Errorf("%s = %.20q", name, data)
		}
	}
	if got := slices.Sorted(maps.Keys(f.Texts)); !slices.Equal(got, []string{"nb", "nn"}) {
		t.Errorf("languages = %q", got)
	}
	text, ok := f.Texts["nb"].Get("side1.tittel")
	if !ok || text.Value != "Hei {0}" || text.Variables[0].Key != "Navn" || text.Variables[0].DataSource != "dataModel.default" {
		t.Errorf("text = %+v, %t", text, ok)
	}
	if _, ok := f.Texts["nb"].Get("finnes.ikke"); ok {
		t.Error("found a text that is not there")
	}
	if field, ok := f.Models["skjema"].Field("navn"); !ok || field.Name != "Navn" || f.Models["skjema"].Root() != "skjema" {
		t.Errorf("field = %+v, root %q", field, f.Models["skjema"].Root())
	}
	if o := f.Options["farger"]; len(o) != 2 || o[0] != (app.Option{Value: "r", Label: "farger.r"}) || o[1].Value != 2.0 {
		t.Errorf("options = %+v", o)
	}
}

func TestLayouts(t *testing.T) {
	t.Parallel()
	f, err := app.Load("testdata/app")
	if err != nil {
		t.Fatal(err)
	}
	set, ok := f.LayoutSet("Task_1")
	if !ok || set.ID != "form" || set.DataType != "skjema" || len(set.Pages) != 2 || set.Pages[0].Name != "Side2" || set.Pages[1].Name != "Side1" {
		t.Fatalf("layout set = %+v, %t", set, ok)
	}
	if string(set.Pages[0].Hidden) != `["equals", ["dataModel", "Navn"], null]` || set.Pages[1].Hidden != nil {
		t.Errorf("hidden = %s, %s", set.Pages[0].Hidden, set.Pages[1].Hidden)
	}
	navn, farge, kart := set.Pages[1].Components[0], set.Pages[1].Components[1], set.Pages[0].Components[0]
	if navn.ID != "navn" || navn.Type != "Input" || navn.DataModelBinding["simpleBinding"] != "Navn" || string(navn.TextBindings["title"]) != `"side1.tittel"` || string(navn.Required) != "true" {
		t.Errorf("component = %+v", navn)
	}
	if farge.DataModelBinding["simpleBinding"] != "Farge" || farge.OptionsID != "farger" || !strings.Contains(string(farge.Raw), `"layout": "row"`) {
		t.Errorf("component = %+v", farge)
	}
	if kart.MinFiles != 1 || kart.MaxFiles != 3 || len(kart.Options) != 0 {
		t.Errorf("component = %+v", kart)
	}
	if _, ok := f.LayoutSet("Task_2"); ok {
		t.Error("Task_2 has a layout set")
	}
}

func TestOtherPlacesOfLayouts(t *testing.T) {
	t.Parallel()
	tests := map[string]func(fstest.MapFS){
		"a folder for each task": func(files fstest.MapFS) { move(files, "ui/form/", "ui/Task_1/") },
		"directly below ui":      func(files fstest.MapFS) { move(files, "ui/form/", "ui/") },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := files(t)
			delete(files, "ui/layout-sets.json")
			change(files)
			f, err := app.LoadFS(files)
			if err != nil {
				t.Fatal(err)
			}
			if set, ok := f.LayoutSet("Task_1"); !ok || set.DataType != "skjema" || len(set.Pages) != 2 {
				t.Errorf("layout set = %+v, %t", set, ok)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		files := files(t)
		maps.DeleteFunc(files, func(name string, _ *fstest.MapFile) bool { return strings.HasPrefix(name, "ui/") })
		if f, err := app.LoadFS(files); err != nil || f.LayoutSets != nil {
			t.Errorf("layout sets = %+v, %v", f, err)
		}
	})
	t.Run("settings of a subform", func(t *testing.T) {
		t.Parallel()
		files := files(t)
		delete(files, "ui/layout-sets.json")
		move(files, "ui/form/", "ui/underskjema/")
		put(files, "ui/underskjema/Settings.json", `{"defaultDataType": "skjema", "pages": {"groups": [{"order": ["Side1"]}]}}`)
		f, err := app.LoadFS(files)
		if err != nil {
			t.Fatal(err)
		}
		if set := f.LayoutSets[0]; set.ID != "underskjema" || set.DataType != "skjema" || set.Tasks != nil || len(set.Pages) != 1 {
			t.Errorf("layout set = %+v", set)
		}
	})
}

func TestPolicyPlaceholders(t *testing.T) {
	t.Parallel()
	files := files(t)
	const name = "config/authorization/policy.xml"
	written := strings.ReplaceAll(string(files[name].Data), ">fts<", ">[ORG]<")
	put(files, name, written)
	f, err := app.LoadFS(files)
	if err != nil {
		t.Fatal(err)
	}
	if string(f.PolicyXML) != written {
		t.Error("the policy is not as written")
	}
	owner := policy.Request{Subject: []policy.Attribute{{ID: policy.AttributeOrg, Value: "fts"}}}
	if got := f.Policy.Evaluate(owner).Result; got != policy.Permit {
		t.Errorf("the owner gets %s", got)
	}
}

func move(files fstest.MapFS, from, to string) {
	for name, file := range maps.Clone(files) {
		if rest, ok := strings.CutPrefix(name, from); ok {
			delete(files, name)
			files[to+rest] = file
		}
	}
}

func put(files fstest.MapFS, name, text string) { files[name] = &fstest.MapFile{Data: []byte(text)} }

func TestAppSubfolder(t *testing.T) {
	t.Parallel()
	files := files(t)
	move(files, "", "App/")
	f, err := app.LoadFS(files)
	if err != nil || f.Root != "App" || f.ID != "fts/prove" || len(f.LayoutSets) != 1 {
		t.Fatalf("folder = %+v, %v", f, err)
	}
	delete(files, "App/config/authorization/policy.xml")
	if _, err := app.LoadFS(files); err == nil || !strings.Contains(err.Error(), "App/config/authorization/policy.xml: the file is missing") {
		t.Errorf("error = %v", err)
	}
}

func TestHooks(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]bool{
		"Program.cs": false, "models/skjema.cs": false, "obj/Debug/x.cs": false, "bin/x.cs": false, "logic/Overlevering.cs": true, "Hook.cs": true,
	} {
		files := files(t)
		put(files, file, "class X {}")
		if f, err := app.LoadFS(files); err != nil || f.HasHooks != want {
			t.Errorf("%s: hooks %+v, %v", file, f, err)
		}
	}
}

// Each case changes one file; every problem is said with the file and what to do.
func TestFaults(t *testing.T) {
	t.Parallel()
	const (
		metadata = "config/applicationmetadata.json"
		bpmn     = "config/process/process.bpmn"
	)
	replace := func(file, from, to string) func(fstest.MapFS) {
		return func(files fstest.MapFS) {
			before := string(files[file].Data)
			after := strings.Replace(before, from, to, 1)
			if before == after {
				panic(file + " has no " + from)
			}
			put(files, file, after)
		}
	}
	remove := func(file string) func(fstest.MapFS) { return func(files fstest.MapFS) { delete(files, file) } }
	write := func(file, text string) func(fstest.MapFS) { return func(files fstest.MapFS) { put(files, file, text) } }
	tests := map[string]struct {
		change func(fstest.MapFS)
		want   []string
	}{
		"no application":                {func(files fstest.MapFS) { clear(files) }, []string{"there is no folder config"}},
		"no metadata":                   {remove(metadata), []string{metadata + ": the file is missing", "add it, as every application has one"}},
		"no process":                    {remove(bpmn), []string{bpmn + ": the file is missing"}},
		"no policy":                     {remove("config/authorization/policy.xml"), []string{"policy.xml: the file is missing", "nobody may do anything"}},
		"wrong metadata":                {write(metadata, "{"), []string{metadata + ": the metadata is not right: line 1: "}},
		"wrong process":                 {write(bpmn, "<x/>"), []string{bpmn + ": the process is not right: line 1: "}},
		"wrong policy":                  {write("config/authorization/policy.xml", ""), []string{"policy.xml: the policy is not right: read XML: the document is empty"}},
		"wrong text":                    {write("config/texts/resource.nn.json", `{"resources": 5}`), []string{`config/texts/resource.nn.json: the JSON is not right: line 1: "resources" is a JSON number`}},
		"data type of another task":     {replace(metadata, `"taskId": "Task_1"`, `"taskId": "Task_9"`), []string{metadata + `: the data type "skjema" belongs to the task "Task_9"`, "Name one of Task_1, Task_2."}},
		"no data model":                 {remove("models/skjema.schema.json"), []string{"models/skjema.schema.json: the file is missing", `since the data type "skjema"`}},
		"wrong data model":              {write("models/skjema.schema.json", "{}"), []string{"models/skjema.schema.json: the data model is not right"}},
		"a model without a name":        {write("models/skjema.schema.json", `{"properties": {"Navn": {"type": "string"}}}`), []string{"the data model does not name its root", `add "@xsdRootElement"`}},
		"wrong options":                 {write("options/farger.json", `{}`), []string{"options/farger.json: the JSON is not right: line 1: a JSON object"}},
		"wrong condition":               {replace(bpmn, `["equals", ["gatewayAction"], "reject"]`, `action == reject`), []string{bpmn + `: the condition of the sequence flow "f4" is no expression`, "gatewayAction"}},
		"gateway's data type":           {replace(bpmn, "<altinn:connectedDataTypeId>skjema<", "<altinn:connectedDataTypeId>sak<"), []string{`the gateway "Gateway_1" reads the data type "sak"`}},
		"payment's data type":           {replace(bpmn, "<altinn:taskType>confirmation</altinn:taskType>", "<altinn:taskType>payment</altinn:taskType><altinn:paymentConfig><altinn:paymentDataType>skjema</altinn:paymentDataType><altinn:paymentReceiptPdfDataType>kvittering</altinn:paymentReceiptPdfDataType></altinn:paymentConfig>"), []string{`the task "Task_2" names the data type "kvittering", which is not in the metadata`}},
		"layout set's data type":        {replace("ui/layout-sets.json", `"skjema"`, `"sak"`), []string{`ui/layout-sets.json: the layout set "form" shows the data type "sak"`}},
		"layout set's task":             {replace("ui/layout-sets.json", `"Task_1"`, `"Task_7"`), []string{`the layout set "form" belongs to the task "Task_7"`}},
		"layout set outside":            {replace("ui/layout-sets.json", `"form"`, `"../form"`), []string{`layout set number 1 has the id "../form"`}},
		"a page that is not there":      {remove("ui/form/layouts/Side1.json"), []string{"ui/form/layouts/Side1.json: the file is missing", "take the page off the list"}},
		"a wrong page":                  {write("ui/form/layouts/Side1.json", `{"data": {"layout": [{"id": "x", "children": 5}]}}`), []string{`ui/form/layouts/Side1.json: the layout is not right: component "x"`}},
		"a wrong binding":               {write("ui/form/layouts/Side1.json", `{"data": {"layout": [{"id": "x", "dataModelBindings": {"simpleBinding": 5}}]}}`), []string{`component "x": data model binding "simpleBinding"`}},
		"a component id twice":          {replace("ui/form/layouts/Side1.json", `"navn"`, `"kart"`), []string{`the component id "kart" is already used on the page "Side2"`}},
		"a file that is too large":      {write("models/skjema.prefill.json", strings.Repeat(" ", 8<<20+1)), []string{"models/skjema.prefill.json: the file cannot be read: it is larger than 8 MiB"}},
		"a data type with a strange id": {replace(metadata, `"id": "kart"`, `"id": "../../../kart", "appLogic": {"classRef": "X"}`), []string{`the data type "../../../kart" has a slash in its id`}},
		"several at once": {func(files fstest.MapFS) {
			remove(metadata)(files)
			remove(bpmn)(files)
			write("options/farger.json", "")(files)
		}, []string{metadata + ": the file is missing", bpmn + ": the file is missing", "options/farger.json: the JSON is not right: the file is empty"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := files(t)
			test.change(files)
			f, err := app.LoadFS(files)
			if err == nil {
				t.Fatalf("read %s", f.ID)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q:\n%v", want, err)
				}
			}
			var fault *app.Fault
			if !errors.As(err, &fault) || fault.File == "" || fault.Problem == "" {
				t.Errorf("fault = %+v", fault)
			}
		})
	}
}

func TestLoadNamesTheFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := app.Load(filepath.Join(dir, "mangler")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
	file := filepath.Join(dir, "fil")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := app.Load(file); err == nil || !strings.Contains(err.Error(), "is no folder") {
		t.Errorf("a file: %v", err)
	}
	var fault *app.Fault
	if _, err := app.Load(dir); !errors.As(err, &fault) || fault.Dir != dir || !strings.HasPrefix(err.Error(), dir) {
		t.Errorf("an empty folder: %v", err)
	}
}
