// Compiles C# programs, each a file with top-level statements: compile REFERENCES (NAME TARGET SOURCE)...
// References are all assemblies of a folder.
//
// This file alone is for mcs, which makes C# 7 and cannot read a span: nothing here may use what has an overload for one, such as +
// between strings.
using System;
using System.IO;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

static class Compile
{
    static int Main(string[] args)
    {
        var references = Directory.GetFiles(args[0], "*.dll").Select(f => MetadataReference.CreateFromFile(f)).ToList();
        var options = new CSharpCompilationOptions(OutputKind.ConsoleApplication);
        var code = 0;
        for (var i = 1; i < args.Length; i += 3)
        {
            var source = CSharpSyntaxTree.ParseText(File.ReadAllText(args[i + 2]), null, args[i + 2]);
            var result = CSharpCompilation.Create(args[i], new[] { source }, references, options).Emit(args[i + 1]);
            foreach (var fault in result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error))
                Console.WriteLine(fault);
            if (!result.Success)
                code = 1;
        }
        return code;
    }
}
