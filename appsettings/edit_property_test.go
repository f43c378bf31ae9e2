package appsettings

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// texts reads a settings file into path and text. Empty objects and arrays, which
// are keys with no text, come and go with what is added below them; they are left
// out.
func texts(t interface{ Fatalf(string, ...any) }, file []byte) map[string]string {
	l, err := jsonLayer("test", file, dialect{nullIsNull: false})
	if err != nil {
		t.Fatalf("load: %v\n%s", err, file)
	}
	all := map[string]string{}
	for path, v := range l.values {
		if !v.null {
			all[path] = v.content.Reveal()
		}
	}
	return all
}

// settingsFile draws a file as people write them: any layout, and comments wherever .NET takes them, which is
// not before a colon.
func settingsFile(t *rapid.T) string {
	g := fileGenerator{t: t, lineEnd: rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "line end")}
	mark := rapid.SampledFrom([]string{"", "\ufeff"}).Draw(t, "mark")
	return mark + g.extra() + g.object(0) + g.extra()
}

type fileGenerator struct {
	t       *rapid.T
	lineEnd string
}

func (g fileGenerator) extra() string {
	pieces := []string{"", "", "", " ", "  ", "\t", g.lineEnd, g.lineEnd + "    ", "/* c, \" } */", " // c: \"{" + g.lineEnd, "/* over" + g.lineEnd + "lines */"}
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 3).Draw(g.t, "extra"), "")
}

func (g fileGenerator) space() string {
	return rapid.SampledFrom([]string{"", "", " ", "\t", g.lineEnd}).Draw(g.t, "space")
}

func (g fileGenerator) object(depth int) string {
	names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"A", "b", "Cc", "D", "e"}), 0, 4, rapid.ID[string]).Draw(g.t, "names")
	pretty := rapid.Bool().Draw(g.t, "pretty")
	var b strings.Builder
	b.WriteString("{")
	for i, name := range names {
		if pretty {
			lineEnd := rapid.SampledFrom([]string{g.lineEnd, g.lineEnd, "\r"}).Draw(g.t, "line end of one") // which .NET takes anywhere
			b.WriteString(lineEnd + strings.Repeat("  ", depth+1))
		} else {
			b.WriteString(g.extra())
		}
		b.WriteString(quote(name) + g.space() + ":" + g.extra() + g.value(depth+1) + g.extra())
		if i < len(names)-1 || rapid.Bool().Draw(g.t, "trailing comma") {
			b.WriteString(",")
		}
		if pretty && rapid.Bool().Draw(g.t, "comment behind") {
			b.WriteString(" // behind")
		}
	}
	if pretty {
		b.WriteString(g.lineEnd + strings.Repeat("  ", depth))
	} else {
		b.WriteString(g.lineEnd + g.extra())
	}
	return b.String() + "}"
}

func (g fileGenerator) value(depth int) string {
	scalars := []string{`"x"`, `""`, `"\u00e5 // no comment"`, "1.50", "true", "false", "null", "[]", "[1, /*c*/ 2,]", `[{"A":1}]`}
	if depth < 4 && rapid.Bool().Draw(g.t, "object") {
		return g.object(depth)
	}
	return rapid.SampledFrom(scalars).Draw(g.t, "scalar")
}

func drawPath(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "B", "cc", "D", "E", "new"}), 1, 4).Draw(t, "path"), ":")
}

func TestEditsThatChangeNothingKeepEveryByte(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		file := []byte(settingsFile(t))
		var changes []Change
		for path, text := range texts(t, file) {
			var value any = text
			switch {
			case text == "True", text == "False":
				value, _ = strconv.ParseBool(text)
			case text == "", text == "1.50", strings.ContainsAny(path, "0123456789"):
				continue // "" may be null, a number is not a text, and array elements are not edited
			}
			changes = append(changes, Change{Name: path, Value: value})
		}
		changes = append(changes, Change{Name: "not:there", Delete: true})
		edited, err := Edit(file, "", changes)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(edited, file) {
			t.Fatalf("before:\n%q\nafter:\n%q", file, edited)
		}
	})
}

