package dotnet_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stafett/stafett/app/dotnet"
)

// manyWays are interfaces that lead to a hook in 2^60 ways.
func manyWays() string {
	var code strings.Builder
	code.WriteString("interface I0 : IValidator { }\n")
	for n := range 60 {
		fmt.Fprintf(&code, "interface A%[1]d : I%[1]d { }\ninterface B%[1]d : I%[1]d { }\ninterface I%[2]d : A%[1]d, B%[1]d { }\n", n, n+1)
	}
	return code.String() + "class Way : I60 { }"
}

func TestHooks(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		files map[string]string
		want  []string
	}{
		"an end of a task":            {map[string]string{"App/logic/End.cs": "namespace A;\n\npublic class End : IProcessTaskEnd\n{\n}"}, []string{"End IProcessTaskEnd App/logic/End.cs:3"}},
		"two interfaces in one class": {map[string]string{"App/A.cs": "class Both(IFoo f) : Base<int>(f), IDataProcessor, Altinn.App.Core.Features.IProcessEnd { }"}, []string{"Both IDataProcessor App/A.cs:1", "Both IProcessEnd App/A.cs:1"}},
		"with type arguments":         {map[string]string{"App/A.cs": "class V : GenericFormDataValidator<Skjema>\n{ public V() : base(\"skjema\") { } }"}, []string{"V GenericFormDataValidator App/A.cs:1"}},
		"through a class of its own": {map[string]string{
			"App/A.cs": "public abstract class Common : IAppOptionsProvider { }", "App/B.cs": "// land\nsealed class Land : Common { }",
		}, []string{"Land IAppOptionsProvider App/B.cs:2"}},
		"the names of the newest generation": {map[string]string{"App/A.cs": "class S : IServiceTask { }\nclass P : IPipelineServiceTask { }\nclass O : IOnProcessEndingHandler { }"}, []string{
			"S IServiceTask App/A.cs:1", "P IPipelineServiceTask App/A.cs:2", "O IOnProcessEndingHandler App/A.cs:3",
		}},
		"end points and background work of its own": {map[string]string{"App/A.cs": "[ApiController]\npublic class Status : ControllerBase { }\nclass Poll : BackgroundService { }"}, []string{
			"Status ControllerBase App/A.cs:2", "Poll BackgroundService App/A.cs:3",
		}},
		"in more ways than can be walked": {map[string]string{"App/A.cs": manyWays()}, []string{"Way IValidator App/A.cs:182"}},
		"a class in two parts":            {map[string]string{"App/A.cs": "partial class P : IValidator { }", "App/B.cs": "partial class P { }"}, []string{"P IValidator App/A.cs:1"}},
		"nothing of the library's": {map[string]string{
			"App/A.cs": "public interface IMine : IProcessTaskEnd { }\npublic class Client { IProcessTaskEnd field; void Use(IDataProcessor p) { } }\nclass C<T> where T : IProcessEnd { }",
			"App/B.cs": "// class Old : IProcessTaskEnd { }\nclass Text { string s = \"class X : IValidator\"; }\nclass Round : Round { }",
		}, nil},
		"a data model and a test project": {map[string]string{
			"App/models/m.cs": "class M : IValidator { }", "test/t.csproj": `<Project Sdk="Microsoft.NET.Sdk"><ItemGroup><PackageReference Include="Microsoft.NET.Test.Sdk" Version="17.9.0" /></ItemGroup></Project>`, "test/T.cs": "class T : IProcessTaskEnd { }",
		}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := fstest.MapFS{}
			for path, text := range c.files {
				files[path] = &fstest.MapFile{Data: []byte(text)}
			}
			code, err := dotnet.Read(files)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, hook := range code.Hooks() {
				got = append(got, fmt.Sprint(hook.Class, " ", hook.Interface, " ", hook.Position))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("hooks %q, want %q", got, c.want)
			}
		})
	}
}
