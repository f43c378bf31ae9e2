package handover_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/project"
)

const (
	documentedProject = `environment: tt02
owner: {org: fts, organisationNumber: "313547264"}
applications: {original: original-form, receiving: receiving-app}
maskinporten: {section: MaskinportenSettings, vault: https://kv-fts-tt02.vault.azure.net}
`
	documentedHandover = `handovers:
  - id: barmarkskjoring-til-saksmottak
    from: fts/barmarkskjoring
    to: fts/saksmottak
`
)

// exampleApp loads an example application after replacing one thing in a file.
func exampleApp(t *testing.T, folder, file, old, replacement string, more ...string) *app.Folder {
	t.Helper()
	sub, err := fs.Sub(examples.Files(), folder)
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{}
	err = fs.WalkDir(sub, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(sub, path)
		fsys[path] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for changes := append([]string{file, old, replacement}, more...); len(changes) > 0; changes = changes[3:] {
		text := string(fsys[changes[0]].Data)
		if !strings.Contains(text, changes[1]) {
			t.Fatalf("%s of %s has no %s", changes[0], folder, changes[1])
		}
		fsys[changes[0]].Data = []byte(strings.Replace(text, changes[1], changes[2], 1))
	}
	f, err := app.LoadFS(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestDocumentedDefinitions compiles every example of docs/definitions.md.
func TestDocumentedDefinitions(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "docs", "definitions.md"))
	if err != nil {
		t.Fatal(err)
	}
	const vehicles = `"Kjoretoy": {"type": "array", "items": {"type": "object", "properties": {
		"Type": {"type": "string"}, "Registreringsnummer": {"type": "string"}, "Vekt": {"type": "number"}}}},`
	from := exampleApp(t, examples.OriginalForm, "models/skjema.schema.json", `"Begrunnelse": {`,
		`"Mottakere": {"type": "array", "items": {"type": "object", "properties": {"Orgnr": {"type": "string"}, "PartId": {"type": "string"}}}}, "Begrunnelse": {`)
	to := exampleApp(t, examples.ReceivingApp, "models/sak.schema.json", `"Behandling": {`, vehicles+`"Behandling": {`,
		"config/applicationmetadata.json", `"person": false`, `"person": true`)

	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1)
	if len(blocks) < 12 {
		t.Errorf("the document has only %d examples", len(blocks))
	}
	for _, block := range blocks {
		example := string(block[1])
		first, _, _ := strings.Cut(example, "\n")
		p, err := project.Parse("stafett.yaml", []byte(documentedIn(example)))
		if err != nil {
			t.Errorf("the example %q: %v", first, err)
			continue
		}
		for _, def := range p.Handovers {
			if _, err := handover.Compile(def, from, to); err != nil {
				t.Errorf("the example %q: %v", first, err)
			}
		}
	}
}

// documentedIn puts an example where it belongs in a project: a section, a list of
// handovers, or some members of one.
func documentedIn(example string) string {
	indented := "    " + strings.ReplaceAll(strings.TrimRight(example, "\n"), "\n", "\n    ") + "\n"
	switch {
	case strings.HasPrefix(example, "service:"), strings.HasPrefix(example, "test:"):
		return documentedProject + example
	case strings.HasPrefix(example, "- id:"):
		return documentedProject + "handovers:\n" + indented
	}
	for member, text := range map[string]string{"since:": "    since: 2026-01-01\n", "recipient:": "    recipient: {partyId: 51000017}\n"} {
		if !strings.Contains("\n"+example, "\n"+member) {
			indented += text
		}
	}
	return documentedProject + documentedHandover + indented
}
