package fill_test

import (
	"fmt"
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"
)

// Files are taken as the layout and the data type allow, and each that is not is
// told of with the reason; those that are right are stored all the same.
func TestFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maret := w.visit(0)
	p := maret.begin(original, w.seed.Persons[0].PartyID)
	p = p.get(path.Dir(p.path) + "/grunnlag").at("Begrunnelse og kart")
	const control = "file:kart"

	p = p.postFiles(p.path, p.typed("upload:kart", "grunnlag-begrunnelse", "Blir stående."),
		file{control, "stor.pdf", "application/pdf", strings.Repeat("x", 10<<20+1)},
		file{control, "tom.pdf", "application/pdf", ""},
		file{control, "../../skjult/bilde.pdf", "image/png", "x"},
		file{"file:elsewhere", "annet.pdf", "application/pdf", "x"},
		file{control, "Čohkolaš ŋ & <b>.PDF", "application/pdf", "%PDF-"},
	).status(http.StatusUnprocessableEntity).sees(
		"«stor.pdf» er ikke lastet opp. Filen er større enn", "«tom.pdf» er ikke lastet opp, for filen er tom.",
		"«bilde.pdf» er ikke lastet opp. Filnavnet passer ikke med innholdet").lacks("annet.pdf")
	if got := p.values().Get("field.grunnlag-begrunnelse"); got != "Blir stående." {
		t.Errorf("the reason is %q", got)
	}
	names := regexp.MustCompile(`/files/([0-9a-f-]{36})" download>([^<]*)</a>`)
	stored := names.FindAllStringSubmatch(p.body, -1)
	if len(stored) != 1 || stored[0][2] != "Čohkolaš ŋ &amp; &lt;b&gt;.PDF" {
		t.Fatalf("stored: %v", stored)
	}
	if got := p.get(path.Dir(p.path) + "/files/" + stored[0][1]).status(http.StatusOK).header.Get("Content-Disposition"); !strings.Contains(got, "%C4%8Cohkola%C5%A1") {
		t.Errorf("the file comes as %s", got)
	}

	// There is room for three.
	var more []file
	for n := range 3 {
		more = append(more, file{control, fmt.Sprintf("%d.png", n), "image/png", "x"})
	}
	p = p.postFiles(p.path, p.typed("next"), more...).status(http.StatusUnprocessableEntity).sees("«2.png» er ikke lastet opp", "høyst 3", "ikke laste opp flere filer")
	p = p.press("delete:"+stored[0][1]).status(http.StatusOK).sees("Filen er slettet", "0.png").lacks("Čohkolaš")
	p.press("delete:" + stored[0][1]).status(http.StatusConflict)

	// A control in which nothing has been chosen posts a file without a name.
	p.postFiles(p.path, p.typed("next"), file{control, "", "", ""}).status(http.StatusOK).at("Se over")
}

// Text is bounded, however it is sent.
func TestTooMuchText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maret := w.visit(0)
	p := maret.begin(original, w.seed.Persons[0].PartyID)
	long := p.typed("save", "soker-navn", strings.Repeat("x", 1<<20))
	p.post(p.path, long).status(http.StatusRequestEntityTooLarge)
	p.postFiles(p.path, long).status(http.StatusRequestEntityTooLarge)
	if got := maret.get(p.path).values().Get("field.soker-navn"); got != "" {
		t.Errorf("%d bytes are stored", len(got))
	}
}
