package dotnet_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stafett/stafett/app/dotnet"
)

// A client as people have written it after the guide, and one done right.
const (
	copiedClient = `public class AppInstantiationClient
{
    private readonly HttpClient _client;
    private readonly GeneralSettings _settings;

    public AppInstantiationClient(HttpClient httpClient, IOptions<GeneralSettings> settings)
    {
        _client = httpClient;
        _settings = settings.Value;
    }

    public async Task<Instance> CreateNewInstance(string org, string app, InstansiationInstance template)
    {
        _client.BaseAddress = new Uri($"https://{org}.apps.{_settings.HostName}");
        var content = new StringContent(JsonConvert.SerializeObject(template), Encoding.UTF8, "application/json");
        HttpResponseMessage response = await _client.PostAsync($"{org}/{app}/instances/create", content);
        if (response.IsSuccessStatusCode)
        {
            return JsonConvert.DeserializeObject<Instance>(await response.Content.ReadAsStringAsync());
        }
        throw await PlatformHttpException.CreateAsync(response);
    }

    public async Task InsertBinaryData(string org, string app, string instanceId, Stream stream)
    {
        _client.BaseAddress = new Uri($"https://{org}.apps.{_settings.HostName}");
        HttpResponseMessage response = await _client.PostAsync($"{org}/{app}/instances/{instanceId}/data?dataType=vedlegg", new StreamContent(stream));
        if (response.IsSuccessStatusCode)
        {
            await Task.CompletedTask;
        }
    }
}`
	copiedTaskEnd = `public class ProcessTaskEnd : IProcessTaskEnd
{
    private readonly AppInstantiationClient _appClient;

    public async Task End(string taskId, Instance instance)
    {
        if (taskId != "Task_2") { return; }
        Instance created = await _appClient.CreateNewInstance("ttd", "mottak", Template(instance));
    }
}`
	carefulClient = `public class CaseClient(HttpClient client, IHttpClientFactory factory)
{
    private readonly HttpClient _other;

    public CaseClient(HttpClient other) { _other = other; _other.BaseAddress = new Uri("https://platform.tt02.altinn.no/"); }

    public async Task<Instance> Create(string org, string app, MultipartContent content)
    {
        var own = factory.CreateClient();
        own.BaseAddress = new Uri($"https://{org}.apps.tt02.altinn.no");
        // own.PostAsync("https://x.apps.tt02/");
        if (client.BaseAddress == null) { throw new InvalidOperationException("client.BaseAddress = is not set"); }
        var response = await own.PostAsync($"{org}/{app}/instances", content);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<Instance>();
    }

    public async Task Upload(string address, string dataType, Stream stream)
    {
        var response = await client.PostAsync($"{address}/data?dataType={dataType}", new StreamContent(stream));
        if (!response.IsSuccessStatusCode) { Fail(response); }
    }

    public Task<Stream> Download(string address) => client.GetStreamAsync($"{address}/data?dataType=vedlegg");

    public static void Register(IServiceCollection services) =>
        services.AddHttpClient<CaseClient>((provider, client) => { client.BaseAddress = new Uri("https://ttd.apps.altinn.no"); });
}`
	carefulTaskEnd = `public class Notify : IProcessTaskEnd
{
    public async Task End(string taskId, Instance instance)
    {
        await _queue.Add(instance.Id); // and not _client.Create(instance)
    }
}`
)

// defects prints defects, one line each.
func defects(code *dotnet.Code) string {
	var all []string
	for _, d := range code.GuideDefects() {
		all = append(all, fmt.Sprintf("%s %s", d.Position, d.ID))
	}
	return strings.Join(all, "\n")
}

