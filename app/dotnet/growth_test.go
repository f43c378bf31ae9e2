package dotnet

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// hostile are files of about n bytes that do harm where time or memory grows faster
// than they do.
var hostile = map[string]func(n int) string{
	"open holes": func(n int) string { return strings.Repeat("$\"{\n", n/4) },
	"long fence": func(n int) string { return strings.Repeat(`"`, n/2) + strings.Repeat(`"`, n/2-1) + "x" },
	"quote runs": func(n int) string {
		return strings.Repeat(`"`, 1000) + strings.Repeat(strings.Repeat(`"`, 999)+"x", n/1000)
	},
	"generics":         func(n int) string { return strings.Repeat("a<", n/2) },
	"classes":          func(n int) string { return strings.Repeat("class A ", n/8) },
	"class bases":      func(n int) string { return "class A : " + strings.Repeat("B, ", n/3) },
	"many class bases": func(n int) string { return strings.Repeat("class A : B, ", n/13) },
	"wheres":           func(n int) string { return strings.Repeat("a b() where ", n/12) },
	"arrows":           func(n int) string { return strings.Repeat("a b() => ", n/9) },
	"ifs": func(n int) string {
		return "class A { void Main() {" + strings.Repeat("if(a) ", n/6) + "b.AddAzureKeyVault(); } }"
	},
	"ifs top":  func(n int) string { return strings.Repeat("if(a) ", n/6) + "b.AddAzureKeyVault();" },
	"else ifs": func(n int) string { return strings.Repeat("if(a){} else ", n/13) + "b.AddAzureKeyVault();" },
	"#ifs":     func(n int) string { return strings.Repeat("#if A\n#endif\n", n/13) },
	"guards": func(n int) string {
		return "if (" + strings.Repeat("a||", n/6) + "a) {" + strings.Repeat("b.AddAzureKeyVault();\n", n/44) + "}"
	},
	"two guards": func(n int) string {
		return "if (b) if (" + strings.Repeat("a||", n/6) + "a) {" + strings.Repeat("b.AddAzureKeyVault();\n", n/44) + "}"
	},
	"nots": func(n int) string { return "if (" + strings.Repeat("!", n) + "a) { b.AddAzureKeyVault(); }" },
	"parens": func(n int) string {
		return "if (" + strings.Repeat("(", n/2) + "a" + strings.Repeat(")", n/2) + ") { b.AddAzureKeyVault(); }"
	},
	"chained assignment": func(n int) string {
		return strings.Repeat("v = ", n/8) + "x;" + strings.Repeat("s.AddMaskinportenHttpClient<A,B>(v);\n", n/72)
	},
	"nested clients": func(n int) string { return strings.Repeat("AddMaskinportenHttpClient(", n/26) },
	"nested clients closed": func(n int) string {
		return strings.Repeat("AddMaskinportenHttpClient(", n/27) + strings.Repeat(")", n/27)
	},
	"nested vaults": func(n int) string { return strings.Repeat("AddAzureKeyVault(", n/17) },
	"nested scopes": func(n int) string { return strings.Repeat("GetAccessToken(\"a:b\",", n/20) },
	"scope = scope": func(n int) string { return strings.Repeat("Scope = ", n/8) },
	"sections": func(n int) string {
		return strings.Repeat("v = v.GetSection(\"a\");", n/44) + strings.Repeat("s.AddMaskinportenHttpClient<A,B>(v);\n", n/72)
	},
	"long chain": func(n int) string {
		return "x = y" + strings.Repeat(".GetSection(\"a\")", n/32) + ";" + strings.Repeat("s.AddMaskinportenHttpClient<A,B>(x);\n", n/72)
	},
	"chains": func(n int) string {
		return strings.Repeat("x = ", n/8) + "y" + strings.Repeat(".GetSection(\"a\")", n/32) + ";s.AddMaskinportenHttpClient<A,B>(x);"
	},
	"base addresses": func(n int) string {
		return "class A { void M() {" + strings.Repeat("_c.BaseAddress = a;\n", n/20) + "} }"
	},
	"base addresses of many": func(n int) string {
		var b strings.Builder
		b.WriteString("class A { void M() {")
		for i := 0; b.Len() < n; i++ {
			fmt.Fprintf(&b, "_c%d.BaseAddress = a;\n", i)
		}
		return b.String() + "} }"
	},
	"lambdas": func(n int) string {
		return "class A { void M() {" + strings.Repeat("x => ", n/10) + strings.Repeat("_c.BaseAddress = a;\n", n/40) + "} }"
	},
	"uploads": func(n int) string {
		return "class A { void M() {" + strings.Repeat("var u = \"/data?dataType=a\";\n", n/28) + "PostAsync(u); } }"
	},
	"uploads never sent": func(n int) string {
		return "class A { void M() {" + strings.Repeat("var u = \"/data?dataType=a\";\n", n/28) + "} }"
	},
	"senders": func(n int) string {
		return "class A { void M() {" + strings.Repeat("r = await c.PostAsync(\"/data?dataType=a\");\n", n/43) + "} }"
	},
	"statement starts": func(n int) string {
		return "class A { void M() {" + strings.Repeat("await c.PostAsync(\"/data?dataType=a\"),\n", n/38) + "} }"
	},
	"nested functions":         func(n int) string { return strings.Repeat("void A(){", n/9) + "PostAsync(1);" },
	"nested functions calling": func(n int) string { return strings.Repeat("void A(){ B();", n/14) + "PostAsync(1);" },
	"nested hooks":             func(n int) string { return strings.Repeat("class A : IProcessTaskEnd { void B() {", n/38) },
	"task end": func(n int) string {
		return "class A : IProcessTaskEnd { void B() {" + strings.Repeat("PostAsync(1);\n", n/14) + "} }"
	},
	"long name": func(n int) string {
		return "class A { void " + strings.Repeat("m", n/2) + "() {" + strings.Repeat("_c.BaseAddress = a;\n", n/40) + "} }"
	},
	"long constant": func(n int) string {
		return "const string A = \"" + strings.Repeat("a", n/2) + "\"; const string B = A" + strings.Repeat("+A", n/4) + ";"
	},
	"doubling constants": func(n int) string {
		s := "const string A0 = \"aaaaaaaaaa\";"
		for i := range 40 {
			s += fmt.Sprintf("const string A%d = A%d + A%d;", i+1, i, i)
		}
		return s
	},
	"usings":  func(n int) string { return strings.Repeat("using ", n/6) },
	"usings2": func(n int) string { return strings.Repeat("using (a) ", n/10) },
	"class chain": func(n int) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			fmt.Fprintf(&b, "class A%d : A%d {}\n", i, i+1)
		}
		return b.String()
	},
	"same class":   func(n int) string { return strings.Repeat("partial class A : B {}\n", n/23) },
	"calls":        func(n int) string { return "void F(){ if(a){} }\n" + strings.Repeat("F();", n/4) },
	"attributes":   func(n int) string { return strings.Repeat("[A(\"b\")] ", n/9) },
	"strings":      func(n int) string { return strings.Repeat("\"apps.tt02\" ", n/12) },
	"hole strings": func(n int) string { return strings.Repeat(`$"{`, n/3) },
	"hole quotes":  func(n int) string { return `$"{` + strings.Repeat(`$$$$"`, n/5) },
	"scope texts":  func(n int) string { return `GetAccessToken("` + strings.Repeat("a:b ", n/4) + `")` },
	"modifiers":    func(n int) string { return strings.Repeat("public abstract ", n/16) + strings.Repeat("class A {} ", 1) },
	"brackets":     func(n int) string { return strings.Repeat("()", n/2) },
	"GetSection nested": func(n int) string {
		return "s.AddMaskinportenHttpClient<A,B>(" + strings.Repeat("GetSection(", n/11) + strings.Repeat(")", n/11)
	},
}

