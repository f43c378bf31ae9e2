package xmltree_test

import (
	"strings"
	"testing"

	"github.com/stafett/stafett/app/internal/xmltree"
)

func TestParse(t *testing.T) {
	t.Parallel()
	root, err := xmltree.Parse([]byte("\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" +
		`<a xmlns="urn:one" xmlns:p="urn:two" x="1" p:x="2">` + "\n  <p:b/> tekst <![CDATA[<&]]>\n  <b>æ</b><b/></a>"))
	if err != nil {
		t.Fatal(err)
	}
	if root.Space != "urn:one" || root.Name != "a" || root.Line != 2 {
		t.Errorf("root = %s %s at line %d", root.Space, root.Name, root.Line)
	}
	if v, ok := root.Attribute("x"); v != "1" || !ok {
		t.Errorf("attribute x = %q, %t", v, ok)
	}
	if v, ok := root.AttributeNS("urn:two", "x"); v != "2" || !ok {
		t.Errorf("attribute p:x = %q, %t", v, ok)
	}
	if _, ok := root.Attribute("y"); ok {
		t.Error("attribute y is there")
	}
	if !strings.HasPrefix(root.Text(), "tekst <&") {
		t.Errorf("text = %q", root.Text())
	}
	if b := root.First("urn:two", "b"); b == nil || b.Line != 3 {
		t.Errorf("first p:b = %+v", b)
	}
	if root.First("urn:three", "b") != nil {
		t.Error("found an element of another namespace")
	}
	if all := root.All("urn:one", "b"); len(all) != 2 || all[0].Text() != "æ" || all[0].Line != 4 {
		t.Errorf("all b = %v", all)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ document, want string }{
		"nothing":          {"", "empty"},
		"white space":      {" \n", "empty"},
		"only a comment":   {"<!-- x -->", "no element"},
		"a DTD":            {`<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`, "document type declarations are not allowed"},
		"an entity":        {"<a>&x;</a>", "invalid character entity"},
		"unclosed":         {"<a><b></b>", "unexpected EOF"},
		"mismatched":       {"<a></b>", "closed by </b>"},
		"two roots":        {"<a/><b/>", "second root element <b>"},
		"text outside":     {"<a/>x", "text outside the root element"},
		"another encoding": {`<?xml version="1.0" encoding="iso-8859-1"?><a/>`, `encoding is "iso-8859-1"; save the file as UTF-8`},
		"invalid UTF-8":    {"<a>\xff</a>", "invalid UTF-8"},
		"too deep":         {strings.Repeat("<a>", 65), "nested deeper than 64 levels"},
		"too many":         {"<a>" + strings.Repeat("<b/>", xmltree.MaxElements) + "</a>", "more than 200000 elements"},
		"too long":         {strings.Repeat(" ", xmltree.MaxBytes+1), "more than the 8388608"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root, err := xmltree.Parse([]byte(test.document))
			if err == nil {
				t.Fatalf("read as <%s>", root.Name)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q does not say %q", err, test.want)
			}
		})
	}
}
