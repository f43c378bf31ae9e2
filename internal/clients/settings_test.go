package clients_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/appsettings"
)

// settings is one case of dotnet/settings.cs.
type settings struct {
	Files       [][]byte          // the weakest first, two at most
	Environment map[string]string `json:",omitempty"`
	CommandLine []string          `json:",omitempty"`
}

// meaning is what there is then: each path with its value, in .NET's order, or that the application does not start.
type meaning struct {
	Settings [][2]*string
	Refused  string
}

// TestSettingsMeanWhatTheyMeanInDotnet asks .NET's own configuration and package appsettings the same, of files that are whole and of such that
// something happened to.
func TestSettingsMeanWhatTheyMeanInDotnet(t *testing.T) {
	t.Parallel()
	path := program(t, "settings")
	cases := settingsCases()
	var input bytes.Buffer
	for _, given := range cases {
		check(t, json.NewEncoder(&input).Encode(given))
	}
	answers := json.NewDecoder(strings.NewReader(theWorld(t).output(t, &input, path)))
	dir, whole := t.TempDir(), 0
	for _, given := range cases {
		var want meaning
		check(t, answers.Decode(&want))
		got := meaningHere(t, dir, given)
		if (got.Refused == "") != (want.Refused == "") {
			t.Errorf("%s:\n.NET refuses it: %q\nhere: %q", given, want.Refused, got.Refused)
			continue
		}
		if got, want := normalised(got.Settings), normalised(want.Settings); got != want {
			t.Errorf("%s:\n.NET: %s\nhere: %s", given, want, got)
		}
		if want.Refused == "" {
			whole++
		}
	}
	if whole < len(cases)/4 {
		t.Errorf("only %d of %d cases are whole", whole, len(cases))
	}
	if err := answers.Decode(&meaning{}); err != io.EOF {
		t.Errorf("after the last answer: %v", err)
	}
}

func (s settings) String() string {
	var text strings.Builder
	for _, file := range s.Files {
		text.WriteString(string(file) + "\n")
	}
	given, _ := json.Marshal(s.Environment)
	arguments, _ := json.Marshal(s.CommandLine)
	return text.String() + string(given) + string(arguments)
}

// settingsCases are the same at each run.
func settingsCases() []settings {
	random := rand.New(rand.NewPCG(1, 2))
	one := func(of []string) string { return of[random.IntN(len(of))] }
	files := []string{
		`{"A":{"B":1,"C":true,"D":[1,2,3],"E":null,"F":{},"G":[]}}`,
		"{ // c\n \"a\": \"x\", /* y */ \"b\": [ {\"c\": 1.50}, [1,[2]], ], }",
		`{"A:B":1,"a":{"c":2},"Ø":{"å":"\u00e5\ud83d\ude00"},"1":{"10":1,"9":2,"x":3,"-1":4}}`,
		"\ufeff" + `{"x":"\n\t\/","y":-0.0e-10,"ı":1,"I":2,"ß":3,"ſ":4,"s":5}`,
		`{"a":{"b":1},"A":{"c":[]},"a:b:c":2,"d":{},"d:e":"","f":[{},[],null]}`,
		`{"MaskinportenSettings":{"Environment":"test","ClientId":"","Scope":"a b","EncodedJwk":"e30=","ExhangeToAltinnToken":true}}`,
	}
	pieces := []string{
		"{", "}", "[", "]", ",", ":", `"`, `\`, "/", "/*", "*/", "//", "\n", "\r", " ", "\t", "\f", "\v", "\x00", "\xff", "\ufeff", "\u00a0", "\u2028", "é", "\u212a",
		"null", "true", "NaN", "0", "01", "1e5", "1.", ".5", "+1", "-", "--", "__", "'", "#", "A", "a", `\u0041`, `\ud800`, `\udc00`,
	}
	var cases []settings
	for _, file := range files {
		for n := range 200 {
			damaged := file
			for range n % 3 { // every third is whole
				from := random.IntN(len(damaged))
				to := min(len(damaged), from+1+random.IntN(8))
				switch random.IntN(3) {
				case 0:
					damaged = damaged[:from] + one(pieces) + damaged[from:]
				case 1:
					damaged = damaged[:from] + damaged[to:]
				case 2:
					damaged = damaged[:to] + damaged[from:]
				}
			}
			cases = append(cases, settings{Files: [][]byte{[]byte(damaged), []byte(one(files))}})
		}
	}
	// No two names of one setting: which of them counts is chance.
	names := []string{"a__B", "A__D__0", "A___C", "__A", "A__", "SQLCONNSTR_x", "sqlazureconnstr_y__z", "MYSQLCONNSTR_", "CUSTOMCONNSTR_c", "APIHUBCONNSTR_q", "Ø__å", "A____E", "A"}
	arguments := []string{
		"--A:B=1", "--A:B", "x", "/A:D:0=z", "/q", "w", "k=v", "--k", "-x", "-x=1", "--=1", "=1", "--A__B=7", "", "--", "/", "--a=b=c", "A:B=", "--z=",
	}
	for range 300 {
		given := settings{Files: [][]byte{[]byte(one(files))}, Environment: make(map[string]string)}
		for range random.IntN(4) {
			given.Environment[one(names)] = one([]string{"v", "", "a b"})
		}
		for range random.IntN(5) {
			given.CommandLine = append(given.CommandLine, one(arguments))
		}
		cases = append(cases, given)
	}
	return cases
}

// meaningHere reads settings as an application of generation 8 does; .NET 9 has the rules of .NET 8.
func meaningHere(t *testing.T, dir string, given settings) (found meaning) {
	t.Helper()
	for n, name := range []string{"appsettings.json", "appsettings.Staging.json"} {
		check(t, os.RemoveAll(filepath.Join(dir, name)))
		if n < len(given.Files) {
			check(t, os.WriteFile(filepath.Join(dir, name), given.Files[n], 0o600))
		}
	}
	options := appsettings.Options{Dir: dir, EnvironmentName: "Staging", CommandLine: given.CommandLine, Generation: 8}
	for name, value := range given.Environment {
		options.Environ = append(options.Environ, name+"="+value)
	}
	configuration, err := appsettings.Load(t.Context(), options)
	if err != nil {
		return meaning{Refused: err.Error()}
	}
	var walk func(above string)
	walk = func(above string) {
		for _, name := range configuration.Children(above) {
			path := strings.TrimPrefix(above+":"+name, ":")
			setting := [2]*string{&path}
			if value, ok := configuration.Get(path); ok && (value.String() != "null" || !value.Secret().IsEmpty()) {
				setting[1] = ptr(value.Secret().Reveal())
			}
			found.Settings = append(found.Settings, setting)
			if path != "" { // below it is what is below the root
				walk(path)
			}
		}
	}
	walk("")
	return found
}

// normalised leaves out what is below an empty name, which appsettings cannot tell from the root, and how a name is spelled that has been spelled in
// several ways, which .NET leaves to chance.
func normalised(found [][2]*string) string {
	found = slices.DeleteFunc(found, func(setting [2]*string) bool { return *setting[0] == "" || strings.HasPrefix(*setting[0], ":") })
	for _, setting := range found {
		*setting[0] = strings.ToUpper(*setting[0])
	}
	text, _ := json.Marshal(found)
	return string(text)
}
