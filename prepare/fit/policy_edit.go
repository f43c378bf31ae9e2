package fit

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/policy"
)

// rule is a rule to add: it permits some actions of the whole application to some
// subjects.
type rule struct {
	description string
	subjects    [][]policy.Attribute
	org, app    string
	actions     []string
}

func (g grant) rule(f *app.Folder) rule {
	r := rule{org: f.Org, app: f.Name, actions: g.actions}
	for _, a := range g.subjects {
		// The level is what the token says besides; a rule does not ask for it.
		r.subjects = append(r.subjects, slices.DeleteFunc(slices.Clone(a.attributes), func(attribute policy.Attribute) bool {
			return attribute.ID == authenticationLevel
		}))
	}
	r.description = fmt.Sprintf("Lets %s %s, for handovers.", subjects(g.subjects), list(g.actions, "and"))
	return r
}

// addRule adds a rule behind the policy's last one, in the file's own style:
// namespace prefix, line ends, indentation, how empty elements end, and the
// numbering of ids. Every other byte stays.
func addRule(file []byte, r rule) ([]byte, error) {
	text := bytes.TrimPrefix(file, []byte("\ufeff"))
	mark := len(file) - len(text)
	p, err := policy.Parse(text)
	if err != nil {
		return nil, err
	}
	place, err := findPlace(text)
	if err != nil {
		return nil, err
	}
	w := &ruleWriter{style: place.style}
	w.rule(r, nextID(p))
	return slices.Concat(file[:mark+place.at], w.Bytes(), file[mark+place.at:]), nil
}

// style is how a policy is written.
type style struct {
	prefix  string // of the namespace, with its colon
	lineEnd string // empty when rules do not begin on lines of their own
	indent  string // of a rule
	unit    string // one level more
	empty   string // the end of an empty element: "/>" or " />"
}

type place struct {
	style
	at int // offset behind the last rule
}

var errNoPlace = errors.New("the policy has neither a rule nor a target to put one behind")

// trailingComment is a comment that stands behind something on its line.
var trailingComment = regexp.MustCompile(`^[ \t]*<!--[^\r\n]*?-->[ \t]*(?:\r?\n|$)`)

// findPlace looks for the last rule, or the policy's target where there is none.
func findPlace(text []byte) (place, error) {
	p := place{style: style{empty: "/>"}, at: -1}
	dec := xml.NewDecoder(bytes.NewReader(text))
	start, depth := -1, 0
	for {
		from := int(dec.InputOffset())
		token, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return place{}, fmt.Errorf("read XML: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
			switch raw := text[from:dec.InputOffset()]; {
			case depth == 1 && t.Name.Space != "":
				p.prefix = t.Name.Space + ":"
			case depth == 2 && (t.Name.Local == "Rule" || t.Name.Local == "Target" && p.at < 0):
				start = from
			case depth == 3 && start >= 0:
				p.learnUnit(text, start, from)
			case t.Name.Local == "AttributeDesignator" && bytes.HasSuffix(raw, []byte(" />")):
				p.empty = " />"
			}
		case xml.EndElement:
			if depth == 2 && start >= 0 {
				p.at = int(dec.InputOffset())
				p.learnIndent(text, start)
				start = -1
			}
			depth--
		}
	}
	if p.at < 0 {
		return place{}, errNoPlace
	}
	if p.unit == "" {
		p.unit = cmp.Or(p.indent, "  ") // a rule stands one level deep
	}
	if comment := trailingComment.Find(text[p.at:]); comment != nil {
		p.at += len(bytes.TrimRight(comment, " \t\r\n"))
	}
	return p, nil
}

// indentation returns the blanks before an offset, and whether a line begins
// with them.
func indentation(text []byte, offset int) (string, bool) {
	head := bytes.TrimRight(text[:offset], " \t")
	return string(text[len(head):offset]), len(head) == 0 || head[len(head)-1] == '\n'
}

func (p *place) learnIndent(text []byte, start int) {
	indent, own := indentation(text, start)
	if !own || start == 0 {
		return
	}
	p.indent, p.lineEnd = indent, "\n"
	if line := bytes.LastIndexByte(text[:start], '\n'); line > 0 && text[line-1] == '\r' {
		p.lineEnd = "\r\n"
	}
}