// BenchmarkGrowth tells how much longer a file of twice the length takes, which is 2
// where the time grows with the length.
func BenchmarkGrowth(b *testing.B) {
	const size = 64 << 10
	for name, file := range hostile {
		b.Run(name, func(b *testing.B) {
			short, long := file(size), file(2*size)
			var took [2]time.Duration
			for b.Loop() {
				for n, program := range []string{short, long} {
					begin := time.Now()
					if _, err := readAll(program); err != nil {
						b.Fatal(err)
					}
					took[n] += time.Since(begin)
				}
			}
			b.ReportMetric(float64(took[1])/float64(took[0]), "ratio")
		})
	}
}

// readAll asks all that can be asked of a program.
func readAll(program string) (*Code, error) {
	const project = `<Project Sdk="Microsoft.NET.Sdk.Web"><ItemGroup><PackageReference Include="Altinn.App.Api" Version="9.0.0"/></ItemGroup></Project>`
	code, err := Read(fstest.MapFS{"App/App.csproj": {Data: []byte(project)}, "App/Program.cs": {Data: []byte(program)}})
	if err != nil {
		return nil, err
	}
	code.GuideDefects()
	code.Hooks()
	_, _ = AddVault([]byte(program)) // which says that it is no program of a template
	return code, nil
}

