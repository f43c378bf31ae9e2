package story

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"slices"
	"strconv"

	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/entra"
	"github.com/stafett/stafett/local/keyvault"
	"github.com/stafett/stafett/local/maskinporten"
	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/local/timeline"
	"github.com/stafett/stafett/local/web/frame"
)

// detail is the page of one exchange.
type detail struct {
	Row       row
	Caller    []fact
	Claims    []claims
	Facts     []fact
	Origin    []link
	Decisions []decision
	Request   message
	Answer    message
	Answered  bool
	Parent    *row
	Trace     string
	Instance  string // that it is about; empty if none
}

type fact struct{ Name, Value string }

// claims are those of a token that was issued.
type claims struct{ Title, Text string }

type message struct {
	timeline.Message
	Pretty string // the body, indented if it is JSON
}

func (a *area) details(c *frame.Call) (frame.Answer, error) {
	id, err := strconv.ParseInt(c.PathValue("id"), 10, 64)
	if err != nil {
		return frame.Answer{}, fs.ErrNotExist
	}
	roots := a.forest(filter{})
	t := within(roots, id)
	request, answer, ok := a.cfg.Timeline.Message(id)
	if t == nil || !ok {
		return frame.Answer{}, fs.ErrNotExist
	}
	v := a.voice(c)
	shown := detail{
		Row:    v.row(t),
		Caller: v.caller(t), Claims: v.claims(t), Facts: v.facts(t), Origin: v.origin(t, roots), Decisions: v.decisions(t),
		Request: readable(request), Answer: readable(answer), Answered: t.Status != 0, Trace: t.Trace,
	}
	if t.parent != nil {
		parent := v.row(t.parent)
		shown.Parent = &parent
	}
	if changed, ok := first[storage.Changed](t); ok {
		shown.Instance = changed.Instance
	} else if guid := t.deed.values["guid"]; guid != "" {
		shown.Instance = t.deed.values["party"] + "/" + guid
	}
	return frame.Show("details", shown.Row.Who+" "+shown.Row.Did, shown), nil
}

// within finds an exchange.
func within(roots []*tree, id int64) *tree {
	for _, root := range roots {
		for t := range root.all() {
			if t.ID == id {
				return t
			}
		}
	}
	return nil
}

// caller lists what is known of the one who asked.
func (v *voice) caller(t *tree) []fact {
	c := t.Caller
	var all []fact
	add := func(key, value string) {
		if value != "" && value != "0" {
			all = append(all, fact{v.T("caller." + key), value})
		}
	}
	add("kind", v.T("kind."+c.Kind))
	add("name", c.Name)
	add("client", c.ClientID)
	add("key", c.KeyID)
	add("org", c.Org)
	add("organisation", c.OrgNumber)
	add("user", strconv.Itoa(c.UserID))
	add("party", strconv.Itoa(c.PartyID))
	if c.Kind == timeline.KindPerson {
		add("level", v.T("level", c.Level))
	}
	add("method", c.Method)
	add("scope", c.Scope)
	add("token", c.TokenID)
	add("program", c.Program)
	return all
}

// claims are those of the tokens that were issued in an exchange.
func (v *voice) claims(t *tree) []claims {
	var all []claims
	for _, noted := range t.Facts {
		switch token := noted.(type) {
		case maskinporten.IssuedToken:
			all = append(all, claims{v.T("claims.maskinporten"), indented(token.Claims)})
		case authentication.IssuedToken:
			all = append(all, claims{v.T("claims.altinn"), indented(token.Claims)})
		case entra.IssuedToken:
			all = append(all, claims{v.T("claims.entra"), indented(token.Claims)})
		}
	}
	return all
}

// facts lists what else happened in an exchange and what was below it, each
// once.
func (v *voice) facts(t *tree) []fact {
	var all []fact
	add := func(facts ...fact) {
		for _, f := range facts {
			if f.Value != "" && !slices.Contains(all, f) {
				all = append(all, f)
			}
		}
	}
	for b := range t.all() {
		for _, noted := range b.Facts {
			switch f := noted.(type) {
			case keyvault.Access:
				add(v.vaultFacts(f)...)
			case storage.Changed:
				add(fact{v.T("fact.instance"), f.AppID + " " + f.Instance}, fact{v.T("fact.change"), v.changed(f)})
			}
		}
	}
	return all
}

func (v *voice) vaultFacts(f keyvault.Access) []fact {
	return []fact{
		{v.T("fact.vault"), f.Vault}, {v.T("fact.secret"), f.Name}, {v.T("fact.version"), f.Version},
		{v.T("fact.key"), f.KeyID}, {v.T("fact.permission"), string(f.Permission)},
	}
}

// changed tells of one change of an instance; it is empty for one that leaves
// nothing in the instance's own history.
func (v *voice) changed(f storage.Changed) string {
	if f.What == "" {
		return ""
	}
	what, ok := v.word("change." + f.What)
	if !ok {
		what = f.What
	}
	switch {
	case f.Data != nil && f.Data.DataType != "":
		return what + ": " + f.Data.DataType + " (" + v.Size(f.Data.Size) + ")"
	case f.Task != "":
		return what + " (" + f.Task + ")"
	}
	return what
}

func readable(m timeline.Message) message { return message{m, indented(m.Body)} }

// indented lays JSON out over lines, and leaves other text as it is.
func indented(text string) string {
	var out bytes.Buffer
	if json.Indent(&out, []byte(text), "", "  ") != nil {
		return text
	}
	return out.String()
}
