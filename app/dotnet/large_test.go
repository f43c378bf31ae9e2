package dotnet

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// What is generated, or meant to harm, has as many lines as it likes. The times
// are a hundred times what is needed.
func TestLargeFilesTakeNoLongerThanTheyAre(t *testing.T) {
	t.Parallel()
	const web = `<Project Sdk="Microsoft.NET.Sdk.Web"/>`
	methods := "class A {\n" + strings.Repeat(`void M(int a) { var x = new Foo(a, "b"); x.Call(a); if (a == 2) { return; } _c.BaseAddress = a; }`+"\n", 5000) + "}\n"
	doubling := "F0();\n"
	for i := range 60 {
		doubling += fmt.Sprintf("void F%d() { F%d(); F%d(); }\n", i, i+1, i+1)
	}
	for name, program := range map[string]string{
		"methods":         methods,
		"calls that fork": doubling,
		"signs":           strings.Repeat("$", 1<<20),
		"an open hole":    `var a = $"{` + strings.Repeat("\n", 1<<20) + `}";`,
		"open brackets":   strings.Repeat("(", 1<<18),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			code, err := Read(fstest.MapFS{"App/App.csproj": {Data: []byte(web)}, "App/Program.cs": {Data: []byte(program)}})
			if err != nil {
				t.Fatal(err)
			}
			code.GuideDefects()
			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}
