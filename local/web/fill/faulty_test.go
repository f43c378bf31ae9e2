package fill_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/examples"
)

// Mistakes in the layouts are told in the components' places; the rest is filled
// in and sent in as ever.
func TestFaultyComponents(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, func(dir string) {
		layouts := filepath.Join(dir, examples.OriginalForm, "ui", "form", "layouts")
		edit(t, filepath.Join(layouts, "soker.json"), `"layout": [`, `"layout": [
			{"id": "a-badexpr", "type": "Input", "hidden": ["finnesIkke", 1, 2], "dataModelBindings": {"simpleBinding": "Soker.Navn"}},
			{"id": "a-nowhere", "type": "Input", "dataModelBindings": {"simpleBinding": "Finnes.Ikke"}},
			{"id": "a-choice", "type": "Dropdown", "optionsId": "finnes-ikke", "dataModelBindings": {"simpleBinding": "Soker.Navn"}},
			{"id": "a-file", "type": "FileUpload"},`)
	})
	maret := w.visit(0)
	p := maret.begin(original, w.seed.Persons[0].PartyID).status(http.StatusOK)
	p.sees("komponenten «a-badexpr» kan ikke vises", "Uttrykket i «hidden» kan ikke leses.", "finnesIkke", "Rett det i ui/form/layouts/soker.json",
		"«Finnes.Ikke», som ikke er i datamodellen", "ingen valgliste «finnes-ikke»", "ingen datatype «a-file»")
	for id := range strings.FieldsSeq("a-badexpr a-nowhere a-choice a-file") {
		if !strings.Contains(p.body, `id="field-`+id+`" tabindex="-1"`) || strings.Contains(p.body, `name="field.`+id) || strings.Contains(p.body, `name="file:`+id) {
			t.Errorf("%s is not told of, or can be filled in", id)
		}
	}
	maret.get(p.path+"?language=en").sees("the component “a-nowhere” cannot be shown", "which is not in the data model")
	maret.get(p.path + "?language=nn").sees("komponenten «a-nowhere» kan ikkje visast")
	maret.get(p.path + "?language=nb")

	// What was posted for it all the same is not taken.
	values := p.typed("save")
	values.Set("field.a-badexpr", "Skal ikke lagres")
	p.post(p.path, values).status(http.StatusOK)
	if body := maret.get(p.path).body; strings.Contains(body, "Skal ikke lagres") {
		t.Error("a faulty component is filled in")
	}

	p = maret.filled(0).press("submit").at("Se over og bekreft").lacks("a-file")
	p.post(p.path, url.Values{"action": {"confirm"}}).status(http.StatusOK).at("Kvittering")
}

// A text without a title stands where other texts do, and the title of a group is
// a heading of its fields.
func TestTextsAndGroups(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, func(dir string) {
		edit(t, filepath.Join(dir, examples.OriginalForm, "ui", "form", "layouts", "soker.json"), `"layout": [`, `"layout": [
			{"id": "text", "type": "Text", "value": "Bare en tekst"},
			{"id": "group", "type": "Group", "textResourceBindings": {"title": "En gruppe"}, "children": ["inside"]},
			{"id": "inside", "type": "Text", "value": "Verdi", "textResourceBindings": {"title": "Navn på verdien"}},`)
	})
	p := w.visit(0).begin(original, w.seed.Persons[0].PartyID).status(http.StatusOK)
	for _, want := range []string{
		`<p class="ds-paragraph">Bare en tekst</p>`, `<legend class="ds-heading" data-size="xs">En gruppe</legend>`, `<dt>Navn på verdien</dt><dd>Verdi</dd>`,
	} {
		if !strings.Contains(p.body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

// A refusal of a file that no rule of the console foresees is told in the
// application's own words.
func TestWhyAFileIsNotTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maret := w.visit(0)
	p := maret.begin(original, w.seed.Persons[0].PartyID)
	p = p.get(path.Dir(p.path) + "/grunnlag")
	for body, want := range map[string]string{
		`{"title":"Data Element Not Created","detail":"Users may not create elements of data type kart"}`: "Users may not create elements of data type kart",
		`{"title":"Data Type Not Found"}`: "Data Type Not Found",
	} {
		refuse := func(r *http.Request) *http.Response {
			if r.Method != http.MethodPost || !strings.Contains(r.URL.Path, "/data") {
				return nil
			}
			return &http.Response{
				StatusCode: http.StatusBadRequest, Header: http.Header{"Content-Type": {"application/problem+json"}},
				Body: io.NopCloser(bytes.NewReader([]byte(body))), Request: r,
			}
		}
		w.intercept.Store(&refuse)
		p.postFiles(p.path, p.typed("upload:kart"), file{"file:kart", "kart.pdf", "application/pdf", "%PDF-"}).
			status(http.StatusUnprocessableEntity).sees("«kart.pdf» er ikke lastet opp. " + want)
	}
}
