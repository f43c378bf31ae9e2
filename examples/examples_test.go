package examples_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"image/png"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/expression"
	"github.com/stafett/stafett/app/process"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/project"
)

func load(t *testing.T, name string) *app.Folder {
	t.Helper()
	sub, err := fs.Sub(examples.Files(), name)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := app.LoadFS(sub)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return folder
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := fs.ReadFile(examples.Files(), name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestApplications(t *testing.T) {
	t.Parallel()
	original, receiving := load(t, examples.OriginalForm), load(t, examples.ReceivingApp)
	if original.ID != "fts/barmarkskjoring" || receiving.ID != "fts/saksmottak" {
		t.Errorf("ids are %s and %s", original.ID, receiving.ID)
	}
	if p := original.Metadata.PartyTypesAllowed; !p.AllowsPerson() || !p.AllowsOrganisation("AS") {
		t.Error("a person, or an organisation, cannot apply")
	}
	if p := receiving.Metadata.PartyTypesAllowed; p.AllowsPerson() || !p.AllowsOrganisation("ORGL") {
		t.Error("a case must be owned by an organisation, and not by a person")
	}
}

// The settings start as Altinn's guide prints them, and as DESIGN.md shows.
func TestSettingsAreTheGuides(t *testing.T) {
	t.Parallel()
	design, err := os.ReadFile(filepath.Join("..", "DESIGN.md"))
	if err != nil {
		t.Fatal(err)
	}
	indented := regexp.MustCompile(`(?s)      "MaskinportenSettings": \{.*?\n      \}\n`).Find(design)
	if indented == nil {
		t.Fatal("DESIGN.md no longer shows the section")
	}
	section := regexp.MustCompile(`(?m)^ {4}`).ReplaceAll(indented, nil)
	settings := read(t, examples.OriginalForm+"/appsettings.json")
	if !bytes.Contains(settings, section) {
		t.Errorf("appsettings.json of the original form does not hold these bytes:\n%s", section)
	}
	if !bytes.Contains(settings, []byte("//")) || !bytes.Contains(settings, []byte("/*")) {
		t.Error("the file has no comments to keep")
	}
	if bytes.Contains(read(t, examples.ReceivingApp+"/appsettings.json"), []byte("Maskinporten")) {
		t.Error("the receiving application asks for no tokens")
	}
}

func TestFormDataFitsTheModel(t *testing.T) {
	t.Parallel()
	model := load(t, examples.OriginalForm).Models["skjema"]
	var form map[string]any
	dec := json.NewDecoder(bytes.NewReader(read(t, examples.FormData)))
	if err := dec.Decode(&form); err != nil {
		t.Fatal(err)
	}
	for _, issue := range model.Validate(form) {
		t.Errorf("the filled-in form does not fit the model: %v", issue)
	}
	if rows, _ := form["Kjoretoy"].([]any); len(rows) != 2 {
		t.Errorf("the form has %d vehicles, want 2", len(rows))
	}
	text := strings.ToLower(string(read(t, examples.FormData)))
	for _, letter := range "áčđšžøå" {
		if !strings.ContainsRune(text, letter) {
			t.Errorf("the test data lacks the letter %c", letter)
		}
	}
	if regexp.MustCompile(`\b[0-9]{11}\b`).MatchString(text) {
		t.Error("something looks like a national identity number")
	}
	form["Begrunnelse"] = ""
	if len(model.Validate(form)) == 0 {
		t.Error("a form without reasons fits the model")
	}
}

func TestMapFitsItsDataType(t *testing.T) {
	t.Parallel()
	picture := read(t, examples.Map)
	if _, err := png.Decode(bytes.NewReader(picture)); err != nil {
		t.Error(err)
	}
	if len(picture) >= 5<<10 {
		t.Errorf("the map is %d bytes", len(picture))
	}
	kart, ok := load(t, examples.OriginalForm).Metadata.DataType("kart")
	if !ok || !kart.AllowsContentType("image/png") || kart.AllowsContentType("text/html") {
		t.Error("the data type kart does not take PNG files only")
	}
}

// Every text that a page, an option or a label asks for is there in the three
// languages, and no text is left over.
func TestTexts(t *testing.T) {
	t.Parallel()
	for _, name := range []string{examples.OriginalForm, examples.ReceivingApp} {
		folder := load(t, name)
		if got := slices.Sorted(maps.Keys(folder.Texts)); !slices.Equal(got, []string{"en", "nb", "nn"}) {
			t.Errorf("%s has texts in %v", name, got)
		}
		// What the frontend asks for by itself.
		wanted := map[string]bool{"appName": true, "appOwner": true}
		if _, confirms := folder.Process.Task("Task_2"); confirms {
			for _, id := range []string{"confirm.title", "confirm.body", "confirm.button_text", "receipt.title", "receipt.body"} {
				wanted[id] = true
			}
		}
		for _, set := range folder.LayoutSets {
			for _, page := range set.Pages {
				wanted[page.Name] = true
				for _, c := range page.Components {
					for _, raw := range c.TextBindings {
						var id string
						if err := json.Unmarshal(raw, &id); err != nil {
							t.Errorf("%s %s: %v", name, c.ID, err)
						}
						wanted[id] = true
					}
				}
			}
		}
		for _, options := range folder.Options {
			for _, o := range options {
				wanted[o.Label] = true
			}
		}
		for language, texts := range folder.Texts {
			for id := range wanted {
				if text, ok := texts.Get(id); !ok || strings.TrimSpace(text.Value) == "" {
					t.Errorf("%s has no text %q in %s", name, id, language)
				}
			}
			for _, text := range texts.Resources {
				if !wanted[text.ID] {
					t.Errorf("%s: nothing asks for the text %q in %s", name, text.ID, language)
				}
			}
		}
	}
}

// What the pages show is bound to fields that the model has, and every field is
// shown on a page.
func TestPagesShowTheModel(t *testing.T) {
	t.Parallel()
	for name, dataType := range map[string]string{examples.OriginalForm: "skjema", examples.ReceivingApp: "sak"} {
		folder := load(t, name)
		shown := map[string]bool{}
		set, ok := folder.LayoutSet("Task_1")
		if !ok || set.DataType != dataType {
			t.Fatalf("%s: Task_1 shows %q", name, set.DataType)
		}
		ids := map[string]bool{}
		for _, page := range set.Pages {
			for _, c := range page.Components {
				if ids[c.ID] {
					t.Errorf("%s: two components are called %s", name, c.ID)
				}
				ids[c.ID] = true
				for _, path := range c.DataModelBinding {
					shown[path] = true
					if _, ok := folder.Models[dataType].Field(path); !ok {
						t.Errorf("%s %s is bound to %s, which the model lacks", name, c.ID, path)
					}
				}
				if c.OptionsID != "" && len(folder.Options[c.OptionsID]) == 0 {
					t.Errorf("%s %s has no options", name, c.ID)
				}
				for _, raw := range []json.RawMessage{c.Hidden, c.Required} {
					if len(raw) > 0 && raw[0] == '[' {
						if _, err := expression.Parse(raw); err != nil {
							t.Errorf("%s %s: %v", name, c.ID, err)
						}
					}
				}
				if c.Type == "FileUpload" {
					if d, ok := folder.Metadata.DataType(c.ID); !ok || d.IsFormData() {
						t.Errorf("%s: there is no data type for the upload %s", name, c.ID)
					}
				}
			}
		}
		// The title is the heading of the page; the other two are for machines.
		for _, path := range []string{"Sak.Tittel", "Sak.Kilde", "Sak.VilkarBekreftet"} {
			shown[path] = true
		}
		for _, field := range folder.Models[dataType].Fields() {
			if field.Type != "object" && !shown[field.Path] {
				t.Errorf("%s: no page shows %s", name, field.Path)
			}
		}
	}
}

func TestProcesses(t *testing.T) {
	t.Parallel()
	action := func(name any) process.Condition {
		return func(_, text string) (bool, error) {
			e, err := expression.Parse([]byte(text))
			if err != nil {
				return false, err
			}
			gateway, _ := name.(string)
			return e.EvalBool(expression.Context{GatewayAction: gateway}, false)
		}
	}
	original := load(t, examples.OriginalForm).Process
	for _, step := range []struct{ from, action, to string }{
		{original.Start(), "", "Task_1"},
		{"Task_1", "", "Task_2"},
		{"Task_2", "reject", "Task_1"},
		{"Task_2", "confirm", "EndEvent_1"},
	} {
		next, err := original.Next(step.from, action(step.action))
		if err != nil || next.ID != step.to {
			t.Errorf("from %s with %q the process goes to %q (%v), want %s", step.from, step.action, next.ID, err, step.to)
		}
	}
	receiving := load(t, examples.ReceivingApp).Process
	if next, err := receiving.Next("Task_1", nil); err != nil || next.ID != "EndEvent_1" {
		t.Errorf("the case goes from Task_1 to %q (%v)", next.ID, err)
	}
}

func TestWriteTo(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	if err := examples.WriteTo(dir); err != nil {
		t.Fatal(err)
	}
	err := fs.WalkDir(examples.Files(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		written, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
		if err != nil {
			return err
		}
		if !bytes.Equal(written, read(t, path)) {
			t.Errorf("%s differs", path)
		}
		if bytes.ContainsRune(written, '\r') && !strings.HasSuffix(path, ".png") {
			t.Errorf("%s has carriage returns", path)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := project.Load(filepath.Join(dir, examples.ProjectFile)); err != nil {
		t.Error(err)
	}
	if err := examples.WriteTo(dir); !errors.Is(err, fs.ErrExist) {
		t.Errorf("writing over what is there: %v", err)
	}
}
