package browsertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Element says which element of a page is meant. The zero Element is the whole page.
type Element struct {
	kind   string // what it is, for people
	roles  []string
	name   string
	path   string
	within *Element
}

// Role is the element with a role and a name, as WAI-ARIA has it:
// https://www.w3.org/TR/wai-aria-1.2/. A name means the element that is called
// exactly that, spaces aside; where there is none, the one whose name holds it. The
// empty name is any.
func Role(role, name string) Element { return Element{kind: role, roles: []string{role}, name: name} }

// Button is a button with a name.
func Button(name string) Element { return Role("button", name) }

// Link is a link with a name.
func Link(name string) Element { return Role("link", name) }

// Heading is a heading of any level.
func Heading(name string) Element { return Role("heading", name) }

// Box is a check box or a radio button.
func Box(name string) Element {
	return Element{kind: "check box or radio button", roles: []string{"checkbox", "radio"}, name: name}
}

// Field is where text or a number can be written, by its label.
func Field(name string) Element {
	return Element{kind: "field", roles: []string{"textbox", "searchbox", "spinbutton", "combobox"}, name: name}
}

// List is a drop-down list, by its label.
func List(name string) Element {
	return Element{kind: "list", roles: []string{"combobox", "listbox"}, name: name}
}

// Path is the first visible element of an XPath expression, for what has neither
// role nor name.
func Path(expression string) Element { return Element{kind: "element", path: expression} }

// In is this element inside another one, such as a button in a row of a table.
func (e Element) In(outer Element) Element {
	if outer.kind != "" { // or it is the whole page
		e.within = &outer
	}
	return e
}

// String describes the element for people.
func (e Element) String() string {
	text := "page"
	switch {
	case e.path != "":
		text = e.path
	case e.name != "":
		text = fmt.Sprintf("%s %q", e.kind, e.name)
	case e.kind != "":
		text = e.kind
	}
	if e.within != nil {
		text += " in the " + e.within.String()
	}
	return text
}

// missing is that an element is not on the page, or not one alone.
type missing struct {
	wanted Element
	others []string
	many   bool
}

func (m *missing) Error() string {
	if m.many {
		return fmt.Sprintf("the page has more than one %s: %q", m.wanted, m.others)
	}
	if len(m.others) > 0 {
		return fmt.Sprintf("the page has no %s, but %q", m.wanted, m.others)
	}
	return fmt.Sprintf("the page has no %s", m.wanted)
}

// found is an element on the page as it is now.
type found struct {
	id     cdp.BackendNodeID
	object runtime.RemoteObjectID
}

// look finds an element on the page as it is now. The error is a *missing if the
// page can be read.
func (p *Page) look(ctx context.Context, e Element) (found, error) {
	inside := "document"
	var outer found
	if e.within != nil {
		var err error
		if outer, err = p.look(ctx, *e.within); err != nil {
			return found{}, err
		}
		inside = "this"
	}
	if e.path != "" {
		return p.lookByPath(ctx, e, outer, inside)
	}
	if e.within == nil {
		root, err := chromedp.Call(ctx, dom.GetDocument, dom.GetDocumentParams{})
		if err != nil {
			return found{}, err
		}
		outer.id = root.Root.BackendNodeID
	}
	var exact, similar, others []*accessibility.Node
	for _, role := range e.roles {
		result, err := chromedp.Call(ctx, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{BackendNodeID: outer.id, Role: role})
		if err != nil {
			return found{}, err
		}
		for _, node := range result.Nodes {
			switch name := nameOf(node); {
			case node.Ignored: // for everybody who listens
			case e.name == "" || name == plain(e.name):
				exact = append(exact, node)
			case strings.Contains(name, plain(e.name)):
				similar = append(similar, node)
			default:
				others = append(others, node)
			}
		}
	}
	if len(exact) == 0 {
		exact = similar
	}
	if len(exact) != 1 {
		told := exact
		if len(exact) == 0 {
			told = others
		}
		m := &missing{wanted: e, many: len(exact) > 1}
		for _, node := range told {
			m.others = append(m.others, nameOf(node))
		}
		return found{}, m
	}
	return p.resolve(ctx, exact[0].BackendDOMNodeID)
}

func (p *Page) resolve(ctx context.Context, id cdp.BackendNodeID) (found, error) {
	node, err := chromedp.Call(ctx, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: id})
	if err != nil {
		return found{}, err
	}
	return found{id, node.Object.ObjectID}, nil
}

// byPath is called on the element within which one looks, if any.
const byPath = `function(path, inside) {
	const all = document.evaluate(path, inside === "this" ? this : document, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE);
	for (let i = 0; i < all.snapshotLength; i++) {
		const e = all.snapshotItem(i);
		if (e.checkVisibility({ visibilityProperty: true })) return e;
	}
	return null;
}`

func (p *Page) lookByPath(ctx context.Context, e Element, outer found, inside string) (found, error) {
	if outer.object == "" {
		document, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: "document"})
		if err != nil {
			return found{}, err
		}
		outer.object = document.Result.ObjectID
	}
	result, err := chromedp.Call(ctx, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
		FunctionDeclaration: byPath, ObjectID: outer.object, Arguments: []*runtime.CallArgument{argument(e.path), argument(inside)},
	})
	switch {
	case err != nil:
		return found{}, err
	case result.ExceptionDetails != nil:
		return found{}, fmt.Errorf("look for %s: %s", e, result.ExceptionDetails.Exception.Description)
	case result.Result.ObjectID == "":
		return found{}, &missing{wanted: e}
	}
	node, err := chromedp.Call(ctx, dom.DescribeNode, dom.DescribeNodeParams{ObjectID: result.Result.ObjectID})
	if err != nil {
		return found{}, err
	}
	return found{node.Node.BackendNodeID, result.Result.ObjectID}, nil
}

// nameOf is the accessible name of a node, without needless spaces.
func nameOf(node *accessibility.Node) string {
	var name string
	if node.Name == nil || json.Unmarshal(node.Name.Value, &name) != nil {
		return ""
	}
	return plain(name)
}

func plain(text string) string { return strings.Join(strings.Fields(text), " ") }

func argument(value any) *runtime.CallArgument {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // strings, numbers and booleans only
	}
	return &runtime.CallArgument{Value: text}
}

// wait finds an element as soon as the page has it.
func (p *Page) wait(e Element) found {
	p.t.Helper()
	var f found
	p.until(func(ctx context.Context) (err error) {
		f, err = p.look(ctx, e)
		return err
	})
	return f
}

// until tries something until it succeeds. A page that is being replaced by another
// one has faults of its own, which pass.
func (p *Page) until(try func(context.Context) error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	var last error
	for {
		err := try(ctx)
		if err == nil {
			return
		}
		if !errors.Is(err, context.DeadlineExceeded) || last == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			p.fail("on the page %s: %v", p.describe(), last)
		case <-time.After(pause):
		}
	}
}

// pause is between two looks at a page.
const pause = 20 * time.Millisecond