// TestWhatIsToldIsBounded holds that what is told of a file does not come to its
// length squared, or to more.
func TestWhatIsToldIsBounded(t *testing.T) {
	t.Parallel()
	const size = 16 << 10
	for name, file := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, err := readAll(file(size))
			if err != nil {
				t.Fatal(err)
			}
			told := 0
			for _, s := range code.Program.Steps {
				told += len(s.Guard)
			}
			for _, r := range code.Registrations {
				told += len(r.Section) + len(r.Definition)
			}
			for _, s := range code.Scopes {
				told += len(s.Name)
			}
			for _, h := range code.Hooks() {
				told += len(h.Class)
			}
			for _, d := range code.GuideDefects() {
				told += len(d.What)
			}
			if most := maxWalked + 200*size; told > most {
				t.Errorf("%d bytes are told, more than %d", told, most)
			}
		})
	}
}

// TestTables holds what is found for a whole file at once against what it means.
func TestTables(t *testing.T) {
	t.Parallel()
	for name, file := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := parse("A.cs", file(1<<10))
			c := conditionsOf(s)
			for i := range s.tokens {
				if got, want := s.statementEnd(i), endOf(s, i); got != want {
					t.Fatalf("the statement at %d ends at %d, not %d", i, got, want)
				}
				if got, want := s.statementStart(i), startOf(s, i); got != want {
					t.Fatalf("the statement at %d starts at %d, not %d", i, got, want)
				}
				if got, want := s.typeArguments(i), argumentsOf(s, i); got != want {
					t.Fatalf("the type arguments at %d end at %d, not %d", i, got, want)
				}
				if got, want := c.statement(i), branchOf(s, i); got != want {
					t.Fatalf("the branch at %d is %v, not %v", i, got, want)
				}
			}
		})
	}
}

func endOf(s *source, i int) int {
	for i < len(s.tokens) && !s.is(i, ";", ")", "]", "}") {
		if s.is(i, "(", "[", "{") {
			i = s.behind(i)
		} else {
			i++
		}
	}
	return i
}

func startOf(s *source, i int) int {
	for i > 0 && !s.is(i-1, ";", "{", "}") {
		i--
	}
	return i
}

func argumentsOf(s *source, i int) int {
	depth := 0
	for at := i; s.is(i, "<") && at < min(i+maxHeader, len(s.tokens)); at++ {
		switch {
		case s.is(at, "<"):
			depth++
		case s.is(at, ">"):
			if depth--; depth == 0 {
				return at + 1
			}
		case !s.isWord(at) && !s.is(at, ",", ".", "?", "[", "]", ":", "(", ")"):
			return i
		}
	}
	return i
}

func branchOf(s *source, i int) [2]int {
	switch {
	case s.is(i, "{"):
		return [2]int{i + 1, max(i+1, s.behind(i)-1)}
	case s.is(i, "if") && s.is(i+1, "("):
		return [2]int{i, branchOf(s, s.behind(i+1))[1]}
	}
	return [2]int{i, endOf(s, i)}
}

// TestWhatIsFoundOfHostileFiles holds that the bounds leave the rest as it is.
func TestWhatIsFoundOfHostileFiles(t *testing.T) {
	t.Parallel()
	code, err := readAll(`
const string A = "` + strings.Repeat("a", maxText) + `"; const string B = A + A; const string C = A;
builder.ConfigureAppWebHost();
if (` + strings.Repeat("(", 2*maxBrackets) + "app.Environment.IsDevelopment()" + strings.Repeat(")", 2*maxBrackets) + `) return;
if (!!!app.Environment.IsDevelopment()) { builder.AddAzureKeyVaultAsConfigProvider(); }
services.AddMaskinportenHttpClient<X, Y>(configuration.GetSection(B));
services.AddMaskinportenHttpClient<X, Y>(configuration.GetSection(C));
client.GetAccessToken("a:b", other.GetAltinnExchangedToken("c:d"), "e:f".Trim(), "altinn:g".Trim());
`)
	if err != nil {
		t.Fatal(err)
	}
	var sections, scopes []string
	for _, r := range code.Registrations {
		sections = append(sections, fmt.Sprint(len(r.Section)))
	}
	for _, s := range code.Scopes {
		scopes = append(scopes, s.Method+" "+s.Name)
	}
	if got := strings.Join(sections, " "); got != fmt.Sprint("0 ", maxText) {
		t.Errorf("the sections are %s long", got)
	}
	if got := strings.Join(scopes, ", "); got != "GetAccessToken a:b, GetAltinnExchangedToken c:d,  altinn:g" {
		t.Errorf("the scopes are %s", got)
	}
	if step, ok := code.Program.Step(VaultProvider); !ok || !step.OutsideDevelopment {
		t.Errorf("the vault is added: %+v", step)
	}
}
