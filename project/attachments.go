package project

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stafett/stafett/internal/nearest"
)

// Attachment carries the files of one data type over to another.
type Attachment struct {
	Position Position
	From, To string // data type ids
	Required bool   // there must be at least one to carry
	// Rename is the pattern of the new name; empty = the name is kept. It holds
	// placeholders of [Placeholders] and ends with {ext}.
	Rename string
	Only   FileFilter
}

// FileFilter says which files are carried; those that it does not let through
// are left behind on purpose. Empty members let everything through.
type FileFilter struct {
	ContentTypes []string // such as image/png, or image/* for all of a kind; in lower case
	Name         string   // a pattern of [path.Match], in lower case
	MaxSize      int64    // bytes; 0 = any
}

// Placeholders are what a pattern for a file's new name may hold: the old name
// without its extension; the extension with its dot; the number of the file, from
// 1, among those that the rule carries; the twelve characters that the citizen's
// receipt shows; the data type in the source.
func Placeholders() []string { return []string{"{name}", "{ext}", "{n}", "{reference}", "{type}"} }

func (r *reader) attachments(n *yaml.Node) []Attachment {
	var attachments []Attachment
	lines := map[[2]string]int{}
	r.items(n, "attachments", func(item *yaml.Node) {
		a := Attachment{Position: position(item)}
		r.mapping(item, "an attachment",
			field{"from", true, r.text("from", &a.From)},
			field{"to", true, r.text("to", &a.To)},
			field{"required", false, r.truth("required", &a.Required)},
			field{"rename", false, r.checked("rename", &a.Rename, checkRename)},
			field{"only", false, func(n *yaml.Node) { r.fileFilter(n, &a.Only) }},
		)
		pair := [2]string{a.From, a.To}
		if line, ok := lines[pair]; ok && a.From != "" {
			r.fault(a.Position, "%s goes to %s already, in line %d", a.From, a.To, line)
			return
		}
		lines[pair] = item.Line
		attachments = append(attachments, a)
	})
	return attachments
}

func (r *reader) fileFilter(n *yaml.Node, f *FileFilter) {
	r.mapping(n, "only",
		field{"contentType", false, func(n *yaml.Node) { f.ContentTypes = r.contentTypes(n) }},
		field{"name", false, func(n *yaml.Node) {
			r.checked("only.name", &f.Name, checkGlob)(n)
			f.Name = strings.ToLower(f.Name)
		}},
		field{"maxSize", false, r.size("only.maxSize", &f.MaxSize)},
	)
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		r.fault(position(n), "only is empty; it needs contentType, name or maxSize")
	}
}

// contentTypes reads one media type or a list of them.
func (r *reader) contentTypes(n *yaml.Node) []string {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		if items = n.Content; len(items) == 0 {
			r.fault(position(n), "only.contentType is empty, so no file would be carried")
		}
	}
	var types []string
	for _, item := range items {
		var t string
		r.checked("only.contentType", &t, checkContentType)(item)
		switch t = strings.ToLower(t); {
		case t == "":
		case slices.Contains(types, t):
			r.fault(position(item), "only.contentType: %s is there already", t)
		default:
			types = append(types, t)
		}
	}
	return types
}

// contentTypeForm is a media type without parameters (RFC 6838, 4.2).
var contentTypeForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/(?:\*|[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*)$`)

func checkContentType(t string) string {
	if !contentTypeForm.MatchString(t) {
		return fmt.Sprintf("%q is no content type; one is such as application/pdf, or image/* for all of a kind", t)
	}
	return ""
}

func checkGlob(pattern string) string {
	if _, err := path.Match(pattern, ""); err != nil {
		return fmt.Sprintf("%q is no pattern; * stands for any characters, ? for one, [a-c] for one of these", pattern)
	}
	return ""
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

func checkRename(pattern string) string {
	for _, p := range placeholder.FindAllString(pattern, -1) {
		if slices.Contains(Placeholders(), p) {
			continue
		}
		if near, ok := nearest.Name(p, Placeholders()); ok {
			return fmt.Sprintf("there is no %s; did you mean %s?", p, near)
		}
		return fmt.Sprintf("there is no %s; there are %s", p, strings.Join(Placeholders(), ", "))
	}
	switch rest := placeholder.ReplaceAllString(pattern, ""); {
	case strings.ContainsAny(rest, "{}"):
		return "a brace stands alone; placeholders are " + strings.Join(Placeholders(), ", ")
	case strings.ContainsAny(rest, `/\:*?"<>|`) || strings.ContainsFunc(rest, func(c rune) bool { return c < ' ' || c == 0x7f }):
		return `a file's name has none of / \ : * ? " < > |`
	case !strings.HasSuffix(pattern, "{ext}") || strings.Count(pattern, "{ext}") > 1:
		return "end it with {ext}: Altinn compares a file's extension with its content type"
	case pattern == "{ext}":
		return "a file needs a name before its extension"
	}
	return ""
}

var sizeForm = regexp.MustCompile(`^([0-9]{1,9}) ?(B|kB|KB|MB|GB|KiB|MiB|GiB)$`)

// size reads a number of bytes with its unit: kB, MB and GB go by the thousand
// (SI), KiB, MiB and GiB by 1024 (IEC 80000-13).
func (r *reader) size(what string, to *int64) func(*yaml.Node) {
	return func(n *yaml.Node) {
		var text string
		r.text(what, &text)(n)
		if text == "" {
			return
		}
		m := sizeForm.FindStringSubmatch(text)
		if m == nil {
			r.fault(position(n), "%s: want a size with its unit, such as 500kB, 10MB or 10MiB", what)
			return
		}
		units := map[string]int64{
			"B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
		}
		count, _ := strconv.ParseInt(m[1], 10, 64) // nine digits at most
		if *to = count * units[m[2]]; *to == 0 {
			r.fault(position(n), "%s: no file is that small, and Altinn refuses empty ones", what)
		}
	}
}
