package story

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/authorization"
	"github.com/stafett/stafett/local/maskinporten"
	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/local/timeline"
	"github.com/stafett/stafett/local/web/frame"
)

// voice tells what has happened in the reader's language.
type voice struct {
	*frame.Call
	policy  func(appID string) *policy.Policy
	parties map[string]string // names by party id
	people  map[int]string    // names by user id
	zone    *time.Location
}

func (a *area) voice(c *frame.Call) *voice {
	v := &voice{Call: c, policy: a.cfg.Policy, parties: make(map[string]string), people: make(map[int]string), zone: a.zone}
	for _, person := range c.People() {
		v.people[person.UserID] = person.Name
		for _, party := range person.Parties {
			v.parties[strconv.Itoa(party.ID)] = party.Name
		}
	}
	return v
}

// who names the one who asked, and tells with what credentials.
func (v *voice) who(t *tree) (name, with string) {
	c := t.Caller
	switch c.Kind {
	case timeline.KindPerson:
		return cmp.Or(c.Name, v.T("who.user", c.UserID)), v.T("with.person", c.Level, cmp.Or(c.Method, v.T("none")))
	case timeline.KindOrganisation:
		name = cmp.Or(c.Name, c.Org, c.OrgNumber)
		if c.Org != "" {
			return name, v.T("with.owner", c.Org)
		}
		return name, v.T("with.organisation", c.OrgNumber)
	case timeline.KindIntegration:
		name = cmp.Or(c.Name, v.T("who.integration"))
		if c.KeyID != "" {
			return name, v.T("with.key", c.ClientID, c.KeyID)
		}
		return name, v.T("with.integration", c.ClientID)
	case timeline.KindAzure:
		return cmp.Or(c.Name, v.T("who.azure")), v.T("with.azure", c.ClientID)
	case timeline.KindPortalAdmin:
		return cmp.Or(c.Name, v.T("who.portal")), v.T("with.portal", cmp.Or(c.OrgNumber, v.T("none")))
	case timeline.KindStandIn:
		if t.parent != nil {
			return t.parent.System, ""
		}
		return v.T("who.platform"), ""
	case timeline.KindUnknown:
		if t.intercepted() {
			return v.T("who.unchecked"), v.T("with.nobody", cmp.Or(c.Program, v.T("none")))
		}
		if c.ClientID != "" {
			return v.T("who.unknown"), v.T("with.unknown", c.ClientID)
		}
		return v.T("who.unknown"), v.T("with.nobody", cmp.Or(c.Program, v.T("none")))
	}
	with = v.T("with.nobody", cmp.Or(c.Program, v.T("none")))
	if token, ok := first[authentication.IssuedToken](t); ok && v.people[token.UserID] != "" {
		return v.people[token.UserID], with // who logs in is nobody before
	}
	return v.T("who.nobody"), with
}

// did tells what was asked for, in the past tense, or as what could not be done.
func (v *voice) did(t *tree) string {
	key, names := t.did()
	if key == "" {
		return v.T("did.other", t.Method, t.Route)
	}
	args := make([]any, len(names))
	for n, name := range names {
		args[n] = cmp.Or(v.value(t, name), v.T("none"))
	}
	past, rest, _ := strings.Cut(v.T("did."+key, args...), "|")
	infinitive, rest, _ := strings.Cut(rest, " ")
	if t.challenged() {
		return v.T("did.challenged")
	}
	if t.Refused() {
		return strings.TrimSpace(v.T("could-not", infinitive) + " " + rest)
	}
	return strings.TrimSpace(past + " " + rest)
}

// did is the key of what was done, and what goes into its places. That of a
// process depends on where it got to.
func (t *tree) did() (key string, args []string) {
	if t.deed.key == "token" && scopeOf(t) == "" {
		return "token-any", nil // what was sent could not be read
	}
	if t.deed.key != "process-next" || t.Refused() {
		return t.deed.key, t.deed.args
	}
	switch {
	case !t.ended():
		return "process-moved", []string{"task"}
	case t.original:
		return "process-sent", nil
	}
	return "process-ended", nil
}

