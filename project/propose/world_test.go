package propose_test

import (
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/model"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/project"
	"github.com/stafett/stafett/project/propose"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// today is a day in Norway that is still the day before in UTC.
var today = time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC)

// tb is what a test and a property have in common.
type tb interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func example(t tb, name string) *app.Folder {
	t.Helper()
	files, err := fs.Sub(examples.Files(), name)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := app.LoadFS(files)
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// object is a JSON object.
type object = map[string]any

// base is the folder whose process and policy all others have; reading them takes time.
var base = sync.OnceValues(func() (*app.Folder, error) {
	files, err := fs.Sub(examples.Files(), examples.ReceivingApp)
	if err != nil {
		return nil, err
	}
	return app.LoadFS(files)
})

// application makes a folder with a form of these fields (the properties of a JSON
// Schema; nil = no form) and further data types; its process and policy are those
// of an example.
func application(t tb, id string, fields object, types ...object) *app.Folder {
	t.Helper()
	example, err := base()
	if err != nil {
		t.Fatal(err)
	}
	encode := func(value any) []byte {
		data, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if fields != nil {
		types = append([]object{{
			"id": "form", "taskId": "Task_1", "allowedContentTypes": []string{"application/xml"}, "maxCount": 1,
			"appLogic": object{"autoCreate": true, "classRef": "Form"},
		}}, types...)
	} else {
		fields = object{"A": object{"type": "string"}}
	}
	folder := *example
	folder.ID, folder.Models = id, map[string]*model.Schema{}
	folder.Org, folder.Name, _ = strings.Cut(id, "/")
	if folder.Metadata, err = app.ParseMetadata(encode(object{"id": id, "org": folder.Org, "dataTypes": types})); err != nil {
		t.Fatal(err)
	}
	for _, dataType := range folder.Metadata.DataTypes {
		if !dataType.IsFormData() {
			continue
		}
		schema := encode(object{"@xsdRootElement": "Form", "type": "object", "properties": fields})
		if folder.Models[dataType.ID], err = model.ParseSchema(schema); err != nil {
			t.Fatal(err)
		}
	}
	return &folder
}

func input(original, receiving *app.Folder) propose.Input {
	return propose.Input{
		Original:           propose.Application{Folder: original, Path: "form"},
		Receiving:          propose.Application{Folder: receiving, Path: "../inbox"},
		OrganisationNumber: propose.Choice{Value: "313547264"},
		Since:              today,
	}
}

func proposal(t tb, original, receiving *app.Folder) *propose.Proposal {
	t.Helper()
	p, err := propose.New(input(original, receiving))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// check demands that the file can be read and that what is active in it fits both
// applications. Policies and owners may still have to be prepared.
func check(t tb, p *propose.Proposal, original, receiving *app.Folder) *project.Project {
	t.Helper()
	read, err := project.Parse("stafett.yaml", p.YAML())
	if err != nil {
		t.Fatalf("%v\n%s", err, p.YAML())
	}
	err = handover.Check(read.Handovers[0], original, receiving)
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return read
	}
	for _, fault := range joined.Unwrap() {
		var told *handover.Fault
		if !errors.As(fault, &told) || told.Subject != handover.AboutOriginalPolicy && told.Subject != handover.AboutReceivingPolicy && told.Subject != handover.AboutRecipients {
			t.Fatalf("%v\n%s", fault, p.YAML())
		}
	}
	return read
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("the file is not that of %s (go test -update writes it anew):\n%s", path, got)
	}
}
