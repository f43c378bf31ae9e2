package walk_test

import (
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/stafett/stafett/internal/browsertest"
)

// screenshots is where the images go that the README shows; without it they are taken
// all the same, and forgotten.
var screenshots = flag.String("screenshots", "", "folder for images of the console")

// TestScreenshots takes the images that the README shows.
func TestScreenshots(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dir := *screenshots
	if dir == "" {
		dir = t.TempDir()
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	take := func(p *browsertest.Page, name string, height int) {
		t.Helper()
		path := filepath.Join(dir, name)
		p.Screenshot(path, height)
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			t.Fatal(err)
		}
		size, err := png.DecodeConfig(file)
		if err != nil {
			t.Fatal(err)
		}
		if size.Width != 1280 || size.Height != height || info.Size() > 300<<10 {
			t.Errorf("%s is %d by %d pixels in %d bytes", name, size.Width, size.Height, info.Size())
		}
	}

	s := in(t, "nb")
	p := browsertest.New(t, browsertest.Config{Language: "nb"})
	m := mouse{p}
	w.begin(p, m, s)
	fillInApplicant(m, s, samiAnswers("Čohkolaš"))
	p.Press(kb.Tab)
	p.See(browsertest.Path(`//*[@role="status" and . = "Lagret"]`))
	take(p, "form.png", 1200)

	// A few forms, so that there is something to see.
	entry := func(area string) browsertest.Element {
		return browsertest.Path(`//li//a[contains(., "` + area + `")]`)
	}
	areas := []string{"Guovžajávri", "Đávvisuolu", "Čoalbmejávri"}
	caseworker := browsertest.New(t, browsertest.Config{Language: "nb"})
	w.enter(caseworker, caseWorker)
	for _, area := range areas {
		w.sendIn(t, area)
		w.inboxOf(caseworker, "Ferdselstilsynet")
		until(t, caseworker, entry(area))
	}
	caseworker.Follow(entry(areas[0]))
	w.inboxOf(caseworker, "Ferdselstilsynet")
	take(caseworker, "inbox.png", 900)

	caseworker.Open(w.at("/story"))
	caseworker.Read("Følger med direkte")
	take(caseworker, "timeline.png", 1400)
}
