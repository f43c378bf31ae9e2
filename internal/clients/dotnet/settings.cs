// What .NET itself makes of settings files, environment variables and command lines, of flags in them, of encoded keys, of letters
// in another case, of queries, and of names in JSON: settings QUESTIONS, a file. The answers stand in the order of the questions.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Buffers.Text;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Configuration;

var web = new JsonSerializerOptions(JsonSerializerDefaults.Web);
var questions = JsonSerializer.Deserialize<Questions>(File.ReadAllBytes(args[0]), web);
foreach (string name in Environment.GetEnvironmentVariables().Keys)
    Environment.SetEnvironmentVariable(name, null);
Console.WriteLine(JsonSerializer.Serialize(new
{
    Loads = questions.Loads.Select(Settings.Load),
    Flags = questions.Flags.Select(Flag.Read),
    Keys = questions.Keys.Select(Key.Read),
    Same = questions.Pairs.Select(p => string.Equals(p[0], p[1], StringComparison.OrdinalIgnoreCase)),
    Queries = questions.Queries.Select(q => QueryHelpers.ParseQuery(q).Select(v => new { Name = v.Key, Values = v.Value.ToArray() })),
    Names = questions.Names.Select(JsonNamingPolicy.CamelCase.ConvertName),
}, web));

record Questions(Load[] Loads, string[] Flags, string[] Keys, string[][] Pairs, string[] Queries, string[] Names);

// An application in a folder, and what mounts the platform gives it.
record Load(string Folder, string Mounted, string[] Environ, string[] Arguments);

static class Settings
{
    // Load tells each setting with its value, null included, in the order in which .NET lists them; or why the application would not start.
    public static object Load(Load asked)
    {
        var variables = asked.Environ.Select(v => v.Split('=', 2)).ToList();
        foreach (var v in variables)
            Environment.SetEnvironmentVariable(v[0], v[1]);
        try
        {
            using var configuration = WebApplication.CreateBuilder(["--contentRoot=" + asked.Folder, .. asked.Arguments]).Configuration;
            AddAsAltinnDoes(configuration, asked);
            var all = new List<string[]>();
            List(configuration, all);
            all.RemoveAll(s => ofTheBuilder.Contains(s[0]));
            return new { Settings = all };
        }
        catch (Exception e) when (e is InvalidDataException or FormatException)
        {
            return new { Error = e.GetType().Name };
        }
        finally
        {
            foreach (var v in variables)
                Environment.SetEnvironmentVariable(v[0], null);
        }
    }

    // What WebApplication's builder puts among the settings.
    static readonly string[] ofTheBuilder = ["applicationName", "hostingStartupAssemblies", "hostingStartupExcludeAssemblies", "preventHostingStartup"];

    // The layers that Altinn's library, version 8, adds to those of ASP.NET Core.
    static void AddAsAltinnDoes(ConfigurationManager configuration, Load asked)
    {
        foreach (var file in new[] { "maskinporten-settings.json", "maskinporten-settings-internal.json", "altinn-appsettings-secret.json" })
            configuration.AddJsonFile(Path.Combine(asked.Mounted, file), optional: true);
        configuration.AddEnvironmentVariables();
        configuration.AddCommandLine(["--contentRoot=" + asked.Folder, .. asked.Arguments]);
        configuration.AddJsonFile("appsettings.Local.json", optional: true);
    }

    static void List(IConfiguration below, List<string[]> all)
    {
        foreach (var section in below.GetChildren())
        {
            all.Add([section.Path, section.Value]);
            if (section.Path != "") // it would be the root again
                List(section, all);
        }
    }
}

class Flag
{
    public bool? On { get; set; }

    // Read tells what a text is where true or false is wanted: "true", "false", "" for neither, or "refused".
    public static string Read(string text)
    {
        try
        {
            return new ConfigurationBuilder().AddInMemoryCollection([new("On", text)]).Build().Get<Flag>()?.On?.ToString().ToLowerInvariant() ?? "";
        }
        catch (InvalidOperationException)
        {
            return "refused";
        }
    }
}

static class Key
{
    // Read tells how far one comes with an encoded key: what refuses it, or a signature of "signed" that was made with it.
    public static object Read(string encoded)
    {
        byte[] json;
        Dictionary<string, string> members;
        try
        {
            json = Convert.FromBase64String(encoded);
        }
        catch (FormatException)
        {
            return new { Refused = "base64" };
        }
        try
        {
            members = JsonSerializer.Deserialize<Dictionary<string, string>>(json);
        }
        catch (JsonException)
        {
            return new { Refused = "JSON" };
        }
        RSAParameters numbers;
        try
        {
            byte[] Number(string name) => Base64Url.DecodeFromChars(members[name]);
            numbers = new()
            {
                Modulus = Number("n"), Exponent = Number("e"), D = Number("d"), P = Number("p"), Q = Number("q"),
                DP = Number("dp"), DQ = Number("dq"), InverseQ = Number("qi"),
            };
        }
        catch (Exception e) when (e is NullReferenceException or KeyNotFoundException or FormatException)
        {
            return new { Refused = "member" };
        }
        try
        {
            using var key = RSA.Create(numbers);
            return new { Signature = key.SignData(Encoding.ASCII.GetBytes("signed"), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) };
        }
        catch (Exception e) when (e is CryptographicException or IndexOutOfRangeException) // the latter with a number of no octets
        {
            return new { Refused = "RSA" };
        }
    }
}
