package dotnet_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stafett/stafett/app/dotnet"
)

const guarded = `if (!builder.Environment.IsDevelopment())
{
    builder.AddAzureKeyVaultAsConfigProvider();
}
`

func TestAddVault(t *testing.T) {
	t.Parallel()
	without := strings.Replace(modernProgram, guarded+"\n", "", 1)
	early := strings.Replace(without, "ConfigureWebHostBuilder(builder.WebHost);", guarded+"ConfigureWebHostBuilder(builder.WebHost);", 1)
	bare := strings.Replace(modernProgram, guarded, "builder.AddAzureKeyVaultAsConfigProvider();\n", 1)
	const short = "var b = WebApplication.CreateBuilder(args);\nb.WebHost.ConfigureAppWebHost(args); // ours\nb.Build().Run();\n\nvoid Later() { }"
	tests := map[string]struct{ program, want string }{
		"nothing there":         {without, modernProgram},
		"with Windows' lines":   {windows(without), windows(modernProgram)},
		"already there":         {modernProgram, modernProgram},
		"added by hand":         {olderProgram, olderProgram},
		"too early":             {early, modernProgram},
		"without its condition": {bare, modernProgram},
		"another name, a comment behind, a byte order mark": {
			"\ufeff" + short,
			"\ufeff" + strings.Replace(short, "// ours\n", "// ours\n\nif (!b.Environment.IsDevelopment())\n{\n    b.AddAzureKeyVaultAsConfigProvider();\n}\n", 1),
		},
		"tabs": {
			short + "\nvoid More()\n{\n\tLater();\n}",
			strings.Replace(short, "// ours\n", "// ours\n\nif (!b.Environment.IsDevelopment())\n{\n\tb.AddAzureKeyVaultAsConfigProvider();\n}\n", 1) + "\nvoid More()\n{\n\tLater();\n}",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := dotnet.AddVault([]byte(test.program))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
			if again, err := dotnet.AddVault(got); err != nil || string(again) != string(got) {
				t.Errorf("a second time it changes again: %v\n%s", err, again)
			}
		})
	}
}

