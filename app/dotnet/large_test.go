package dotnet

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// What is generated, or meant to harm, has as many lines as it likes. The time
// is a hundred times what is needed, and less than what grows faster would take.
func TestLargeFilesTakeNoLongerThanTheyAre(t *testing.T) {
	t.Parallel()
	const web = `<Project Sdk="Microsoft.NET.Sdk.Web"/>`
	methods := "class A {\n" + strings.Repeat(`void M(int a) { var x = new Foo(a, "b"); x.Call(a); if (a == 2) { return; } _c.BaseAddress = a; }`+"\n", 5000) + "}\n"
	doubling := "F0();\n"
	for i := range 60 {
		doubling += fmt.Sprintf("void F%d() { F%d(); F%d(); }\n", i, i+1, i+1)
	}
	asked, set := "", ""
	for i := range 5 {
		asked += fmt.Sprintf("var v%d = %s;\n", i, strings.Repeat(fmt.Sprintf("v%d || ", i+1), 200)+"x")
		set += strings.Repeat(fmt.Sprintf("v%d = v%d;\n", 4-i, 5-i), 200)
	}
	for name, program := range map[string]string{
		"methods":              methods,
		"calls that fork":      doubling,
		"conditions that fork": asked + "if (v0) { builder.AddAzureKeyVaultAsConfigProvider(); }",
		"variables that fork":  set + "services.AddMaskinportenHttpClient<A, B>(v0);",
		"conditions":           "var v = a" + strings.Repeat(" || a", 1000) + ";\n" + strings.Repeat("if (v) { b.AddAzureKeyVaultAsConfigProvider(); }\n", 3000),
		"clients":              set + strings.Repeat("services.AddMaskinportenHttpClient<A, B>(v0);\n", 3000),
		"signs":                strings.Repeat("$", 1<<18),
		"an open hole":         `var a = $"{` + strings.Repeat("\n", 1<<18) + `}";`,
		"open brackets":        strings.Repeat("(", 1<<18),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			code, err := Read(fstest.MapFS{"App/App.csproj": {Data: []byte(web)}, "App/Program.cs": {Data: []byte(program)}})
			if err != nil {
				t.Fatal(err)
			}
			code.GuideDefects()
			if took := time.Since(begin); took > time.Minute {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// A property that is made of others many times over has no value.
func TestPropertiesThatDoNotEnd(t *testing.T) {
	t.Parallel()
	project := `<Project><PropertyGroup><A>` + strings.Repeat("$(A)", 100) + `</A></PropertyGroup>
		<ItemGroup><PackageReference Include="Altinn.App.Api" Version="$(A)"/></ItemGroup></Project>`
	begin := time.Now()
	code, err := Read(fstest.MapFS{"App.csproj": {Data: []byte(project)}})
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := code.Package(PackageAPI); !ok || p.Version != "" || time.Since(begin) > time.Minute {
		t.Errorf("%v with version %q after %s", ok, p.Version, time.Since(begin))
	}
}
