// An application as those of Altinn's are built and started: ASP.NET Core, with settings from appsettings.json, the environment and Key
// Vault. Nothing here knows of the local platform. Asked with POST /send, it makes an instance of another application in the name of the
// organisation, as a hook of an original form does.
using System;
using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Tasks;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

var builder = WebApplication.CreateBuilder(args);
var access = builder.Configuration.GetRequiredSection("kvSetting");
var credential = new ClientSecretCredential(access["TenantId"], access["ClientId"], access["ClientSecret"]);
((IConfigurationBuilder)builder.Configuration).Add(new KeyVaultSource(new SecretClient(new Uri(access["SecretUri"]), credential)));
builder.Services.Configure<MaskinportenSettings>(builder.Configuration.GetRequiredSection("MaskinportenSettings"));
builder.Services.Configure<PlatformSettings>(builder.Configuration.GetRequiredSection("PlatformSettings"));
builder.Services.Configure<SendSettings>(builder.Configuration.GetRequiredSection("Send"));
builder.Services.AddHttpClient<Organisation>();

var app = builder.Build();
app.MapPost("/send", async (Organisation organisation, IOptions<SendSettings> settings) =>
{
    var answer = await organisation.CreateInstance(settings.Value);
    return Results.Content(await answer.Content.ReadAsStringAsync(), "application/json", Encoding.UTF8, (int)answer.StatusCode);
});
app.Run();

class MaskinportenSettings
{
    public string Environment { get; set; }
    public string ClientId { get; set; }
    public string Scope { get; set; }
    public string EncodedJwk { get; set; }
}

class PlatformSettings
{
    public Uri ApiAuthenticationEndpoint { get; set; }
}

class SendSettings
{
    public Uri Instances { get; set; }
    public string OrganisationNumber { get; set; }
}

// The integration's key, as the vault has it.
record Jwk(
    [property: JsonPropertyName("kid")] string Kid,
    [property: JsonPropertyName("n")] string N, [property: JsonPropertyName("e")] string E, [property: JsonPropertyName("d")] string D,
    [property: JsonPropertyName("p")] string P, [property: JsonPropertyName("q")] string Q,
    [property: JsonPropertyName("dp")] string Dp, [property: JsonPropertyName("dq")] string Dq, [property: JsonPropertyName("qi")] string Qi)
{
    public static Jwk Decode(string encoded) => JsonSerializer.Deserialize<Jwk>(Convert.FromBase64String(encoded));

    public RSA Rsa() => RSA.Create(new RSAParameters
    {
        Modulus = Bytes(N), Exponent = Bytes(E), D = Bytes(D), P = Bytes(P), Q = Bytes(Q), DP = Bytes(Dp), DQ = Bytes(Dq), InverseQ = Bytes(Qi),
    });

    static byte[] Bytes(string number) => Base64Url.DecodeFromChars(number);
}

// What the organisation does at Altinn, with a token of its own.
class Organisation(HttpClient http, IOptions<MaskinportenSettings> maskinporten, IOptions<PlatformSettings> platform)
{
    public async Task<HttpResponseMessage> CreateInstance(SendSettings settings)
    {
        using var content = new MultipartFormDataContent
        {
            { JsonContent.Create(new { instanceOwner = new { organisationNumber = settings.OrganisationNumber } }), "instance" },
            { new StringContent("<Saksmottak><Sak><Tittel>Čohkolaš</Tittel></Sak></Saksmottak>", Encoding.UTF8, "application/xml"), "sak" },
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, settings.Instances) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await Exchange(await Token()));
        return await http.SendAsync(request);
    }

    // Token gets Maskinporten's token for a signed assertion.
    async Task<string> Token()
    {
        var settings = maskinporten.Value;
        var issuer = settings.Environment == "test" ? "https://test.maskinporten.no/" : "https://maskinporten.no/";
        var jwk = Jwk.Decode(settings.EncodedJwk);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var signed = Encode(new { alg = "RS256", kid = jwk.Kid }) + "."
            + Encode(new { aud = issuer, iss = settings.ClientId, scope = settings.Scope, iat = now, exp = now + 100, jti = Guid.NewGuid() });
        using var key = jwk.Rsa();
        var signature = key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var grant = new FormUrlEncodedContent([
            new("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            new("assertion", signed + "." + Base64Url.EncodeToString(signature)),
        ]);
        using var answer = (await http.PostAsync(issuer + "token", grant)).EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString();
    }

    // Exchange gets Altinn's token for Maskinporten's.
    async Task<string> Exchange(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(platform.Value.ApiAuthenticationEndpoint, "exchange/maskinporten"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = (await http.SendAsync(request)).EnsureSuccessStatusCode();
        return await answer.Content.ReadAsStringAsync();
    }

    static string Encode(object part) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(part));
}

// Secrets as settings, by the rules of Azure.Extensions.AspNetCore.Configuration.Secrets: all that are enabled, with ":" for "--"; if one
// cannot be read, the application does not start.
class KeyVaultSource(SecretClient vault) : ConfigurationProvider, IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder _) => this;

    public override void Load() => Read().GetAwaiter().GetResult();

    async Task Read()
    {
        var read = new ConcurrentDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        await Parallel.ForEachAsync(vault.GetPropertiesOfSecretsAsync(), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (secret, cancelled) =>
        {
            if (secret.Enabled == true)
                read[secret.Name.Replace("--", ConfigurationPath.KeyDelimiter)] = (await vault.GetSecretAsync(secret.Name, cancellationToken: cancelled)).Value.Value;
        });
        Data = read;
    }
}