func (p *place) learnUnit(text []byte, start, child int) {
	outer, ownOuter := indentation(text, start)
	inner, ownInner := indentation(text, child)
	if deeper, ok := strings.CutPrefix(inner, outer); ok && ownOuter && ownInner && deeper != "" {
		p.unit = deeper
	}
}

var numbered = regexp.MustCompile(`^(.*ruleid:)(\d{1,9})$`)

// nextID goes on with the numbers of the policy's rules.
func nextID(p *policy.Policy) string {
	stem, number := p.ID+":ruleid:", len(p.Rules)
	for _, r := range p.Rules {
		if m := numbered.FindStringSubmatch(r.ID); m != nil {
			n, _ := strconv.Atoi(m[2]) // nine digits at most
			if m[1] != stem {
				stem, number = m[1], 0
			}
			number = max(number, n)
		}
	}
	for {
		number++
		id := stem + strconv.Itoa(number)
		if !slices.ContainsFunc(p.Rules, func(r policy.Rule) bool { return r.ID == id }) {
			return id
		}
	}
}

type ruleWriter struct {
	bytes.Buffer
	style
	depth int
}

// line writes one line of XML.
func (w *ruleWriter) line(parts ...string) {
	w.WriteString(w.lineEnd)
	if w.lineEnd != "" {
		w.WriteString(w.indent + strings.Repeat(w.unit, w.depth))
	}
	for _, part := range parts {
		w.WriteString(part)
	}
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}

func (w *ruleWriter) element(name, attributes string, children func()) {
	w.line("<", w.prefix, name, attributes, ">")
	w.depth++
	children()
	w.depth--
	w.line("</", w.prefix, name, ">")
}

func (w *ruleWriter) text(name, attributes, text string) {
	w.line("<", w.prefix, name, attributes, ">", escape(text), "</", w.prefix, name, ">")
}

func (w *ruleWriter) rule(r rule, id string) {
	w.element("Rule", ` RuleId="`+escape(id)+`" Effect="Permit"`, func() {
		w.text("Description", "", r.description)
		w.element("Target", "", func() {
			w.anyOf(policy.Subject, r.subjects)
			w.anyOf(policy.Resource, [][]policy.Attribute{{
				{ID: policy.AttributeOrg, Value: r.org}, {ID: policy.AttributeApp, Value: r.app},
			}})
			var actions [][]policy.Attribute
			for _, action := range r.actions {
				actions = append(actions, []policy.Attribute{{ID: policy.AttributeAction, Value: action}})
			}
			w.anyOf(policy.Action, actions)
		})
	})
}

func (w *ruleWriter) anyOf(category policy.Category, alternatives [][]policy.Attribute) {
	w.element("AnyOf", "", func() {
		for _, attributes := range alternatives {
			w.element("AllOf", "", func() {
				for _, a := range attributes {
					w.match(category, a)
				}
			})
		}
	})
}

func (w *ruleWriter) match(category policy.Category, a policy.Attribute) {
	function, dataType := comparison(category, a)
	w.element("Match", ` MatchId="`+function+`"`, func() {
		w.text("AttributeValue", ` DataType="`+escape(dataType)+`"`, a.Value)
		w.line("<", w.prefix, `AttributeDesignator AttributeId="`, escape(a.ID), `" Category="`, string(category),
			`" DataType="`, escape(dataType), `" MustBePresent="false"`, w.empty)
	})
}

// comparison is the function by which Altinn's tools compare an attribute.
func comparison(category policy.Category, a policy.Attribute) (function, dataType string) {
	switch {
	case a.DataType == policy.TypeInteger:
		return "urn:oasis:names:tc:xacml:1.0:function:integer-equal", a.DataType
	case a.DataType == policy.TypeAnyURI:
		return "urn:oasis:names:tc:xacml:1.0:function:anyURI-equal", a.DataType
	case category == policy.Resource:
		return "urn:oasis:names:tc:xacml:1.0:function:string-equal", policy.TypeString
	}
	return "urn:oasis:names:tc:xacml:3.0:function:string-equal-ignore-case", policy.TypeString
}
