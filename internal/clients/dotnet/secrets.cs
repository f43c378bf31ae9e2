// The secrets of Key Vault with Azure's own SDK, and nothing turned off in it: what a vault keeps ("keeps"), each way in
// which a program may learn who it is ("signs-in"), and a vault that permits less, or wants newer tokens ("demanding").
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Text.Json;
using System.Threading.Tasks;
using Azure;
using Azure.Core;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;

// What the local platform told when it was ready, from the file that READY names.
var ready = JsonDocument.Parse(File.ReadAllText(Environment.GetEnvironmentVariable("READY"))).RootElement;
var seed = ready.GetProperty("seed");
string Seed(string name) => seed.GetProperty(name).GetString();

var run = Guid.NewGuid().ToString()[..8]; // so that this can run again in the same vault
var often = TimeSpan.FromMilliseconds(20); // how often an operation looks; two seconds is its own choice
var failed = 0;

SecretClient Vault(TokenCredential credential) => new(new Uri(Seed("vault")), credential);

async Task Test(string name, Func<Task> body)
{
    try
    {
        await body();
        Console.WriteLine($"ok {name}");
    }
    catch (Exception e)
    {
        failed++;
        Console.WriteLine($"not ok {name}: {e}");
    }
}

void Equal<T>(T got, T want, string what)
{
    if (!EqualityComparer<T>.Default.Equals(got, want))
        throw new Exception($"{what} is {got}, want {want}");
}

// Refused expects an answer of the vault with this status and code, and with the inner code, if one is wanted.
async Task Refused(Task work, int status, string code, string inner = null)
{
    try
    {
        await work;
    }
    catch (RequestFailedException e)
    {
        Equal((e.Status, e.ErrorCode), (status, code), "the refusal");
        if (inner is not null && !e.Message.Contains(inner))
            throw new Exception($"no {inner} in {e.Message}");
        return;
    }
    throw new Exception($"not refused with {status} {code}");
}

// NotSignedIn expects work to fail since a credential gets no token, for a reason that holds these words.
async Task NotSignedIn(Func<Task> work, string words)
{
    try
    {
        await work();
    }
    catch (AuthenticationFailedException e)
    {
        if (!e.ToString().Contains(words))
            throw new Exception($"no {words} in {e.Message}");
        return;
    }
    throw new Exception("signed in");
}

// Steer sends a request to the platform's control address and returns the answer.
async Task<string> Steer(HttpMethod method, string path, string body = null)
{
    using var http = new HttpClient();
    using var request = new HttpRequestMessage(method, ready.GetProperty("control").GetProperty("url").GetString() + path);
    request.Headers.Authorization = new("Bearer", ready.GetProperty("control").GetProperty("token").GetString());
    if (body is not null)
        request.Content = new StringContent(body, null, "application/json");
    using var answer = (await http.SendAsync(request)).EnsureSuccessStatusCode();
    return await answer.Content.ReadAsStringAsync();
}

