package walk_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/stafett/stafett/internal/browsertest"
)

// hands are how somebody uses a page: by mouse, or by the keyboard alone.
type hands interface {
	// write replaces what a field holds: key by key with the keyboard, else at one go.
	write(field browsertest.Element, text string)
	// pick chooses in a drop-down list.
	pick(list browsertest.Element, option string)
	// check marks a box.
	check(box browsertest.Element)
	// press uses what leads to another page.
	press(e browsertest.Element)
}

type mouse struct{ *browsertest.Page }

func (m mouse) write(field browsertest.Element, text string) { m.Paste(field, text) }
func (m mouse) pick(list browsertest.Element, option string) { m.Choose(list, option) }
func (m mouse) check(box browsertest.Element)                { m.Click(box) }
func (m mouse) press(e browsertest.Element)                  { m.Follow(e) }

type keys struct {
	*browsertest.Page
	t *testing.T
}

func (k keys) write(field browsertest.Element, text string) {
	k.Reach(field)
	k.Rewrite(text)
}

func (k keys) pick(list browsertest.Element, option string) {
	k.Reach(list)
	for range 50 {
		if browsertest.Evaluate[string](k.Page, "document.activeElement.selectedOptions[0].label.trim()") == option {
			return
		}
		k.Press(kb.ArrowDown)
	}
	k.t.Fatalf("the arrow keys do not come to %s", option)
}

func (k keys) check(box browsertest.Element) {
	k.Reach(box)
	if !k.Checked(box) {
		k.Write(" ")
	}
}

func (k keys) press(e browsertest.Element) { k.Enter(e) }
