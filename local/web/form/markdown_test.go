package form_test

import (
	"encoding/json"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/web/form"
)

// Texts of applications are shown as they are meant, and can do no harm.
func TestTextsAsHTML(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, label, blocks, plain string }{
		"plain":           {"Áŋne & co", "Áŋne &amp; co", "<p>Áŋne &amp; co</p>", "Áŋne & co"},
		"emphasis":        {"a **b** c", "a <strong>b</strong> c", "<p>a <strong>b</strong> c</p>", "a b c"},
		"a number":        {"1. Name", "1. Name", "<ol>\n<li>Name</li>\n</ol>", "1. Name"},
		"two parts":       {"a\n\nb", "a<br>b", "<p>a</p>\n<p>b</p>", "a b"},
		"link":            {"[x](https://example.com)", `<a href="https://example.com" class="ds-link">x</a>`, `<p><a href="https://example.com" class="ds-link">x</a></p>`, "x"},
		"runs code":       {"[x](javascript:alert(1))", `<a href="" class="ds-link">x</a>`, `<p><a href="" class="ds-link">x</a></p>`, "x"},
		"runs code, bare": {"<javascript:alert(1)>", `<a href="" class="ds-link">javascript:alert(1)</a>`, `<p><a href="" class="ds-link">javascript:alert(1)</a></p>`, "javascript:alert(1)"},
		"bare link":       {"<https://example.com>", `<a href="https://example.com" class="ds-link">https://example.com</a>`, `<p><a href="https://example.com" class="ds-link">https://example.com</a></p>`, "https://example.com"},
		"tags":            {"a <b onclick=x>b</b><br/>c", "a b<br>c", "<p>a b<br>c</p>", "a b c"},
		"a block":         {"<script>x</script>\n<p>y</p>", "x\ny", "<p>x</p>\n<p>y</p>", "x y"},
		"empty tags":      {"<div></div>", "", "", ""},
		"image":           {"![map](https://example.com/m.png)", "map", "<p>map</p>", "map"},
		"heading":         {"# A", "# A", "<p><strong>A</strong></p>", "# A"},
		"spaces":          {"  ", "", "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			quoted, err := json.Marshal(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			f := read(t, made(t, `[{"id": "it", "type": "Input", "dataModelBindings": {"simpleBinding": "Name"},
				"textResourceBindings": {"title": `+string(quoted)+`, "description": `+string(quoted)+`}}]`, file(t, "kinds.schema.json")))
			v, _ := f.View(state(t, `{}`), "page", form.Entry{})
			c := v.Components[0]
			if tt.plain == "" {
				tt.plain = "it" // a control is never without a name
			}
			if string(c.Label) != tt.label || string(c.Description) != tt.blocks || c.LabelText != tt.plain {
				t.Errorf("got %q, %q, %q", c.Label, c.Description, c.LabelText)
			}
		})
	}
}

// What a person has typed is text, also where a text of the application quotes it.
func TestQuotedAnswersAreNoMarkup(t *testing.T) {
	t.Parallel()
	source := made(t, `[{"id": "it", "type": "Paragraph", "textResourceBindings": {"title": "hello"}}]`, file(t, "kinds.schema.json"))
	source.Texts.Resources = append(source.Texts.Resources, app.Text{ID: "hello", Value: "Hello *{0}*, {1}, {2}, {3}", Variables: []app.Variable{
		{Key: "Name", DataSource: "dataModel.default"}, {Key: "Price", DataSource: "dataModel.default"},
		{Key: "Agreed", DataSource: "dataModel.default"}, {Key: "Day", DataSource: "dataModel.default"}}})
	s := state(t, `{"Name": "<b>[x](https://evil.example)</b>\n# y {1}", "Price": 1.5, "Agreed": true, "Day": "2026-05-17"}`)
	v, _ := read(t, source).View(s, "page", form.Entry{})
	want := "<p>Hello <em>&lt;b&gt;[x](https://evil.example)&lt;/b&gt; # y {1}</em>, 1,5, Ja, 17.05.2026</p>"
	if got := string(v.Components[0].Label); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
