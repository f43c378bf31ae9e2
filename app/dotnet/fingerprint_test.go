package dotnet_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/stafett/stafett/app/dotnet"
)

func TestFingerprint(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"App/Program.cs": {Data: []byte("// one")}}
	before := dotnet.Fingerprint(files)
	changes := func(what string, want bool) {
		t.Helper()
		after := dotnet.Fingerprint(files)
		if (after != before) != want {
			t.Errorf("%s: that it shows is not %t", what, want)
		}
		before = after
	}
	changes("nothing", false)
	for _, name := range []string{"App/logic/End.cs", "App/App.csproj", "Directory.Build.props"} {
		files[name] = &fstest.MapFile{Data: []byte("one")}
		changes("a new "+name, true)
		files[name] = &fstest.MapFile{Data: []byte("two"), ModTime: time.Unix(1, 0)}
		changes("another "+name, true)
		files[name] = &fstest.MapFile{Data: []byte("three"), ModTime: time.Unix(1, 0)}
		changes("a longer "+name+" of the same moment", true)
		delete(files, name)
		changes("a removed "+name, true)
	}
	files["App/config/process/process.bpmn"] = &fstest.MapFile{Data: []byte("<a/>")}
	files["App/bin/Generated.cs"] = &fstest.MapFile{Data: []byte("// built")}
	changes("what is no code of the application's own", false)
}
