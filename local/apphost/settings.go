package apphost

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/stafett/stafett/app"
	"github.com/tailscale/hujson"
)

// settingsFiles are read in this order, the later one winning, where an
// application runs in the test environment: its hosting environment is Staging.
var settingsFiles = []string{"appsettings.json", "appsettings.Staging.json"}

// settings are those of appsettings.json that change what an application
// answers.
type settings struct {
	// publishes says that the application tells Altinn Events what happens.
	publishes bool
	// requires and evaluates say that the layout's required, and
	// models/*.validation.json, are validated here and not in the browser alone.
	requires, evaluates bool
	// enforcesTask says that data of a task may be changed in that task only.
	enforcesTask bool
	// oidcProvider is an identity provider of the application's own.
	oidcProvider string
	// frontEnd is the section FrontEndSettings, with the names as written.
	frontEnd map[string]string
}

// readSettings reads the application's settings. What is not said is false or
// empty. As in .NET, names have no case and a boolean may be text.
func readSettings(folder *app.Folder) (settings, error) {
	out := settings{frontEnd: map[string]string{}}
	if folder.Dir == "" {
		return out, nil // a file system of a test, with no settings
	}
	for _, name := range settingsFiles {
		content, err := os.ReadFile(filepath.Join(folder.Dir, filepath.FromSlash(folder.Root), name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return settings{}, fmt.Errorf("read settings: %w", err)
		}
		// A comment on the last line needs a line end.
		standard, err := hujson.Standardize(append([]byte(strings.TrimPrefix(string(content), "\ufeff")), '\n'))
		if err != nil {
			return settings{}, fmt.Errorf("read settings: %s is not JSON", name)
		}
		var sections map[string]json.RawMessage
		if err := json.Unmarshal(standard, &sections); err != nil {
			return settings{}, fmt.Errorf("read settings: %s holds no object", name)
		}
		for section, raw := range sections {
			var values map[string]json.RawMessage
			if json.Unmarshal(raw, &values) != nil {
				continue
			}
			for name, value := range values {
				out.set(section, name, value)
			}
		}
	}
	return out, nil
}

// set keeps one value of a section if it is one of those that count here.
func (s *settings) set(section, name string, raw json.RawMessage) {
	value := scalarText(raw)
	if strings.EqualFold(section, "FrontEndSettings") {
		for known := range s.frontEnd {
			if strings.EqualFold(known, name) {
				name = known
			}
		}
		s.frontEnd[name] = value
		return
	}
	if !strings.EqualFold(section, "AppSettings") {
		return
	}
	isTrue := strings.EqualFold(value, "true")
	switch strings.ToLower(name) {
	case "registereventswitheventscomponent":
		s.publishes = isTrue
	case "requiredvalidation":
		s.requires = isTrue
	case "expressionvalidation":
		s.evaluates = isTrue
	case "enforcedatatypetaskid":
		s.enforcesTask = isTrue
	case "appoidcprovider":
		s.oidcProvider = value
	}
}

// scalarText is a value as .NET's configuration has it: everything is text, and
// booleans have a capital.
func scalarText(raw json.RawMessage) string {
	var text string
	switch {
	case json.Unmarshal(raw, &text) == nil:
		return text
	case string(raw) == "true":
		return "True"
	case string(raw) == "false":
		return "False"
	}
	return string(raw)
}

// frontEndJSON are the settings that applications tell everybody: the section
// FrontEndSettings, with names that begin with a small letter.
func (s *settings) frontEndJSON() map[string]string {
	out := map[string]string{}
	for name, value := range s.frontEnd {
		out[camelCase(name)] = value
	}
	if _, said := out["appOidcProvider"]; !said && s.oidcProvider != "" {
		out["appOidcProvider"] = s.oidcProvider
	}
	return out
}

// camelCase writes a name as System.Text.Json does: capitals at the beginning
// become small, but for the last of several that begins a word. One that a space
// follows begins none.
func camelCase(name string) string {
	letters := []rune(name)
	for i, c := range letters {
		if !unicode.IsUpper(c) {
			break
		}
		ends := i > 0 && i+1 < len(letters) && !unicode.IsUpper(letters[i+1])
		if !ends || letters[i+1] == ' ' {
			letters[i] = unicode.ToLower(c)
		}
		if ends {
			break
		}
	}
	return string(letters)
}
