package dotnet_test

import (
	"fmt"
	"testing/fstest"

	"github.com/stafett/stafett/app/dotnet"
)

func ExampleRead() {
	code, err := dotnet.Read(fstest.MapFS{ // or os.DirFS
		"App/App.csproj": {Data: []byte(`<Project Sdk="Microsoft.NET.Sdk.Web">
  <ItemGroup><PackageReference Include="Altinn.App.Api" Version="8.10.0" /></ItemGroup>
</Project>`)},
		"App/Program.cs": {Data: []byte(`var builder = WebApplication.CreateBuilder(args);
builder.WebHost.ConfigureAppWebHost(args);
if (!builder.Environment.IsDevelopment())
    builder.AddAzureKeyVaultAsConfigProvider();
builder.Services.AddHttpClient<CaseClient>().UseMaskinportenAltinnAuthorisation("altinn:serviceowner/instances.write");
builder.Build().Run();`)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("generation", code.Generation())
	for _, step := range code.Program.Steps {
		fmt.Println(step.Position, step.Kind)
	}
	fmt.Println("asks for", code.Scopes[0].Name)
	fmt.Println("takes up a changed secret", code.SecretReading(true).How)
	// Output:
	// generation 8
	// App/Program.cs:2 ConfigureAppWebHost
	// App/Program.cs:4 AddAzureKeyVaultAsConfigProvider
	// asks for altinn:serviceowner/instances.write
	// takes up a changed secret every five minutes
}