// value is what goes into a place of a sentence; empty when nobody knows.
func (v *voice) value(t *tree, name string) string {
	switch name {
	case "system":
		return t.System
	case "app":
		return t.about()
	case "scope":
		return scopeOf(t)
	case "size":
		if t.Method == http.MethodGet {
			return v.Size(t.AnswerBytes)
		}
		return v.Size(t.RequestBytes)
	case "type":
		return cmp.Or(t.deed.values["type"], t.query().Get("dataType"), t.types[strings.ToLower(t.deed.values["data"])], dataTypeOf(t), v.T("some-data"))
	case "provider":
		if strings.EqualFold(t.deed.values[name], "maskinporten") {
			return "Maskinporten"
		}
	case "task":
		if changed, ok := last[storage.Changed](t); ok {
			return changed.Task
		}
		return ""
	case "actions":
		var actions []string
		for decision := range find[authorization.Decision](t) {
			actions = append(actions, decision.Action)
		}
		return strings.Join(actions, ", ")
	}
	return t.deed.values[name]
}

// about is the id of the application that an exchange is about; empty if none.
func (t *tree) about() string {
	if t.deed.app {
		return t.System
	}
	if changed, ok := first[storage.Changed](t); ok {
		return changed.AppID
	}
	return t.query().Get("appId")
}

func (t *tree) query() url.Values {
	_, query, _ := strings.Cut(t.Target, "?")
	values, _ := url.ParseQuery(query) // what cannot be read is not there
	return values
}

// owner is the party whose instance was changed; empty for nobody known.
func (v *voice) owner(t *tree) string {
	changed, ok := first[storage.Changed](t)
	if !ok {
		return ""
	}
	return v.parties[changed.PartyID]
}

// ended reports whether a process came to its end.
func (t *tree) ended() bool {
	changed, ok := last[storage.Changed](t)
	return ok && changed.Task == ""
}

func dataTypeOf(t *tree) string {
	for changed := range find[storage.Changed](t) {
		if changed.Data != nil && changed.Data.DataType != "" {
			return changed.Data.DataType
		}
	}
	return ""
}

// changes reports whether an instance was changed. That somebody has seen it is
// no change.
func (t *tree) changes() bool {
	for b := range t.all() {
		if b.deed.key == "read-status" {
			continue
		}
		for _, fact := range b.Facts {
			if _, ok := fact.(storage.Changed); ok {
				return true
			}
		}
	}
	return false
}

func scopeOf(t *tree) string {
	if issued, ok := first[maskinporten.IssuedToken](t); ok {
		return issued.Scope
	}
	if refused, ok := first[maskinporten.RefusedGrant](t); ok {
		return refused.Scope
	}
	return t.Caller.Scope
}

// outcome is how an exchange ended.
type outcome struct {
	Text  string
	Color string // of Designsystemet
}

func (v *voice) outcome(t *tree) outcome {
	switch {
	case t.challenged():
		return outcome{v.T("outcome.challenged"), "neutral"}
	case t.Status == 0:
		return outcome{v.T("outcome.none"), "danger"}
	case t.Status < http.StatusBadRequest:
		return outcome{v.T("outcome.ok", t.Status), "success"}
	case t.Status == http.StatusUnauthorized || t.Status == http.StatusForbidden:
		return outcome{v.T("outcome.refused", t.Status), "danger"}
	case t.Status == http.StatusNotFound:
		return outcome{v.T("outcome.absent", t.Status), "neutral"}
	case t.Status == http.StatusConflict:
		return outcome{v.T("outcome.conflict", t.Status), "warning"}
	case t.Status < http.StatusInternalServerError:
		return outcome{v.T("outcome.bad", t.Status), "danger"}
	}
	return outcome{v.T("outcome.failed", t.Status), "danger"}
}

// duration is in the unit that leaves it readable.
func (v *voice) duration(d time.Duration) string {
	if d < time.Second {
		return strconv.FormatInt(max(d.Milliseconds(), 1), 10) + " ms"
	}
	text := strconv.FormatFloat(d.Seconds(), 'f', 1, 64)
	if v.Language != "en" {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text + " s"
}
