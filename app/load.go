package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/stafett/stafett/app/model"
	"github.com/stafett/stafett/app/process"
)

// maxFile bounds one file of an application, in bytes.
const maxFile = 8 << 20

// The files that every application has.
const (
	metadataFile = "config/applicationmetadata.json"
	processFile  = "config/process/process.bpmn"
	policyFile   = "config/authorization/policy.xml"
)

type loader struct {
	fsys   fs.FS
	faults faults
	folder *Folder
}

func (l *loader) read() {
	f := l.folder
	f.Root = "."
	if !l.exists("config") && l.exists("App/config") {
		f.Root = "App"
	}
	if !l.exists(l.path("config")) {
		l.faults.addf(".", "name the folder that holds config/ or App/config/", "there is no folder config, so this is no Altinn application")
		return
	}
	l.metadata()
	l.process()
	l.policy()
	l.texts()
	l.models()
	l.options()
	l.layouts()
	l.hooks()
	l.crossCheck()
}

// path gives a file's path in the file system.
func (l *loader) path(name string) string { return path.Join(l.folder.Root, name) }

func (l *loader) exists(name string) bool {
	_, err := fs.Stat(l.fsys, name)
	return err == nil
}

// file reads a file; false means that it is not there or cannot be read. A
// missing file is a fault only with a remedy.
func (l *loader) file(name, remedy string) ([]byte, bool) {
	data, err := readFile(l.fsys, l.path(name))
	switch {
	case err == nil:
		return data, true
	case !errors.Is(err, fs.ErrNotExist):
		l.faults.add(l.path(name), "the file cannot be read", "", err)
	case remedy != "":
		l.faults.add(l.path(name), "the file is missing", remedy, nil)
	}
	return nil, false
}

func readFile(fsys fs.FS, name string) ([]byte, error) {
	file, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("it is larger than %d MiB", maxFile>>20)
	}
	return data, nil
}

// list returns the names of the files in a folder that end in suffix, without
// it, sorted.
func (l *loader) list(folder, suffix string) []string {
	entries, err := fs.ReadDir(l.fsys, l.path(folder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.faults.add(l.path(folder), "the folder cannot be read", "", err)
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), suffix); ok && !e.IsDir() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (l *loader) metadata() {
	data, ok := l.file(metadataFile, "add it, as every application has one; see the field list at docs.altinn.studio, application metadata")
	if !ok {
		return
	}
	m, err := ParseMetadata(data)
	if err != nil {
		l.faults.add(l.path(metadataFile), "the metadata is not right", "", err)
		return
	}
	f := l.folder
	f.Metadata, f.MetadataJSON = m, standardJSON(data)
	f.ID, f.Org = m.ID, m.Org
	_, f.Name, _ = strings.Cut(m.ID, "/")
}

func (l *loader) process() {
	data, ok := l.file(processFile, "add it, as every application has one; the smallest is a start event, a data task and an end event")
	if !ok {
		return
	}
	p, err := process.Parse(data)
	if err != nil {
		l.faults.add(l.path(processFile), "the process is not right", "", err)
		return
	}
	l.folder.Process, l.folder.ProcessXML = p, data
}

func (l *loader) policy() {
	data, ok := l.file(policyFile, "take the one of Altinn's application template; without a policy nobody may do anything")
	if !ok {
		return
	}
	p, err := l.folder.ParsePolicy(data)
	if err != nil {
		l.faults.add(l.path(policyFile), "the policy is not right", "", err)
		return
	}
	l.folder.Policy, l.folder.PolicyXML = p, data
}

func (l *loader) texts() {
	l.folder.Texts = map[string]Texts{}
	for _, name := range l.list("config/texts", ".json") {
		language, ok := strings.CutPrefix(name, "resource.")
		if !ok {
			continue
		}
		file := "config/texts/" + name + ".json"
		if texts, ok := parsed(l, file, "the JSON is not right", ParseTexts); ok {
			texts.Language = language
			l.folder.Texts[language] = texts
		}
	}
}

func (l *loader) models() {
	f := l.folder
	f.Models, f.ModelsJSON = map[string]*model.Schema{}, map[string][]byte{}
	f.Prefill, f.ValidationJSON = map[string][]byte{}, map[string][]byte{}
	for _, t := range f.Metadata.DataTypes {
		if !t.IsFormData() {
			continue
		}
		if data, ok := l.file("models/"+t.ID+".prefill.json", ""); ok {
			f.Prefill[t.ID] = bytes.TrimPrefix(data, []byte("\ufeff"))
		}
		if data, ok := l.file("models/"+t.ID+".validation.json", ""); ok {
			f.ValidationJSON[t.ID] = bytes.TrimPrefix(data, []byte("\ufeff"))
		}
		file := l.schemaFile(t)
		data, ok := l.file(file, fmt.Sprintf("add it, since the data type %q in %s has a class", t.ID, l.path(metadataFile)))
		if !ok {
			continue
		}
		schema, err := model.ParseSchema(data)
		switch {
		case err != nil:
			l.faults.add(l.path(file), "the data model is not right", "", err)
		case schema.Root() == "":
			l.faults.addf(l.path(file), `add "@xsdRootElement" with the name of the root element in the form's XML`, "the data model does not name its root")
		default:
			f.Models[t.ID], f.ModelsJSON[t.ID] = schema, bytes.TrimPrefix(data, []byte("\ufeff"))
		}
	}
}

// schemaFile returns the file of a data type's model: named after the data
// type, or as the metadata says.
func (l *loader) schemaFile(t DataType) string {
	file := "models/" + t.ID + ".schema.json"
	if ref := path.Base(t.AppLogic.SchemaRef); t.AppLogic.SchemaRef != "" && !l.exists(l.path(file)) {
		return "models/" + ref
	}
	return file
}

func (l *loader) options() {
	l.folder.Options = map[string][]Option{}
	for _, name := range l.list("options", ".json") {
		if options, ok := parsed(l, "options/"+name+".json", "the JSON is not right", ParseOptions); ok {
			l.folder.Options[name] = options
		}
	}
}

// hooks looks for C# code of the application's own.
func (l *loader) hooks() {
	err := fs.WalkDir(l.fsys, l.folder.Root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{"bin", "obj", "models", "node_modules", "wwwroot", ".git"}, d.Name()):
			return fs.SkipDir
		case !d.IsDir() && path.Ext(name) == ".cs" && path.Base(name) != "Program.cs":
			l.folder.HasHooks = true
			return fs.SkipAll
		}
		return nil
	})
	if err != nil {
		l.faults.add(l.folder.Root, "the folder cannot be searched for code", "", err)
	}
}
