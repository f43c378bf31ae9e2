// What .NET itself makes of settings. Each line of the input is a case: settings files in base64, the weakest first, environment variables
// and a command line. Each line of the output is what there is then, or that .NET refuses it.
using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Microsoft.Extensions.Configuration;

foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
    Environment.SetEnvironmentVariable((string)variable.Key, null);

while (Console.ReadLine() is { } line)
{
    var given = JsonSerializer.Deserialize<Case>(line);
    foreach (var (name, value) in given.Environment)
        Environment.SetEnvironmentVariable(name, value);
    object result;
    try
    {
        var builder = new ConfigurationBuilder();
        foreach (var file in given.Files)
            builder.AddJsonStream(new MemoryStream(file));
        result = new { Settings = Walk(builder.AddEnvironmentVariables().AddCommandLine(given.CommandLine).Build()).Select(s => new[] { s.Path, s.Value }) };
    }
    catch (Exception e)
    {
        result = new { Refused = e.GetType().Name };
    }
    foreach (var name in given.Environment.Keys)
        Environment.SetEnvironmentVariable(name, null);
    Console.WriteLine(JsonSerializer.Serialize(result));
}

// All that is below, in .NET's order.
static IEnumerable<IConfigurationSection> Walk(IConfiguration above) => above.GetChildren().SelectMany(section => Walk(section).Prepend(section));

class Case
{
    public byte[][] Files { get; set; }
    public Dictionary<string, string> Environment { get; set; } = [];
    public string[] CommandLine { get; set; } = [];
}