func TestAnEditChangesWhatItNamesAndNothingElse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		checkEdit(t, []byte(settingsFile(t)), drawPath(t), rapid.SampledFrom([]any{"new text", true, 7, nil, Change{Delete: true}}).Draw(t, "value"))
	})
}

// checkEdit makes one edit and holds the file before against the file after. A
// Change as the value is a deletion.
func checkEdit(t interface {
	Helper()
	Fatalf(string, ...any)
}, file []byte, path string, value any) {
	t.Helper()
	change := Change{Name: path, Value: value}
	_, change.Delete = value.(Change)
	edited, err := Edit(file, "", []Change{change})
	if err != nil {
		return // refused; what is refused is another test's matter
	}
	before, after := texts(t, file), texts(t, edited)
	key := fold(path)
	for k := range before {
		if k == key || change.Delete && strings.HasPrefix(k, key+":") {
			delete(before, k)
		}
	}
	if !change.Delete {
		want := map[any]string{true: "True", false: "False", nil: ""}
		text, ok := want[value]
		if !ok {
			text = fmt.Sprint(value)
		}
		if got, ok := after[key]; !ok || got != text {
			t.Fatalf("%s = %q, want %q\nbefore:\n%q\nafter:\n%q", path, got, text, file, edited)
		}
		delete(after, key)
	}
	if !mapsEqual(before, after) {
		t.Fatalf("other settings changed: %v, want %v\nbefore:\n%q\nafter:\n%q", after, before, file, edited)
	}
	again, err := Edit(edited, "", []Change{change})
	if err != nil || !bytes.Equal(again, edited) {
		t.Fatalf("the same edit once more changes the file (%v):\n%q\n%q", err, edited, again)
	}
	checkDiff(t, file, edited)
}

// checkDiff holds that a comparison has every line of both sides once, in order.
func checkDiff(t interface{ Fatalf(string, ...any) }, before, after []byte) {
	old, added := 0, 0
	for _, l := range Diff(before, after) {
		if l.Operation != Added {
			old++
		}
		if l.Operation != Removed {
			added++
		}
		if l.Operation != Added && l.Old != old || l.Operation != Removed && l.New != added {
			t.Fatalf("line %+v is out of order", l)
		}
	}
	if old != len(split(before)) || added != len(split(after)) {
		t.Fatalf("%d and %d lines, want %d and %d", old, added, len(split(before)), len(split(after)))
	}
}

func mapsEqual(a, b map[string]string) bool {
	pairs := func(m map[string]string) []string {
		var all []string
		for k, v := range m {
			all = append(all, k+"="+v)
		}
		slices.Sort(all)
		return all
	}
	return slices.Equal(pairs(a), pairs(b))
}

func FuzzEdit(f *testing.F) {
	f.Fuzz(func(t *testing.T, file []byte, path, value string) {
		checkEdit(t, file, path, value)
		checkEdit(t, file, path, Change{})
	})
}

func FuzzLoad(f *testing.F) {
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, d := range []dialect{{}, {nullIsNull: true, emptyArrayIsText: true}} {
			l, err := jsonLayer("f.json", file, d)
			if err != nil {
				if _, ok := errors.AsType[*FileError](err); !ok {
					t.Fatalf("error of type %T: %v", err, err)
				}
				continue
			}
			lines := bytes.Count(decode(file), []byte("\n")) + 1
			for key, v := range l.values {
				if fold(v.Key) != key || v.Origin.Line < 1 || v.Origin.Line > lines || v.Origin.Kind != File {
					t.Fatalf("value %q from %+v at %q", v.Key, v.Origin, key)
				}
				if v.null && v.content.Reveal() != "" {
					t.Fatalf("null at %q has a text", key)
				}
			}
			c := &Configuration{layers: []*layer{l}}
			for _, child := range c.Children("") {
				if len(c.Children(child)) == 0 && len(c.All(child)) == 0 {
					t.Fatalf("child %q is not there", child)
				}
			}
			for _, section := range c.MaskinportenSections() {
				_, err := ReadMaskinporten(c, section)
				if _, isFlag := errors.AsType[*FlagError](err); err != nil && !isFlag {
					t.Fatalf("section %q: %v", section, err)
				}
			}
		}
	})
}