func windows(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

func TestAddVaultRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for name, program := range map[string]string{
		"nothing":             "",
		"no builder":          "Host.CreateDefaultBuilder(args).ConfigureWebHost(w => w.ConfigureAppWebHost(args)).Build().Run();",
		"no sources of ours":  "var builder = WebApplication.CreateBuilder(args);\nbuilder.Build().Run();",
		"in Main":             "class Program { static void Main(string[] args) { var b = WebApplication.CreateBuilder(args); b.WebHost.ConfigureAppWebHost(args); } }",
		"on one line":         "var b = WebApplication.CreateBuilder(args); b.WebHost.ConfigureAppWebHost(args); b.Build().Run();",
		"vault among others":  "var b = WebApplication.CreateBuilder(args);\nif (x) { Log(); b.AddAzureKeyVaultAsConfigProvider(); }\nb.WebHost.ConfigureAppWebHost(args);\n",
		"a comment at it":     "var b = WebApplication.CreateBuilder(args);\nb.WebHost.ConfigureAppWebHost(args);\nb.AddAzureKeyVaultAsConfigProvider(); // Kari knows\n",
		"a comment in it":     "var b = WebApplication.CreateBuilder(args);\nif (!b.Environment.IsDevelopment())\n{\n    // not before Friday\n    b.AddAzureKeyVaultAsConfigProvider();\n}\nb.WebHost.ConfigureAppWebHost(args);\n",
		"vault in a function": "var b = WebApplication.CreateBuilder(args);\nVault();\nb.WebHost.ConfigureAppWebHost(args);\nvoid Vault() { b.AddAzureKeyVaultAsConfigProvider(); }\n",
	} {
		if got, err := dotnet.AddVault([]byte(program)); !errors.Is(err, dotnet.ErrShape) {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
}

func TestAddPackage(t *testing.T) {
	t.Parallel()
	const project = `<Project Sdk="Microsoft.NET.Sdk.Web">
	<ItemGroup>
		<PackageReference Include="Altinn.App.Api" Version="9.0.0">
			<CopyToOutputDirectory>lib\$(TargetFramework)\*.xml</CopyToOutputDirectory>
		</PackageReference>
		<PackageReference Include="Altinn.App.Core" Version="9.0.0" /> <!-- both -->
		<PackageReference Include="Other" Version="1.0.0" />
	</ItemGroup>
</Project>`
	line := "\n\t\t" + dotnet.PackageLine(dotnet.PackageClientLibrary, "10.1.0")
	if line != "\n\t\t"+`<PackageReference Include="Altinn.ApiClients.Maskinporten" Version="10.1.0" />` {
		t.Errorf("line %s", line)
	}
	for name, test := range map[string]struct{ file, want string }{
		"plain":     {project, strings.Replace(project, "9.0.0\" /> <!--", "9.0.0\" />"+line+" <!--", 1)},
		"windows":   {windows(project), windows(strings.Replace(project, "9.0.0\" /> <!--", "9.0.0\" />"+line+" <!--", 1))},
		"there":     {strings.Replace(project, "Other", "altinn.apiclients.maskinporten", 1), strings.Replace(project, "Other", "altinn.apiclients.maskinporten", 1)},
		"byte mark": {"\ufeff" + project, "\ufeff" + strings.Replace(project, "9.0.0\" /> <!--", "9.0.0\" />"+line+" <!--", 1)},
	} {
		got, err := dotnet.AddPackage([]byte(test.file), dotnet.PackageClientLibrary, "10.1.0")
		if err != nil || string(got) != test.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, test.want)
		}
		if again, err := dotnet.AddPackage(got, dotnet.PackageClientLibrary, "10.1.0"); err != nil || string(again) != string(got) {
			t.Errorf("%s: a second time it changes again: %v\n%s", name, err, again)
		}
	}
	props, err := dotnet.AddPackageVersion([]byte(`<Project><ItemGroup><PackageVersion Include="Altinn.App.Api" Version="9.0.0" /></ItemGroup></Project>`), "X", "1.0.0")
	if err != nil || !strings.Contains(string(props), `<PackageVersion Include="X" Version="1.0.0" />`) {
		t.Errorf("%v\n%s", err, props)
	}
	for name, file := range map[string]string{
		"none of ours":   `<Project><ItemGroup><PackageReference Include="Other" /></ItemGroup></Project>`,
		"commented out":  `<Project><!-- <ItemGroup><PackageReference Include="Altinn.App.Api" /></ItemGroup> --></Project>`,
		"on a condition": `<Project><ItemGroup Condition="x"><PackageReference Include="Altinn.App.Api" /></ItemGroup></Project>`,
	} {
		if got, err := dotnet.AddPackage([]byte(file), "X", "1"); !errors.Is(err, dotnet.ErrNoReference) {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
	if _, err := dotnet.AddPackage([]byte("<Project"), "X", "1"); err == nil {
		t.Error("no error for what is no XML")
	}
}

// FuzzAddVault holds that an edit of a program without a vault only inserts, that
// nothing is done twice, and that the vault then stands where it belongs.
func FuzzAddVault(f *testing.F) {
	f.Add(strings.Replace(modernProgram, guarded, "", 1))
	f.Add(olderProgram)
	f.Add("var b = WebApplication.CreateBuilder(args);\r\nif (x) { b.WebHost.ConfigureAppWebHost(args); } else { Y(); }\r\nb.Build();")
	f.Add("var b = WebApplication.CreateBuilder(args);\nvoid H() => b.WebHost.ConfigureAppWebHost(args);\nH();")
	f.Fuzz(func(t *testing.T, program string) {
		got, err := dotnet.AddVault([]byte(program))
		if err != nil {
			return
		}
		if again, err := dotnet.AddVault(got); err != nil || string(again) != string(got) {
			t.Fatalf("a second time: %v\n%q\n%q", err, got, again)
		}
		if strings.Contains(program, "AddAzureKeyVault") || string(got) == program {
			return
		}
		same := 0
		for same < len(program) && program[same] == got[same] {
			same++
		}
		if rest := program[same:]; !strings.HasSuffix(string(got), rest) {
			t.Fatalf("more than an insertion:\n%q\n%q", program, got)
		}
	})
}
