package house_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The limits of a file, in lines.
const (
	maxLines     = 500
	maxMainLines = 15
)

// drawers are names that say where something was put, not what it is.
var drawers = regexp.MustCompile(`^(utils?|helpers?|common|misc|shared|base|lib)(_test)?(\.go)?$`)

// sources calls visit for each Go file of the module, with its slash-separated
// path from the root. Folders that are no packages are left out as Go does.
func sources(t *testing.T, visit func(path string, text []byte)) {
	t.Helper()
	top := root(t)
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != top && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || hasFile(path, "go.mod")) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(top, path)
		if err != nil {
			return err
		}
		visit(filepath.ToSlash(rel), text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func hasFile(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}

func TestFilesHaveOneSubject(t *testing.T) {
	t.Parallel()
	count := 0
	sources(t, func(path string, text []byte) {
		count++
		limit := maxLines
		if strings.HasPrefix(path, "cmd/") && strings.HasSuffix(path, "/main.go") {
			limit = maxMainLines
		}
		if lines := bytes.Count(text, []byte("\n")); lines > limit {
			t.Errorf("%s has %d lines; the limit is %d", path, lines, limit)
		}
		for part := range strings.SplitSeq(path, "/") {
			if drawers.MatchString(part) {
				t.Errorf("%s: %q does not say what is inside", path, part)
			}
		}
	})
	if count < 10 {
		t.Errorf("only %d Go files found; is the root right?", count)
	}
}

func TestExportedNamesAreDocumented(t *testing.T) {
	t.Parallel()
	fset := token.NewFileSet()
	folders := map[string][]*ast.File{}
	sources(t, func(path string, text []byte) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		file, err := parser.ParseFile(fset, path, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Error(err)
			return
		}
		dir := path[:strings.LastIndex(path, "/")]
		folders[dir] = append(folders[dir], file)
	})
	for dir, files := range folders {
		if !slices.ContainsFunc(files, func(f *ast.File) bool { return f.Doc != nil }) {
			t.Errorf("%s has no package comment", dir)
		}
		for _, id := range undocumented(files) {
			t.Errorf("%s: %s is exported and has no comment", fset.Position(id.Pos()), id.Name)
		}
	}
}

// undocumented returns the exported names of a package that no comment belongs
// to. A comment over a group of constants or variables holds for all of them. A
// method needs none when an interface says what it does: error, fmt.Stringer,
// the one that errors.Is and As look for, or an interface of the same package.
func undocumented(files []*ast.File) []*ast.Ident {
	promised := map[string]bool{"Error": true, "Unwrap": true, "String": true}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			if i, ok := n.(*ast.InterfaceType); ok {
				for _, method := range i.Methods.List {
					for _, id := range method.Names {
						promised[id.Name] = promised[id.Name] || method.Doc != nil || method.Comment != nil
					}
				}
			}
			return true
		})
	}
	var missing []*ast.Ident
	note := func(id *ast.Ident, docs ...*ast.CommentGroup) {
		if id.IsExported() && !slices.ContainsFunc(docs, func(doc *ast.CommentGroup) bool { return doc != nil }) {
			missing = append(missing, id)
		}
	}
	for _, file := range files {
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil || ast.IsExported(receiver(d)) && !promised[d.Name.Name] {
					note(d.Name, d.Doc)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.TypeSpec:
						if d.Lparen.IsValid() {
							note(s.Name, s.Doc)
						} else {
							note(s.Name, d.Doc)
						}
					case *ast.ValueSpec:
						for _, id := range s.Names {
							note(id, d.Doc, s.Doc, s.Comment)
						}
					}
				}
			}
		}
	}
	return missing
}

func receiver(d *ast.FuncDecl) string {
	expr := d.Recv.List[0].Type
	for {
		switch x := expr.(type) {
		case *ast.StarExpr:
			expr = x.X
		case *ast.IndexExpr:
			expr = x.X
		case *ast.IndexListExpr:
			expr = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

func TestUndocumentedFindsWhatHasNoComment(t *testing.T) {
	t.Parallel()
	const text = `package p
// A is.
type A struct{}
type B struct{}
func (A) M() {}
// N does.
func (*A) N() {}
func (b *G[T]) O() {}
func (hidden) P() {}
func (A) Error() string { return "" }
type doer interface {
	Do() // does
	Undo()
}
func (A) Do() {}
func (A) Undo() {}
// Group.
const ( C = 1; D = 2 )
var ( E = 1 // E is.
F = 2 )
type ( H int
// I is.
I int )
func main() {}
`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, id := range undocumented([]*ast.File{file}) {
		got = append(got, id.Name)
	}
	if want := []string{"B", "M", "O", "Undo", "F", "H"}; !slices.Equal(got, want) {
		t.Errorf("undocumented = %v, want %v", got, want)
	}
}
