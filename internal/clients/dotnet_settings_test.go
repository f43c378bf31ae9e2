package clients_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/local/urlquery"
)

// ask has a program of dotnet/ answer the questions in a file of their own.
func ask(t *testing.T, name string, questions, answers any) {
	t.Helper()
	path := program(t, name)
	content, err := json.Marshal(questions)
	check(t, err)
	file := filepath.Join(t.TempDir(), "questions.json")
	check(t, os.WriteFile(file, content, 0o600))
	cmd := exec.CommandContext(t.Context(), path, file)
	cmd.Env = []string{"HOME=" + t.TempDir()}
	var told strings.Builder
	cmd.Stderr = &told
	said, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, told.String())
	}
	check(t, json.Unmarshal(said, answers))
}

// An application asks for its settings as it would where these files, variables and arguments are.
type loadCase struct {
	name      string
	files     map[string]string
	environ   []string
	arguments []string
	// bySpelling says that names are compared with their case. Where many that differ by it alone meet, or come from variables,
	// which have no order, .NET leaves to chance which of them it shows.
	bySpelling bool
}

type loadQuestion struct {
	Folder, Mounted    string
	Environ, Arguments []string
}

type loadAnswer struct {
	Settings [][]*string
	Error    string
}

type settingsQuestions struct {
	Loads                       []loadQuestion
	Flags, Keys, Queries, Names []string
	Pairs                       [][2]string
}

type settingsAnswers struct {
	Loads []loadAnswer
	Flags []string
	Keys  []keyAnswer
	Same  []bool
	// Queries are the values of each, Names as System.Text.Json writes them.
	Queries [][]struct {
		Name   string
		Values []string
	}
	Names []string
}

// question leaves out the watch on files, which are not looked at twice.
func (c loadCase) question(folder string) loadQuestion {
	return loadQuestion{
		Folder: folder, Mounted: filepath.Join(folder, "mounted"),
		Environ:   append([]string{"DOTNET_hostBuilder__reloadConfigOnChange=false"}, c.environ...),
		Arguments: append([]string{}, c.arguments...),
	}
}

// load is the same by package appsettings.
func (q loadQuestion) load(ctx context.Context) (*appsettings.Configuration, error) {
	return appsettings.Load(ctx, appsettings.Options{
		Dir: q.Folder, Environ: q.Environ, CommandLine: append([]string{"--contentRoot=" + q.Folder}, q.Arguments...),
		Directories: appsettings.Directories{RuntimeSecrets: q.Mounted, AppsettingsSecret: q.Mounted, UserSecrets: q.Mounted},
	})
}

// list walks through the settings as .NET lists them.
func list(c *appsettings.Configuration, path string) [][2]string {
	var all [][2]string
	for _, name := range c.Children(path) {
		below := name
		if path != "" {
			below = path + ":" + name
		}
		all = append(all, [2]string{below, value(c, below)})
		if below != "" { // it would be the root again
			all = append(all, list(c, below)...)
		}
	}
	return all
}

// value is quoted; what is not there is null as well.
func value(c *appsettings.Configuration, path string) string {
	v, ok := c.Get(path)
	if !ok || v.String() == "null" && v.Secret().IsEmpty() {
		return "null"
	}
	return strconv.Quote(v.Secret().Reveal())
}

func (a loadAnswer) list() [][2]string {
	var all [][2]string
	for _, s := range a.Settings {
		value := "null"
		if s[1] != nil {
			value = strconv.Quote(*s[1])
		}
		all = append(all, [2]string{*s[0], value})
	}
	return all
}

