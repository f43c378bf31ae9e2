package dotnet

import (
	"strings"
	"testing"
)

func TestLex(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ source, want string }{
		"code":                         {`a.B("c", 1.5f);`, `a . B ( "c" , 1 . 5f ) ;`},
		"line comment":                 {"a // b(\"c\")\nd", `a d`},
		"block comment":                {"a /* b\n*/ d", `a d`},
		"comment that does not end":    {"a /* b", `a`},
		"address is no comment":        {`"https://x" // y`, `"https://x"`},
		"escaped quote":                {`"a\"b" c`, `"a"b" c`},
		"escaped backslash":            {`"a\\" c`, `"a\" c`},
		"unknown escape":               {`"a\u0041" c`, `"a\u0041" c`},
		"verbatim":                     {`@"a\" c`, `"a\" c`},
		"verbatim quote":               {`@"a""b" c`, `"a"b" c`},
		"verbatim over lines":          {"@\"a\nb\" c", "\"a\nb\" c"},
		"interpolated":                 {`$"a{b}c" d`, `$"a{b}c" d`},
		"interpolated with a string":   {`$"a{b["}"]}c" d`, `$"a{b["}"]}c" d`},
		"interpolated, nested":         {`$"a{$"x{y}"}c" d`, `$"a{$"x{y}"}c" d`},
		"interpolated, nested quote":   {`$"{(a ? "//" : "b")}" d`, `$"{(a ? "//" : "b")}" d`},
		"interpolated character":       {`$"{a.Split('"')}" d`, `$"{a.Split('"')}" d`},
		"braces that are no hole":      {`$"{{a}}" d`, `"{a}" d`},
		"interpolated verbatim":        {`$@"a\{b}""" d`, `$"a\{b}"" d`},
		"interpolated verbatim, other": {`@$"a\{b}" d`, `$"a\{b}" d`},
		"raw":                          {`"""a "b" // c""" d`, `"a "b" // c" d`},
		"raw, longer fence":            {`""""a """ b"""" d`, `"a """ b" d`},
		"raw, quote before the fence":  {`"""a"""" d`, `"a"" d`},
		"raw, interpolated":            {`$"""a{b}""" d`, `$"a{b}" d`},
		"raw, interpolated by two":     {`$$"""{a}{{b}}""" d`, `$"{a}{{b}}" d`},
		"empty string":                 {`"" d`, `"" d`},
		"empty verbatim string":        {`@"" d`, `"" d`},
		"string that does not end":     {"\"a\nb", `"a" b`},
		"character":                    {`'"' a '\'' b`, `'"' a '\'' b`},
		"lone quote":                   {"' a", "' a"},
		"directive":                    {"#region it's \"x\na\n  #endregion\nb", `a b`},
		"hash inside a line":           {"a # b", `a # b`},
		"escaped keyword":              {`@class`, `@class`},
		"lone dollar":                  {`$ a @`, `$ a @`},
		"letters of Norwegian":         {`blåbær.Ærlig()`, `blåbær . Ærlig ( )`},
		"byte order mark":              {"\ufeffusing A;", `using A ;`},
		"hole that does not end":       {"$\"a{b\nc", "$\"a{b\" c"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, token := range lex(test.source) {
				switch {
				case token.interpolated:
					got = append(got, `$"`+token.value+`"`)
				case token.kind == text:
					got = append(got, `"`+token.value+`"`)
				default:
					got = append(got, token.value)
				}
			}
			if joined := strings.Join(got, " "); joined != test.want {
				t.Errorf("%s\ngot  %s\nwant %s", test.source, joined, test.want)
			}
		})
	}
}

func TestTokensKnowTheirLines(t *testing.T) {
	t.Parallel()
	source := "a\r\n/* b\nc */ @\"d\ne\" f // g\n\"\"\"\nh\n\"\"\" i"
	want := map[string]int{"a": 1, "d\ne": 3, "f": 4, "\nh\n": 5, "i": 7}
	for _, token := range lex(source) {
		if token.line != want[token.value] {
			t.Errorf("%q is on line %d, want %d", token.value, token.line, want[token.value])
		}
	}
}

// FuzzLex holds that any text gives tokens in order, each a piece of it, with
// nothing but white space, comments and directives between them.
func FuzzLex(f *testing.F) {
	for _, seed := range []string{
		`$"a{$"x{y}"}c" d`, `$$"""{a}{{b}}""" d`, "@\"a\"\"b\"", "'\\''", "#if X\n\"", "$\"{", `"\`, "/*", "$@\"{", "\"\"\"\n", "$\"{'", "\ufeff$$$",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		at, line := 0, 1
		for _, token := range lex(source) {
			if token.start < at || token.end <= token.start || token.end > len(source) {
				t.Fatalf("token %q at %d to %d after %d, of %d bytes", token.value, token.start, token.end, at, len(source))
			}
			line += strings.Count(source[at:token.start], "\n")
			if token.line != line {
				t.Fatalf("token %q on line %d, want %d", token.value, token.line, line)
			}
			line += strings.Count(source[token.start:token.end], "\n")
			at = token.end
		}
		parse("x.cs", source) // must not panic
	})
}
