package browsertest

import (
	"os"
	"path/filepath"
	"regexp"

	"github.com/chromedp/cdproto/page"
)

// screenshots is the environment variable with the folder for images of pages, for
// people to look at.
const screenshots = "STAFETT_SCREENSHOTS"

// Keep keeps an image of the whole page, for people, in the folder that
// STAFETT_SCREENSHOTS names, if any.
func (p *Page) Keep(name string) {
	p.t.Helper()
	if os.Getenv(screenshots) != "" {
		p.keep(name)
	}
}

func (p *Page) keep(name string) {
	p.t.Helper()
	test := regexp.MustCompile(`[^\pL\pN]+`).ReplaceAllString(p.t.Name()+"-"+name, "-")
	p.Screenshot(filepath.Join(os.Getenv(screenshots), test+".png"), 0)
}

// Screenshot writes an image of the page, as PNG, from its top. The height is in CSS
// pixels; 0 is all of the page.
func (p *Page) Screenshot(path string, height int) {
	p.t.Helper()
	size := Evaluate[[2]float64](p, "[document.documentElement.clientWidth, document.documentElement.scrollHeight]")
	if height > 0 {
		size[1] = float64(height)
	}
	if !p.config.NoScript { // what has just changed is shown with the next frame
		Evaluate[bool](p, "new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(() => shown(true))))")
	}
	beyond := true
	image := call(p, "take an image of the page", page.CaptureScreenshot, page.CaptureScreenshotParams{
		CaptureBeyondViewport: &beyond, Clip: &page.Viewport{Width: size[0], Height: size[1], Scale: 1},
	})
	if err := os.WriteFile(path, image.Data, 0o600); err != nil {
		p.t.Fatal(err)
	}
}
