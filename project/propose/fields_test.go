package propose_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stafett/stafett/project/propose"
)

// TestFields shows, for one field of the receiving form, which source it gets and
// how sure that is.
func TestFields(t *testing.T) {
	t.Parallel()
	text, whole, number, truth := object{"type": "string"}, object{"type": "integer"}, object{"type": "number"}, object{"type": "boolean"}
	with := func(base object, name string, value any) object {
		out := object{name: value}
		for k, v := range base {
			out[k] = v
		}
		return out
	}
	group := func(fields object) object { return object{"type": "object", "properties": fields} }
	for _, c := range []struct {
		name     string
		from, to object
		want     string // source, reason, whether certain, and a part of the note
	}{
		{"the same path", object{"A": group(object{"Felt": text})}, object{"A": group(object{"Felt": text})}, "A.Felt same-path true "},
		{"the same path but for case and hyphens", object{"a-b": text}, object{"AB": text}, "a-b same-path true "},
		{"the same path before the same name", object{"A": group(object{"Felt": text}), "Felt": text}, object{"Felt": text}, "Felt same-path true "},
		{"the same name", object{"A": group(object{"Felt": text})}, object{"B": group(object{"Felt": text})}, "A.Felt same-name true "},
		{"a name that means little", object{"A": group(object{"Navn": text})}, object{"B": group(object{"Navn": text})}, "A.Navn similar-name false the same name, in another group"},
		{"a name that means little in a group of the same name", object{"X": group(object{"A": group(object{"Navn": text})})}, object{"A": group(object{"Navn": text})}, "X.A.Navn same-name true "},
		{"several of the name", object{"A": group(object{"Felt": text}), "B": group(object{"Felt": text})}, object{"C": group(object{"Felt": text})}, "A.Felt similar-name false one of A.Felt, B.Felt"},
		{"several of the name, one in a group of the same name", object{"X": group(object{"A": group(object{"Felt": text})}), "B": group(object{"Felt": text})}, object{"Y": group(object{"A": group(object{"Felt": text})})}, "X.A.Felt same-name true "},
		{"names that a tool has made", object{"A-grp-1": group(object{"Felt-datadef-2": text})}, object{"B-grp-3": group(object{"Felt-datadef-4": text})}, "A-grp-1.Felt-datadef-2 same-name true "},
		{"nothing", object{"A": text}, object{"B": text}, " no-source false "},
		{"a list into one value", object{"A": object{"type": "array", "items": text}}, object{"A": text}, " no-source false "},
		{"a field in a list", object{"L": object{"type": "array", "items": group(object{"Felt": text})}}, object{"Felt": text}, " no-source false "},
		{"a group", object{"A": group(object{"Felt": text})}, object{"A": text}, " no-source false "},

		{"a whole number into a number", object{"A": whole}, object{"A": number}, "A same-path true "},
		{"a number into a whole one", object{"A": number}, object{"A": whole}, "A same-path false it is a number there, and a whole number here"},
		{"a number into text", object{"A": whole}, object{"A": text}, "A same-path true a whole number, written as text"},
		{"text into a truth value", object{"A": text}, object{"A": truth}, "A same-path false it is text there, and true or false here"},
		{"text into a date", object{"A": text}, object{"A": with(text, "format", "date")}, "A same-path false it takes a value of the format date only"},
		{"a date into a time", object{"A": with(text, "format", "date")}, object{"A": with(text, "format", "date-time")}, "A same-path false the format date-time only"},
		{"a date into text", object{"A": with(text, "format", "date")}, object{"A": text}, "A same-path true "},
		{"text into a few values", object{"A": text}, object{"A": with(text, "enum", []string{"x"})}, "A same-path false it takes a few values only, and any may come"},
		{"other values", object{"A": with(text, "enum", []string{"x", "y"})}, object{"A": with(text, "enum", []string{"x", "z"})}, `A same-path false it does not take "y", which may come`},
		{"fewer values", object{"A": with(text, "enum", []string{"x"})}, object{"A": with(text, "enum", []string{"x", "z"})}, "A same-path true "},
		{"a longer text", object{"A": with(text, "maxLength", 20)}, object{"A": with(text, "maxLength", 10)}, "A same-path true it takes 10 characters, and more may come"},
		{"a text of any length", object{"A": text}, object{"A": with(text, "maxLength", 10)}, "A same-path true it takes 10 characters"},
		{"short values", object{"A": with(text, "enum", []string{"å"})}, object{"A": with(text, "maxLength", 1)}, "A same-path true "},
		{"another pattern", object{"A": text}, object{"A": with(text, "pattern", "^[0-9]+$")}, "A same-path true it has a pattern of its own: ^[0-9]+$"},
		{"the same pattern", object{"A": with(text, "pattern", "^a$")}, object{"A": with(text, "pattern", "^a$")}, "A same-path true "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			original, receiving := application(t, "fts/a", c.from), application(t, "fts/b", c.to)
			p := proposal(t, original, receiving)
			check(t, p, original, receiving)
			line := p.Prefill[0]
			got := fmt.Sprintf("%s %s %t %s", line.Source, line.Reason, line.Certain, line.Note)
			head, note := c.want, ""
			if parts := strings.SplitN(c.want, " ", 4); len(parts) == 4 {
				head, note = strings.Join(parts[:3], " ")+" ", parts[3]
			}
			if !strings.HasPrefix(got, head) || (note == "") != (line.Note == "") || !strings.Contains(line.Note, note) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestRivals shows two fields of one name, which one source could fill.
func TestRivals(t *testing.T) {
	t.Parallel()
	text := object{"type": "string"}
	group := object{"type": "object", "properties": object{"Felt": text}}
	p := proposal(t, application(t, "fts/a", object{"Felt": text}), application(t, "fts/b", object{"A": group, "B": group}))
	for _, line := range p.Prefill {
		if line.Source != "Felt" || line.Certain || line.Note != "2 fields of that name would be filled" {
			t.Errorf("%+v", line)
		}
	}
}

// TestNoForms tells why no field can be filled in.
func TestNoForms(t *testing.T) {
	t.Parallel()
	form := application(t, "fts/a", object{"A": object{"type": "string"}})
	automatic := func(id, contentType string) object {
		return object{"id": id, "taskId": "Task_1", "allowedContentTypes": []string{contentType}, "appLogic": object{"autoCreate": true, "classRef": "Form"}}
	}
	for _, c := range []struct {
		name string
		p    *propose.Proposal
		want string
	}{
		{"the original has none", proposal(t, application(t, "fts/b", nil), form), "fts/b has no form data, so there are no fields to carry"},
		{"the receiving application makes none", proposal(t, form, application(t, "fts/b", nil)), "fts/b makes 0 kinds of form data in its first task"},
		{"the receiving application makes two", proposal(t, form, application(t, "fts/b", object{"A": object{"type": "string"}}, automatic("second", "application/xml"))), "fts/b makes 2 kinds"},
		{"a form that is no XML or JSON", proposal(t, form, application(t, "fts/c", nil, automatic("form", "text/plain"))), "fts/c takes neither application/xml nor application/json"},
	} {
		if !strings.Contains(c.p.NoPrefill, c.want) || len(c.p.Prefill) != 0 || !strings.Contains(string(c.p.YAML()), "    # No field can be filled in: "+c.want) {
			t.Errorf("%s: %q\n%s", c.name, c.p.NoPrefill, c.p.YAML())
		}
	}
}

// TestProposalsFit makes proposals for forms and files of all sorts: each can be
// read, and what is active in it fits both applications.
func TestProposalsFit(t *testing.T) {
	t.Parallel()
	names := []string{"A", "b", "B-b", "Navn", "null", "true", "yes", "No", "Ærlig", "a b", "x:y", "1a", "value", "Dato", "orid", "æ-datadef-1"}
	scalar := rapid.Custom(func(t *rapid.T) object {
		f := object{"type": rapid.SampledFrom([]string{"string", "integer", "number", "boolean"}).Draw(t, "type")}
		if f["type"] == "string" && rapid.Bool().Draw(t, "has values") {
			f["enum"] = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"x", "y", "z\n# w\u2028\ufeff\x01"}), 1, 3, rapid.ID).Draw(t, "values")
		}
		return f
	})
	var fields func(depth int) *rapid.Generator[object]
	fields = func(depth int) *rapid.Generator[object] {
		return rapid.Custom(func(t *rapid.T) object {
			out := object{}
			for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 5, rapid.ID).Draw(t, "names") {
				f := scalar.Draw(t, "field")
				if depth > 0 && rapid.Bool().Draw(t, "is a group") {
					f = object{"type": "object", "properties": fields(depth-1).Draw(t, "group")}
				}
				if rapid.Bool().Draw(t, "is a list") {
					f = object{"type": "array", "items": f}
				}
				if rapid.IntRange(0, 9).Draw(t, "attribute") == 0 && f["type"] == "string" {
					f["@xsdType"] = "XmlAttribute"
				}
				out[name] = f
			}
			return out
		})
	}
	types := rapid.Custom(func(t *rapid.T) []object {
		var out []object
		for _, id := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"ref-data-as-pdf", "kart", "pdf", "a, b}", "null", "12", "signatur"}), 0, 5, rapid.ID).Draw(t, "types") {
			dataType := object{"id": id, "maxCount": rapid.IntRange(0, 3).Draw(t, "count")}
			if rapid.Bool().Draw(t, "has a size") {
				dataType["maxSize"] = rapid.IntRange(1, 3).Draw(t, "size")
			}
			if rapid.Bool().Draw(t, "says what it takes") {
				dataType["allowedContentTypes"] = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"application/pdf", "image/png", "application/octet-stream"}), 1, 2, rapid.ID).Draw(t, "content types")
			}
			if rapid.Bool().Draw(t, "says who adds") {
				dataType["allowedContributors"] = []string{rapid.SampledFrom([]string{"org:fts", "app:owned", "org:skd", "orgno:313547264"}).Draw(t, "who")}
			}
			out = append(out, dataType)
		}
		return out
	})
	rapid.Check(t, func(t *rapid.T) {
		original := application(t, "fts/a", fields(2).Draw(t, "original"), types.Draw(t, "original's types")...)
		receiving := application(t, "fts/b", fields(2).Draw(t, "receiving"), types.Draw(t, "receiving's types")...)
		check(t, proposal(t, original, receiving), original, receiving)
	})
}