async Task Keeps()
{
    var vault = Vault(new ClientSecretCredential(Seed("tenantId"), Seed("azureClientId"), Seed("azureClientSecret")));

    await Test("a secret is set with all that it can have, and read back", async () =>
    {
        DateTimeOffset from = new(2026, 1, 2, 3, 4, 5, default), until = new(2096, 1, 2, 3, 4, 5, default);
        var secret = new KeyVaultSecret($"net-all-{run}", "blåbær ☃")
        {
            Properties = { ContentType = "text/plain", Enabled = true, NotBefore = from, ExpiresOn = until, Tags = { ["owner"] = "ørn" } },
        };
        KeyVaultSecret set = await vault.SetSecretAsync(secret), got = await vault.GetSecretAsync(secret.Name);
        var p = got.Properties;
        Equal((got.Value, p.ContentType, p.Enabled, p.NotBefore, p.ExpiresOn, p.Tags["owner"]), ("blåbær ☃", "text/plain", true, from, until, "ørn"), "what is read back");
        Equal((got.Id, p.Version.Length, p.VaultUri), (set.Id, 32, new Uri(Seed("vault"))), "the id");
        Equal((p.CreatedOn, p.RecoveryLevel, p.RecoverableDays), (p.UpdatedOn, "Recoverable+Purgeable", 90), "the vault's part");
    });

    await Test("each version stays readable, and its properties change alone", async () =>
    {
        var name = $"net-versions-{run}";
        KeyVaultSecret first = await vault.SetSecretAsync(name, "first"), second = await vault.SetSecretAsync(name, "second");
        first.Properties.ContentType = "x";
        SecretProperties updated = await vault.UpdateSecretPropertiesAsync(first.Properties);
        Equal((updated.Version, updated.ContentType), (first.Properties.Version, "x"), "the updated version");
        Equal((await vault.GetSecretAsync(name, first.Properties.Version)).Value.Value, "first", "the first version");
        KeyVaultSecret latest = await vault.GetSecretAsync(name);
        Equal((latest.Value, latest.Properties.ContentType), ("second", null), "the latest version");
        var versions = await vault.GetPropertiesOfSecretVersionsAsync(name).Select(p => p.Version).OrderBy(v => v).ToListAsync();
        Equal(string.Join(" ", versions), string.Join(" ", new[] { first, second }.Select(s => s.Properties.Version).OrderBy(v => v)), "the list of versions");
    });

    await Test("more than one page is listed", async () =>
    {
        var names = Enumerable.Range(0, 27).Select(n => $"net-page-{run}-{n:00}").ToArray();
        await Task.WhenAll(names.Select(name => vault.SetSecretAsync(name, "v")));
        var pages = await vault.GetPropertiesOfSecretsAsync().AsPages().ToListAsync();
        var listed = pages.SelectMany(page => page.Values).Select(p => p.Name).Where(name => name.StartsWith($"net-page-{run}-"));
        Equal(string.Join(" ", listed), string.Join(" ", names), "the list");
        Equal(pages.Count > 1, true, "more than one page");
    });

    await Test("a secret is deleted, recovered, purged and restored", async () =>
    {
        var name = $"net-life-{run}";
        await vault.SetSecretAsync(name, "kept");
        byte[] backup = await vault.BackupSecretAsync(name);
        var deletion = await vault.StartDeleteSecretAsync(name);
        DeletedSecret deleted = await deletion.WaitForCompletionAsync(often, default);
        Equal((deleted.ScheduledPurgeDate - deleted.DeletedOn, deleted.RecoveryId.AbsolutePath), (TimeSpan.FromDays(90), $"/deletedsecrets/{name}"), "what is deleted");
        await Refused(vault.GetSecretAsync(name), 404, "SecretNotFound");
        await Refused(vault.SetSecretAsync(name, "v"), 409, "Conflict", "ObjectIsDeletedButRecoverable");
        Equal(await vault.GetDeletedSecretsAsync().AnyAsync(d => d.Name == name), true, "listed among the deleted");
        var recovery = await vault.StartRecoverDeletedSecretAsync(name);
        await recovery.WaitForCompletionAsync(often, default);
        await Refused(vault.RestoreSecretBackupAsync(backup), 409, "Conflict");
        await (await vault.StartDeleteSecretAsync(name)).WaitForCompletionAsync(often, default);
        await vault.PurgeDeletedSecretAsync(name);
        await Refused(vault.GetDeletedSecretAsync(name), 404, "SecretNotFound");
        await vault.RestoreSecretBackupAsync(backup);
        Equal((await vault.GetSecretAsync(name)).Value.Value, "kept", "what is restored");
    });

    await Test("refusals have the code and status of the real service", async () =>
    {
        await Refused(vault.GetSecretAsync($"net-nobody-{run}"), 404, "SecretNotFound");
        await vault.SetSecretAsync(new KeyVaultSecret($"net-off-{run}", "v") { Properties = { Enabled = false } });
        await Refused(vault.GetSecretAsync($"net-off-{run}"), 403, "Forbidden", "SecretDisabled");
        await Refused(vault.SetSecretAsync("under_score", "v"), 400, "BadParameter");
        await Refused(vault.SetSecretAsync($"net-large-{run}", new string('x', 25601)), 400, "BadParameter", "SecretTooLarge");
    });

    await Test("the client waits and tries again when the vault is busy", async () =>
    {
        var name = $"net-busy-{run}";
        await vault.SetSecretAsync(name, "v");
        await Steer(HttpMethod.Post, "/faults", $$"""{"host":"{{new Uri(Seed("vault")).Host}}","path":"/secrets/{{name}}/*","status":429,"retryAfter":1,"times":1}""");
        var begun = Stopwatch.StartNew();
        Equal((await vault.GetSecretAsync(name)).Value.Value, "v", "what is read");
        Equal(begun.Elapsed >= TimeSpan.FromSeconds(0.99), true, "Retry-After was heeded");
    });
}