func TestGuideDefects(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		files map[string]string
		want  string
	}{
		"the guide, generation 8": {
			map[string]string{"App.csproj": web("8.6.0"), "logic/Client.cs": copiedClient, "logic/ProcessTaskEnd.cs": copiedTaskEnd},
			`logic/Client.cs:14 base-address-in-method
logic/Client.cs:16 create-endpoint-with-attachments
logic/Client.cs:26 base-address-in-method
logic/Client.cs:27 data-type-hard-coded
logic/Client.cs:27 upload-result-ignored
logic/ProcessTaskEnd.cs:8 handover-in-task-end`,
		},
		"the guide, generation 9": {
			map[string]string{"App.csproj": web("9.0.0"), "Hook.cs": copiedTaskEnd, "Program.cs": `services.ConfigureMaskinportenClient("X");
services.AddHttpClient<C>().UseMaskinportenAltinnAuthorisation("altinn:serviceowner");
throw await PlatformHttpException.CreateAsync(response);
throw await PlatformHttpException.Create(response); // IProcessTaskEnd`},
			`Hook.cs:1 removed-in-generation-9
Program.cs:1 removed-in-generation-9
Program.cs:2 removed-in-generation-9
Program.cs:3 removed-in-generation-9`,
		},
		"done right": {
			map[string]string{"App.csproj": web("8.6.0"), "Client.cs": carefulClient, "Hook.cs": carefulTaskEnd}, "",
		},
		"in the tests of the application": {
			map[string]string{
				"App/App.csproj":     web("8.6.0"),
				"Tests/Tests.csproj": `<Project Sdk="Microsoft.NET.Sdk"><ItemGroup><PackageReference Include="Microsoft.NET.Test.Sdk" Version="17.0.0" /></ItemGroup></Project>`,
				"Tests/Client.cs":    copiedClient,
			}, "",
		},
		"without attachments the simplified endpoint is no mistake": {
			map[string]string{"Client.cs": `class C { async Task Create() { var r = await client.PostAsync($"{org}/{app}/instances/create", c); r.EnsureSuccessStatusCode(); } }`}, "",
		},
		"handover by way of a service, in the hook of generation 9": {
			map[string]string{
				"Service.cs": `class Service { public Task Handover(Instance i) => Send(i); async Task Send(Instance i) { await client.PostAsync(url + "/instances", c); } }`,
				"Hook.cs":    "class Hook : Base<Instance>, Features.IOnTaskEndingHandler\n{\n  public async Task<R> Execute(Context c)\n  {\n    await service.Handover(c.Instance);\n  }\n}",
			}, "Hook.cs:5 handover-in-task-end",
		},
		"a name that others have too tells nothing": {
			map[string]string{
				"Service.cs": `class Service { async Task Save(Instance i) { await client.PostAsync(url + "/instances", c); } }`,
				"Log.cs":     `class Log { public void Save(Instance i) { } }`,
				"Hook.cs":    "class Hook : IProcessTaskEnd { public async Task End(string t, Instance i) { log.Save(i); } }",
			}, "",
		},
		"hosts": {
			map[string]string{"Hosts.cs": `class H { string[] All = [
"https://ttd.apps.tt02/",
$"https://{org}.apps.tt02",
"https://platform.at22/storage",
"https://ttd.apps.tt02.altinn.no/",
$"https://{org}.apps.{host}",
"https://example.com/apps.tt02x" ]; }`},
			"Hosts.cs:2 malformed-test-host\nHosts.cs:3 malformed-test-host\nHosts.cs:4 malformed-test-host",
		},
		"settings copied before the vault is there": {
			map[string]string{"Program.cs": `var builder = WebApplication.CreateBuilder(args);
Register(builder.Services, builder.Configuration);
builder.WebHost.ConfigureAppWebHost(args);
builder.AddAzureKeyVaultAsConfigProvider();
void Register(IServiceCollection services, IConfiguration config)
{
  var settings = config.GetSection("A").Get<MaskinportenSettings>();
  services.AddMaskinportenHttpClient<SettingsJwkClientDefinition, C>(settings);
  services.AddMaskinportenHttpClient<SettingsJwkClientDefinition, D>(config.GetSection("A"));
}`}, "Program.cs:8 settings-read-before-vault",
		},
		"settings copied after": {
			map[string]string{"Program.cs": `builder.WebHost.ConfigureAppWebHost(args);
builder.AddAzureKeyVaultAsConfigProvider();
builder.Services.AddMaskinportenHttpClient<SettingsJwkClientDefinition, C>(builder.Configuration.GetSection("A").Get<MaskinportenSettings>());`}, "",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code := read(t, test.files)
			if got := defects(code); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
			for _, d := range code.GuideDefects() {
				if d.What == "" || d.Remedy == "" {
					t.Errorf("incomplete: %+v", d)
				}
			}
		})
	}
}

func TestUploadsWhoseResultIsIgnored(t *testing.T) {
	t.Parallel()
	const send = `await client.PostAsync($"{url}/data?dataType={type}", file)`
	for body, ignored := range map[string]bool{
		"{ " + send + "; }":         true,
		"{ var r = " + send + "; }": true,
		"{ var r = " + send + "; if (r.IsSuccessStatusCode) { } }":                                                                         true,
		"{ using HttpResponseMessage r = " + send + "; if (r.IsSuccessStatusCode) { log(await r.Content.ReadAsStringAsync()); } return; }": true,

		"=> " + send[len("await "):] + ";":                                                   false,
		"{ return " + send + "; }":                                                           false,
		"{ (" + send + ").EnsureSuccessStatusCode(); }":                                      false,
		"{ Check(" + send + "); }":                                                           false,
		"{ var r = " + send + "; r.EnsureSuccessStatusCode(); }":                             false,
		"{ var r = " + send + "; await Check(r); }":                                          false,
		"{ var r = " + send + "; return r; }":                                                false,
		"{ var r = " + send + "; if (!r.IsSuccessStatusCode) { Fail(); } }":                  false,
		"{ var r = " + send + "; if (r.IsSuccessStatusCode is false) { Fail(); } }":          false,
		"{ var r = " + send + "; if (r.StatusCode != HttpStatusCode.Created) { Fail(); } }":  false,
		"{ var r = " + send + "; if (r.IsSuccessStatusCode) { } else { Fail(); } }":          false,
		"{ var r = " + send + "; if (r.IsSuccessStatusCode) { return; } throw new Lost(); }": false,
		"{ var sent = (" + send + ").IsSuccessStatusCode; Tell(sent); }":                     false,
		"{ var sent = " + send + "; var ok = sent.IsSuccessStatusCode; }":                    false,
	} {
		code := read(t, map[string]string{"C.cs": "class C\n{\n  async Task Upload(string url, string type, HttpContent file) " + body + "\n}"})
		want := ""
		if ignored {
			want = "C.cs:3 upload-result-ignored"
		}
		if got := defects(code); got != want {
			t.Errorf("%s\ngot  %q\nwant %q", body, got, want)
		}
	}
}
