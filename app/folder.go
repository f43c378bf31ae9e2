// Package app reads an Altinn application as it lies in its folder: metadata,
// process, policy, texts, data models and layouts.
//
// It reads configuration only and runs nothing. The sub-packages hold what can
// be evaluated: policy, process, expression and model.
package app

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/stafett/stafett/app/model"
	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/app/process"
)

// Folder is an application folder that has been read and checked. It is
// read-only and safe for concurrent use.
type Folder struct {
	Dir  string // as given to Load; empty after LoadFS
	Root string // "." or "App": where config/ lies below Dir
	ID   string // "{org}/{app}"
	Org  string // owner's code, such as "ttd"
	Name string // the application's name, such as "dispensation"

	Metadata Metadata
	Process  *process.Process
	Policy   *policy.Policy

	MetadataJSON []byte // config/applicationmetadata.json without byte order mark and trailing commas
	ProcessXML   []byte // config/process/process.bpmn
	PolicyXML    []byte // config/authorization/policy.xml, as written

	LayoutSetsJSON []byte            // ui/layout-sets.json without byte order mark; nil if there is none
	ModelsJSON     map[string][]byte // models/*.schema.json by data type id, without byte order mark
	ValidationJSON map[string][]byte // models/*.validation.json by data type id, without byte order mark

	Texts      map[string]Texts         // by language
	LayoutSets []LayoutSet              // in the order of layout-sets.json, or by folder name
	Models     map[string]*model.Schema // by data type id
	Options    map[string][]Option      // by option list id (options/*.json)
	Prefill    map[string][]byte        // by data type id (models/*.prefill.json), as written

	// HasHooks tells that there is C# code besides Program.cs and the classes
	// of the data models: the application may do more than its configuration
	// says.
	HasHooks bool
}

// Load reads the application in dir, which holds config/ or App/config/. The
// error joins everything that is wrong, as [*Fault].
func Load(dir string) (*Folder, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("read application: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("read application: %s is no folder", dir)
	}
	f, err := load(os.DirFS(dir), dir)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// LoadFS is Load for a file system.
func LoadFS(fsys fs.FS) (*Folder, error) { return load(fsys, "") }

func load(fsys fs.FS, dir string) (*Folder, error) {
	l := &loader{fsys: fsys, faults: faults{dir: dir}, folder: &Folder{Dir: dir}}
	l.read()
	if len(l.faults.list) > 0 {
		return nil, errors.Join(l.faults.list...)
	}
	return l.folder, nil
}

// ParsePolicy reads a policy of the application. [ORG] and [APP] in it, also in
// lower case, stand for the application's own: Altinn Studio puts them in when it
// deploys.
func (f *Folder) ParsePolicy(file []byte) (*policy.Policy, error) {
	if f.ID != "" {
		for placeholder, own := range map[string]string{"[ORG]": f.Org, "[org]": f.Org, "[APP]": f.Name, "[app]": f.Name} {
			file = bytes.ReplaceAll(file, []byte(placeholder), []byte(own))
		}
	}
	return policy.Parse(file)
}

// LayoutSet returns the layout set that a task shows.
func (f *Folder) LayoutSet(taskID string) (LayoutSet, bool) {
	for _, s := range f.LayoutSets {
		for _, t := range s.Tasks {
			if t == taskID {
				return s, true
			}
		}
	}
	return LayoutSet{}, false
}