async Task SignsIn()
{
    Task<Response<KeyVaultSecret>> Write(TokenCredential credential) => Vault(credential).SetSecretAsync("net-signs-in", "v");
    string tenant = Seed("tenantId"), client = Seed("azureClientId"), secret = Seed("azureClientSecret");
    foreach (var (way, credential) in new (string, TokenCredential)[]
    {
        ("a client secret", new ClientSecretCredential(tenant, client, secret)),
        ("the environment", new EnvironmentCredential()),
        ("whatever is there", new DefaultAzureCredential()),
        ("the service account of a pod", new WorkloadIdentityCredential()),
        ("another name of the login service",
            new ClientSecretCredential(tenant, client, secret, new ClientSecretCredentialOptions { AuthorityHost = new("https://login.windows.net") })),
    })
        await Test($"signed in by {way}", () => Write(credential));

    // Where there is a service account of a pod, this client takes it for the identity of the machine too.
    Environment.SetEnvironmentVariable("AZURE_FEDERATED_TOKEN_FILE", null);
    foreach (var (way, identity) in new[] { ("", ManagedIdentityId.SystemAssigned), (", by its client id", ManagedIdentityId.FromUserAssignedClientId(client)) })
        await Test($"signed in by the identity of the machine{way}", () => Write(new ManagedIdentityCredential(identity)));
    Environment.SetEnvironmentVariable("IDENTITY_ENDPOINT", Seed("identityEndpoint"));
    Environment.SetEnvironmentVariable("IDENTITY_HEADER", Seed("identityHeader"));
    await Test("signed in by the identity of an App Service", () => Write(new ManagedIdentityCredential(ManagedIdentityId.SystemAssigned)));

    var stranger = Guid.NewGuid().ToString();
    foreach (var (what, asTenant, asClient, code) in new[]
    {
        ("a wrong secret", tenant, client, "AADSTS7000215"),
        ("an unknown client", tenant, stranger, "AADSTS700016"),
        ("an unknown tenant", stranger, client, "AADSTS90002"),
    })
        await Test($"{what} is refused in words", () => NotSignedIn(
            async () => await new ClientSecretCredential(asTenant, asClient, "wrong").GetTokenAsync(new(["https://vault.azure.net/.default"])), code));
    await Test("a credential of another tenant than the challenge names is not sent on", () => NotSignedIn(
        () => Write(new ClientSecretCredential(stranger, client, secret)), "not configured to acquire tokens for tenant " + tenant));
}

async Task Demanding()
{
    var vault = Vault(new DefaultAzureCredential());
    var name = $"net-demanding-{run}";

    await Test("a program that may only read is refused when it writes", async () =>
    {
        var before = await Steer(HttpMethod.Get, "/vault/permissions");
        await Steer(HttpMethod.Put, "/vault/permissions", """{"permissions":["get","list"]}""");
        try
        {
            await vault.GetPropertiesOfSecretsAsync().CountAsync();
            await Refused(vault.SetSecretAsync(name, "v"), 403, "Forbidden", "ForbiddenByRbac");
        }
        finally
        {
            await Steer(HttpMethod.Put, "/vault/permissions", before);
        }
    });

    await Test("operations wait for a vault that takes its time", async () =>
    {
        await vault.SetSecretAsync(name, "v");
        var before = await Steer(HttpMethod.Get, "/vault/settings");
        await Steer(HttpMethod.Put, "/vault/settings", """{"deletionDelay":"300ms"}""");
        try
        {
            var deletion = await vault.StartDeleteSecretAsync(name);
            Equal(deletion.HasCompleted, false, "deleted at once");
            await Refused(vault.SetSecretAsync(name, "v"), 409, "Conflict", "ObjectIsBeingDeleted");
            await deletion.WaitForCompletionAsync(often, default);
            var recovery = await vault.StartRecoverDeletedSecretAsync(name);
            await recovery.WaitForCompletionAsync(often, default);
            Equal((await vault.GetSecretAsync(name)).Value.Value, "v", "what is recovered");
        }
        finally
        {
            await Steer(HttpMethod.Put, "/vault/settings", before);
        }
    });

    // The challenge is for the tenant "common", as Microsoft documents it, and this client asks its credential for just that tenant.
    await Test("a claims challenge is not met", async () =>
    {
        await Steer(HttpMethod.Post, "/vault/claims-challenge", """{"tokens":1}""");
        await NotSignedIn(() => vault.GetSecretAsync(name), "not configured to acquire tokens for tenant common");
    });
}

var parts = new Dictionary<string, Func<Task>> { ["keeps"] = Keeps, ["signs-in"] = SignsIn, ["demanding"] = Demanding };
await parts[args[0]]();
return failed == 0 ? 0 : 1;
