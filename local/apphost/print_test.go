package apphost

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local/apphost/pdf"
	"github.com/stafett/stafett/local/storage"
)

// examplePrinter prints the filled-in form of the examples.
func examplePrinter(t *testing.T, language string) *formPrinter {
	t.Helper()
	folder := exampleFolder(t, examples.OriginalForm)
	content, err := fs.ReadFile(examples.Files(), examples.FormData)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parseJSON(folder.Models["skjema"], content)
	if err != nil {
		t.Fatal(err)
	}
	set, _ := folder.LayoutSet("Task_1")
	p := newFormPrinter(folder, storage.Instance{ID: "1/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11", Data: []storage.DataElement{
		{DataType: "skjema"}, {DataType: "kart", Filename: "kárta.png"}, {DataType: "annet", Filename: "brev.pdf"},
		{DataType: app.PDFDataType, Filename: "gammel.pdf"},
	}}, language)
	p.layout, p.schema, p.form = set, folder.Models["skjema"], f
	p.shown["skjema"] = true
	return p
}

// blocksText writes blocks one per line, for comparing.
func blocksText(blocks []pdf.Block) string {
	var out strings.Builder
	for _, b := range blocks {
		switch b := b.(type) {
		case pdf.Heading:
			fmt.Fprintln(&out, strings.Repeat("#", b.Level), b.Text)
		case pdf.Fact:
			fmt.Fprintf(&out, "%s: %s\n", b.Label, b.Value)
		case pdf.Paragraph:
			fmt.Fprintln(&out, b.Text)
		case pdf.Table:
			fmt.Fprintln(&out, strings.Join(b.Columns, " | "))
			for _, row := range b.Rows {
				fmt.Fprintln(&out, strings.Join(row, " | "))
			}
		case pdf.List:
			fmt.Fprintln(&out, "-", strings.Join(b.Items, "\n- "))
		}
	}
	return out.String()
}

func TestPrintedForm(t *testing.T) {
	t.Parallel()
	for language, wants := range map[string][]string{
		"nb": {
			"# Søker\n## Hvem søker?\n", "Navn: Máret Čáhppe Eksempel\n", "Hva er formålet?: Vedlikeholde bygning eller anlegg\n",
			"Første dag: 05.07.2027\n", "Antall turer: 4\n",
			"## Hva vil du kjøre med?\n### Kjøretøy\nType | Registreringsnummer | Egenvekt i kilo\nFirehjuling (ATV) | QQ 1001 | 412,5\nBeltevogn |  | 1850\n",
			"Kart med ruta tegnet inn: kárta.png\n", "Bekreftelse: Jeg har lest vilkårene og kjører slik de krever\n",
			"# Vedlegg\n- brev.pdf\n",
		},
		"en": {"| 412.5\n", "# Attachments\n- brev.pdf\n"},
		"nn": {"Kommune: Kárášjohka – Karasjok\n"},
	} {
		p := examplePrinter(t, language)
		p.pages()
		p.attachments()
		got := blocksText(withoutEmptySections(p.blocks))
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is missing in\n%s", language, want, got)
			}
		}
		// A hidden field, a heading with nothing below it, and the platform's own
		// PDF are left out.
		for _, unwanted := range []string{"Beskriv formålet", "Se over", "gammel.pdf", "Neste"} {
			if strings.Contains(got, unwanted) {
				t.Errorf("%s: %q is printed", language, unwanted)
			}
		}
	}
}

// TestPrintedFormOfTypesInAnyCase: pages take the names of types so.
func TestPrintedFormOfTypesInAnyCase(t *testing.T) {
	t.Parallel()
	p, other := examplePrinter(t, "nb"), examplePrinter(t, "nb")
	for _, page := range other.layout.Pages {
		for n := range page.Components {
			page.Components[n].Type = strings.ToUpper(page.Components[n].Type)
		}
	}
	p.pages()
	other.pages()
	if got, want := blocksText(other.blocks), blocksText(p.blocks); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestPrintedFormWithoutLayout falls back to the fields of the data model.
func TestPrintedFormWithoutLayout(t *testing.T) {
	t.Parallel()
	p := examplePrinter(t, "nb")
	p.form = form{"Begrunnelse": "a", "VilkarBekreftet": true, "Kjoring": form{"FraDato": "2027-07-05"}}
	p.fields()
	if got, want := blocksText(p.blocks), "FraDato: 05.07.2027\nBegrunnelse: a\nVilkarBekreftet: Ja\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPrintedText(t *testing.T) {
	t.Parallel()
	p := examplePrinter(t, "nb")
	if got := p.text("oppsummering-overskrift.title", ""); got != "Se over søknaden fra Máret Čáhppe Eksempel" {
		t.Errorf("text with a variable: %q", got)
	}
	if got := p.text("no-such-text", "otherwise"); got != "otherwise" {
		t.Errorf("unknown text: %q", got)
	}
	label := func(binding string) string {
		return p.label(app.Component{ID: "c", TextBindings: map[string]json.RawMessage{"title": json.RawMessage(binding)}})
	}
	for binding, want := range map[string]string{
		`"soker-navn.title"`: "Navn", `"Fritekst"`: "Fritekst",
		`["if", ["equals", 1, 1], "soker-navn.title", "else", "x"]`: "Navn",
		`["component", "c"]`: "c", `["broken"`: "c",
	} {
		if got := label(binding); got != want {
			t.Errorf("label %s = %q, want %q", binding, got, want)
		}
	}
}

func TestPrintedOptions(t *testing.T) {
	t.Parallel()
	p := examplePrinter(t, "nb")
	c := app.Component{Options: []app.Option{{Value: "a", Label: "Første"}, {Value: json.Number("2"), Label: "soker-navn.title"}}}
	for _, test := range []struct {
		value any
		want  string
	}{
		{"a", "Første"}, {"a,2", "Første, Navn"}, {[]any{"a", json.Number("2")}, "Første, Navn"}, {"x", "x"}, {nil, ""},
	} {
		if got := p.optionText(c, "Soker.Navn", test.value); got != test.want {
			t.Errorf("%v = %q, want %q", test.value, got, test.want)
		}
	}
}

func TestReference(t *testing.T) {
	t.Parallel()
	if got := reference("50100001/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11"); got != "2f6f0d8c7a11" {
		t.Errorf("reference %q", got)
	}
}