// TestSettingsMeanWhatTheyMeanInDotnet asks .NET for everything at once, for each start of it costs a second.
func TestSettingsMeanWhatTheyMeanInDotnet(t *testing.T) {
	t.Parallel()
	needDotnet(t)
	cases := slices.Concat(writtenCases(), randomCases(300), damagedCases(600), givenCases(200), foundCases(t))
	flags, keys := flagCases(), keyCases(t)
	var questions settingsQuestions
	root := t.TempDir()
	for i, c := range cases {
		folder := filepath.Join(root, strconv.Itoa(i))
		check(t, os.MkdirAll(filepath.Join(folder, "mounted"), 0o700))
		for name, content := range c.files {
			check(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
		}
		questions.Loads = append(questions.Loads, c.question(folder))
	}
	questions.Flags, questions.Pairs, questions.Queries, questions.Names = flags, letterPairs(), queryCases(), nameCases(t)
	for _, k := range keys {
		questions.Keys = append(questions.Keys, k.encoded)
	}
	var answers settingsAnswers
	ask(t, "settings", questions, &answers)

	t.Run("layers", func(t *testing.T) {
		for i, c := range cases {
			c.compare(t, questions.Loads[i], answers.Loads[i])
		}
	})
	t.Run("flags", func(t *testing.T) {
		for i, text := range flags {
			compareFlag(t, text, answers.Flags[i])
		}
	})
	t.Run("letters", func(t *testing.T) {
		compareLetters(t, questions.Pairs, answers.Same)
	})
	t.Run("queries", func(t *testing.T) {
		for i, query := range questions.Queries {
			for _, want := range answers.Queries[i] {
				if got := urlquery.Parse(query).All(want.Name); !slices.Equal(got, want.Values) {
					t.Errorf("%s: %s is %q, in .NET %q", query, want.Name, got, want.Values)
				}
			}
		}
	})
	t.Run("names", func(t *testing.T) {
		for i, c := range nameFile(t) {
			if c.CamelCase != answers.Names[i] {
				t.Errorf("%s is %s in JSON, not %s", c.Name, answers.Names[i], c.CamelCase)
			}
		}
	})
	t.Run("keys", func(t *testing.T) {
		for i, k := range keys {
			k.compare(t, answers.Keys[i])
		}
	})
}

func (c loadCase) compare(t *testing.T, question loadQuestion, answer loadAnswer) {
	t.Helper()
	configuration, err := question.load(t.Context())
	if (err != nil) != (answer.Error != "") {
		t.Errorf("%s: %v, in .NET %q: %q", c.name, err, answer.Error, c.files)
	}
	if err != nil {
		return
	}
	got, want := list(configuration, ""), answer.list()
	if !slices.EqualFunc(got, want, func(a, b [2]string) bool {
		return a[1] == b[1] && (a[0] == b[0] || !c.bySpelling && strings.EqualFold(a[0], b[0]))
	}) {
		t.Errorf("%s: %q\n%q, in .NET\n%q", c.name, c.files, got, want)
	}
}

// flagCases are texts where true or false is wanted.
func flagCases() []string {
	return []string{
		"true", "True", "TRUE", "tRuE", "false", "False", "FALSE", " true ", "\ttrue\n", "\u00a0true", "\u2003false\u2003", "\u200btrue", "\ufefftrue", "\u0085true",
		"true\x00", "\x00 true \x00", "", " ", "\u00a0", "1", "0", "yes", "on", "t", "truefalse", "ｔｒｕｅ", "falſe", "nope",
	}
}

// compareFlag asks the reader of sections for the same text. .NET's answer is "true", "false", "" for neither, or "refused".
func compareFlag(t *testing.T, text, answer string) {
	t.Helper()
	configuration, err := appsettings.Load(t.Context(), appsettings.Options{Dir: t.TempDir(), Environ: []string{"S__UseAltinnTestOrg=" + text}})
	check(t, err)
	section, err := appsettings.ReadMaskinporten(configuration, "S")
	switch {
	case (err != nil) != (answer == "refused"):
		t.Errorf("%q: %v, in .NET %q", text, err, answer)
	case err == nil && section.UseAltinnTestOrg.On != (answer == "true"):
		t.Errorf("%q is %v, in .NET %q", text, section.UseAltinnTestOrg.On, answer)
	}
}
