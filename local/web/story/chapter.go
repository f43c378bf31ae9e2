package story

import (
	"strings"

	"github.com/stafett/stafett/local/timeline"
)

// chapter is a part of the story; the empty one is that of what stands around an
// exchange. The words "chapter.{name}" and "chapter.{name}.what" are its title
// and what it is about.
type chapter string

const (
	preparation chapter = "preparation"
	filling     chapter = "filling"
	sent        chapter = "sent"
	handover    chapter = "handover"
	casework    chapter = "casework"
)

// chapters are in the order of the story.
var chapters = []chapter{preparation, filling, sent, handover, casework}

// portalScope begins the scopes with which integrations are managed.
const portalScope = "idporten:dcr"

// own is the chapter to which an exchange belongs wherever it stands.
func (t *tree) own() chapter {
	switch {
	case t.deed.chapter != "":
		return t.deed.chapter
	case t.deed.key == "token" && strings.Contains(scopeOf(t), portalScope):
		return preparation
	case t.deed.key == "token" || t.deed.key == "exchange":
		return ""
	}
	switch t.Caller.Kind {
	case timeline.KindOrganisation, timeline.KindIntegration:
		if t.deed.app || t.System == "Altinn Storage" || t.System == "Altinn Events" {
			return handover
		}
	case timeline.KindPortalAdmin:
		return preparation
	case timeline.KindPerson:
		return t.persons()
	}
	return ""
}

// persons is the chapter of what a person does in an application.
func (t *tree) persons() chapter {
	switch {
	case !t.deed.app || t.refused() || t.background():
		return ""
	case !t.original:
		return casework
	case t.deed.key == "process-next" && t.ended():
		return sent
	}
	return filling
}

// divide gives each exchange at the top its chapter. They stand the newest first.
func divide(roots []*tree) {
	current := preparation // how every story begins
	pending := len(roots)  // those before it have their chapter
	for n := len(roots) - 1; n >= 0; n-- {
		own := roots[n].own()
		if own == "" {
			continue
		}
		boundary := n
		if own != current {
			boundary = begins(roots, n, pending)
		}
		for m := pending - 1; m >= n; m-- {
			roots[m].chapter = current
			if m <= boundary {
				roots[m].chapter = own
			}
		}
		current, pending = own, n
	}
	for m := pending - 1; m >= 0; m-- {
		roots[m].chapter = current
	}
}

// begins finds where the chapter of roots[n] begins. What got it its credentials
// belongs to it: from where the person logged in, or where the program last logged
// in at Azure, which is how one that reads its secrets starts.
func begins(roots []*tree, n, pending int) int {
	person := roots[n].Caller.Kind == timeline.KindPerson
	for m := n + 1; m < pending; m++ {
		switch key := roots[m].deed.key; {
		case person && key == "login-person":
			return m
		case !person && (key == "azure-token" || key == "identity-token"):
			for m+1 < pending && (roots[m+1].System == "Entra ID" || roots[m+1].challenged()) {
				m++
			}
			return m
		}
	}
	return n
}
