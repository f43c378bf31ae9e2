package propose_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestFiles shows where files of one data type go, and how sure that is.
func TestFiles(t *testing.T) {
	t.Parallel()
	dataType := func(id string, more ...any) object {
		out := object{"id": id}
		for i := 0; i < len(more); i += 2 {
			out[more[i].(string)] = more[i+1]
		}
		return out
	}
	types := func(list ...string) []string { return list }
	const contents, contributors = "allowedContentTypes", "allowedContributors"
	kart := dataType("kart", contents, types("image/png"), "maxSize", 5, "maxCount", 3)
	for _, c := range []struct {
		name string
		from object
		to   []object
		want string // target, reason, whether certain, and a part of the note
	}{
		{"the same id", kart, []object{dataType("alt"), kart}, "kart same-id true "},
		{"the same id, but smaller", kart, []object{dataType("kart", "maxSize", 2)}, "kart same-id false files may have 5 MiB, and kart takes 2; only: {maxSize: 2MiB}"},
		{"the only one that takes them", kart, []object{dataType("tekst", contents, types("text/plain")), dataType("bilde", contents, types("image/png", "image/gif"))}, "bilde content-types true "},
		{"one that takes anything", kart, []object{dataType("alt", contents, types("application/octet-stream"))}, "alt content-types true "},
		{"several", kart, []object{dataType("a"), dataType("b")}, "a several false one of a, b"},
		{"too few of them", kart, []object{dataType("a", "maxCount", 2)}, "a narrow false 3 files may come, and a takes 2"},
		{"some of the content types", dataType("kart", contents, types("image/png", "image/tiff")), []object{dataType("a", contents, types("image/png"))}, "a narrow false image/tiff may come, which a does not take"},
		{"any content type", dataType("kart"), []object{dataType("kart", contents, types("image/png"))}, "kart same-id false any file may come, and kart takes image/png only"},
		{"none", kart, []object{dataType("a", contents, types("text/plain"))}, ` no-target false fts/b has no data type that takes them; name a new one, and "stafett prepare" adds it there`},
		{"another's", kart, []object{dataType("a", contributors, types("org:skd"))}, "a narrow false a takes files from org:skd only"},
		{"its own", kart, []object{dataType("a", contributors, types("org:FTS"))}, "a content-types true "},
		{"the application's", kart, []object{dataType("a", contributors, types("app:owned"))}, " no-target false "},
		{"with an action of its own", kart, []object{dataType("a", "actionRequiredToWrite", "sign")}, "a narrow false a demands the action sign to write"},
		{"without a limit into few", dataType("kart"), []object{dataType("kart", "maxCount", 2)}, "kart same-id true kart takes 2 at most, and more may come"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			original, receiving := application(t, "fts/a", nil, c.from), application(t, "fts/b", nil, c.to...)
			p := proposal(t, original, receiving)
			check(t, p, original, receiving)
			file := p.Attachments[0]
			head := fmt.Sprintf("%s %s %t ", file.To, file.Reason, file.Certain)
			note, ok := strings.CutPrefix(c.want, head)
			if !ok || !strings.Contains(file.Note, note) || note == "" && file.Reason != "no-target" && file.Note != "" {
				t.Errorf("got %q %q, want %q", head, file.Note, c.want)
			}
		})
	}
}

// TestPDF shows where the PDF of the form goes.
func TestPDF(t *testing.T) {
	t.Parallel()
	text := object{"A": object{"type": "string"}}
	platforms := object{"id": "ref-data-as-pdf", "allowedContentTypes": []string{"application/pdf"}}
	only := func(id string) object { return object{"id": id, "allowedContentTypes": []string{"application/pdf"}} }
	for _, c := range []struct {
		name string
		from []object
		to   []object
		want string
	}{
		{"the only one for PDF alone", []object{platforms}, []object{platforms, {"id": "alt"}, only("brev")}, "brev content-types true true"},
		{"one that is named after it", []object{platforms}, []object{only("brev"), only("soknadPdf")}, "soknadPdf content-types true true"},
		{"several for PDF", []object{platforms}, []object{only("brev"), only("vedtak")}, "brev several false true"},
		{"none", []object{platforms}, []object{platforms}, " no-target false true"},
		{"not in the metadata", nil, []object{only("brev")}, "brev content-types false true"},
	} {
		original, receiving := application(t, "fts/a", text, c.from...), application(t, "fts/b", text, c.to...)
		p := proposal(t, original, receiving)
		check(t, p, original, receiving)
		file := p.Attachments[0]
		if got := fmt.Sprintf("%s %s %t %t", file.To, file.Reason, file.Certain, file.Required); got != c.want || len(p.Attachments) != 1 {
			t.Errorf("%s: got %q and %d attachments, want %q", c.name, got, len(p.Attachments), c.want)
		}
	}
}

// TestCrowds warns where several data types together bring more than one takes.
func TestCrowds(t *testing.T) {
	t.Parallel()
	two := func(id string) object { return object{"id": id, "maxCount": 2} }
	p := proposal(t, application(t, "fts/a", nil, two("x"), two("y")), application(t, "fts/b", nil, object{"id": "alt", "maxCount": 3}))
	for _, file := range p.Attachments {
		if !file.Certain || !strings.Contains(file.Note, "alt takes 3 at most, and more may come; a form that has more is not handed over") {
			t.Errorf("%+v", file)
		}
	}
}
