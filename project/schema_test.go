package project_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/stafett/stafett/project"
)

var compiled = sync.OnceValues(func() (*jsonschema.Schema, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(project.Schema()))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(project.SchemaAddress, document); err != nil {
		return nil, err
	}
	return compiler.Compile(project.SchemaAddress)
})

// schemaFault tells what an editor with the schema says of a file; nil = nothing.
func schemaFault(t testing.TB, text string) error {
	t.Helper()
	schema, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		return err
	}
	if len(root.Content) != 1 {
		return errors.New("the file is empty")
	}
	value, err := edited(root.Content[0])
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// edited turns a node into what an editor validates: by YAML 1.2, in which a date
// is text.
func edited(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.AliasNode:
		return edited(n.Alias)
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range n.Content {
			value, err := edited(item)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	case yaml.MappingNode:
		members := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			value, err := edited(n.Content[i+1])
			if _, again := members[key.Value]; err != nil || again || key.Kind != yaml.ScalarNode {
				return nil, fmt.Errorf("the name %q: %w", key.Value, err)
			}
			members[key.Value] = value
		}
		return members, nil
	}
	switch n.ShortTag() {
	case "!!null":
		return nil, nil
	case "!!bool":
		return strconv.ParseBool(strings.ToLower(n.Value))
	case "!!int", "!!float":
		var value any
		if err := n.Decode(&value); err != nil {
			return nil, err
		}
		if number := json.Number(fmt.Sprint(value)); json.Valid([]byte(number)) {
			return number, nil
		}
	}
	return n.Value, nil
}

// untold are parts of the faults that take more than a schema to see.
var untold = []string{
	"check digit", "is there already", "is in line 12 already", "goes to b already", "is the same field", `has the id "en" already`, "adopts: en is",
	"from and to are both", "but the owner is", "references such as", "there is no test mode in prod", "prod.vault is that of tt02", "the one that the rest",
	"\nsince: want a date\n", "dueBefore comes before", "longer than 100 years", "it is no time at all", "it must be 1s", "it must be 24h", "no file is that small",
	"is no pattern", "decimal digits", "14:16: condition: ", "12:26: recipient.partyId: ", "put it in quotes",
}

// checkSchema holds the schema to a file in which the reader finds faults: it
// refuses it too, unless it cannot see them.
func checkSchema(t *testing.T, text string, faults []string) {
	t.Helper()
	blind := slices.ContainsFunc(untold, func(part string) bool { return strings.Contains("\n"+strings.Join(faults, "\n")+"\n", part) })
	if err := schemaFault(t, text); (err == nil) != blind {
		t.Errorf("the schema says %v, and it can tell: %v", err, !blind)
	}
}

// TestSchemaAllowsWhatIsRead holds the schema to all good files that there are.
func TestSchemaAllowsWhatIsRead(t *testing.T) {
	t.Parallel()
	for _, file := range []string{filepath.Join("testdata", "whole.yaml"), filepath.Join("..", "examples", "stafett.yaml")} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := schemaFault(t, string(text)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	page, err := os.ReadFile(filepath.Join("..", "docs", "definitions.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(page, -1) {
		example := string(block[1])
		text := strings.Replace(minimal, "    since: 2026-01-01\n", "", 1)
		if regexp.MustCompile(`^(service|test):`).MatchString(example) {
			text = minimal + example
		} else if strings.HasPrefix(example, "- id") {
			text = strings.Split(minimal, "  - id")[0] + example
		} else {
			for line := range strings.Lines(example) {
				if name, _, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(name, " ") {
					text = regexp.MustCompile("(?m)^    "+name+":.*\n").ReplaceAllString(text, "")
				}
			}
			if text += "    " + strings.TrimSuffix(strings.ReplaceAll(example, "\n", "\n    "), "    "); !strings.Contains(text, "since:") {
				text += "    since: 2026-01-01\n"
			}
		}
		if _, err := project.Parse("stafett.yaml", []byte(text)); err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		if err := schemaFault(t, text); err != nil {
			t.Errorf("%s\n%v", text, err)
		}
	}
}

// probes make the reader tell all members that one object of the file may have;
// zzzzzzzzzz is none. Each is what follows the smallest file, or what takes the place of
// a part of it. The keys are the objects' places in the schema.
func probes() map[string][2]string {
	const recipient = `recipient: {organisationNumber: "313547264"}`
	return map[string][2]string{
		"":                  {"environment: tt02", "environment: tt02\nzzzzzzzzzz: 1"},
		"/owner":            {"org: fts", "org: fts, zzzzzzzzzz: 1"},
		"/applications":     {"receiving: receiving-app", "receiving: receiving-app, zzzzzzzzzz: 1"},
		"/maskinporten":     {"  integration: stafett-fts", "  integration: stafett-fts\n  zzzzzzzzzz: 1"},
		"/access":           {"", "access: {zzzzzzzzzz: 1}"},
		"/test":             {"", "test: {recipient: {partyId: 1}, zzzzzzzzzz: 1}"},
		"/test/recipient":   {"", "test: {recipient: {partyId: 1, zzzzzzzzzz: 1}}"},
		"$selfService":      {"", "selfService: {clientId: a, keyFile: a, zzzzzzzzzz: 1}"},
		"$service":          {"", "service: {zzzzzzzzzz: 1}"},
		"$service/callers":  {"", "service: {callers: {scope: 'a:b', organisations: [313547264], zzzzzzzzzz: 1}}"},
		"$service/events":   {"", "service: {events: {address: 'https://a.example', secret: a, zzzzzzzzzz: 1}}"},
		"$otherEnvironment": {"", "environments: {prod: {vault: 'https://kv-fts-prod.vault.azure.net', zzzzzzzzzz: 1}}"},
		"$handover":         {recipient, recipient + "\n    zzzzzzzzzz: 1"},
		"$recipientParty":   {recipient, "recipient: {partyId: 1, zzzzzzzzzz: 1}"},
		"$recipientField":   {recipient, "recipient: {partyId: {field: A, zzzzzzzzzz: 1}}"},
		"$sourceMapping":    {recipient, recipient + "\n    prefill: {A: {zzzzzzzzzz: 1}}"},
		"$attachment":       {recipient, recipient + "\n    attachments: [{from: a, to: b, zzzzzzzzzz: 1}]"},
		"$attachment/only":  {recipient, recipient + "\n    attachments: [{from: a, to: b, only: {zzzzzzzzzz: 1}}]"},
	}
}

// TestSchemaHasTheMembersOfTheReader asks the reader which members each object
// may have, and which it must have, and holds the schema to it in both
// directions.
func TestSchemaHasTheMembersOfTheReader(t *testing.T) {
	t.Parallel()
	var document map[string]any
	if err := json.Unmarshal(project.Schema(), &document); err != nil {
		t.Fatal(err)
	}
	objects := map[string]map[string]any{}
	gather("", document, objects)
	definitions, _ := document["$defs"].(map[string]any)
	for name, definition := range definitions {
		gather("$"+name, definition, objects)
	}
	delete(objects, "/environments") // its names are those of environments
	if got, want := slices.Sorted(maps.Keys(objects)), slices.Sorted(maps.Keys(probes())); !slices.Equal(got, want) {
		t.Fatalf("the schema has objects at\n%q, and this test knows\n%q", got, want)
	}
	for at, probe := range probes() {
		text := minimal + probe[1] + "\n"
		if probe[0] != "" {
			i := strings.LastIndex(minimal, probe[0])
			text = minimal[:i] + probe[1] + minimal[i+len(probe[0]):]
		}
		_, err := project.Parse("stafett.yaml", []byte(text))
		_, members, ok := strings.Cut(fmt.Sprint(err), `has no "zzzzzzzzzz"; it may have `)
		if !ok {
			t.Errorf("%s: got %v", at, err)
			continue
		}
		members, _, _ = strings.Cut(members, "\n")
		properties, _ := objects[at]["properties"].(map[string]any)
		want := strings.Split(members, ", ")
		slices.Sort(want)
		if got := slices.Sorted(maps.Keys(properties)); !slices.Equal(got, want) {
			t.Errorf("%s: the schema has %q, and the reader %q", at, got, want)
		}
		for name, property := range properties {
			if described, _ := property.(map[string]any); described["description"] == nil && described["$ref"] == nil {
				t.Errorf("%s: the schema does not say what %s is", at, name)
			}
		}
		if objects[at]["additionalProperties"] != false {
			t.Errorf("%s: the schema allows other members", at)
		}
		required, _ := objects[at]["required"].([]any)
		if err := lackingMembers(at, required); err != nil {
			t.Error(err)
		}
	}
}

// lackingMembers empties an object and compares what the reader then says that it
// lacks.
func lackingMembers(at string, required []any) error {
	text := map[string]string{
		"":                  "{}",
		"/owner":            strings.Replace(minimal, `{org: fts, organisationNumber: "313547264"}`, "{}", 1),
		"/applications":     strings.Replace(minimal, "{original: original-form, receiving: receiving-app}", "{}", 1),
		"/maskinporten":     regexp.MustCompile(`maskinporten:\n(  .*\n)+`).ReplaceAllString(minimal, "maskinporten: {}\n"),
		"$handover":         regexp.MustCompile(`(?s)  - id.*`).ReplaceAllString(minimal, "  - {}\n"),
		"$recipientField":   strings.Replace(minimal, `recipient: {organisationNumber: "313547264"}`, "recipient: {partyId: {}}", 1),
		"$attachment":       minimal + "    attachments: [{}]\n",
		"$selfService":      minimal + "selfService: {}\n",
		"$otherEnvironment": minimal + "environments: {prod: {}}\n",
		"/test":             minimal + "test: {}\n",
		"$service/callers":  minimal + "service: {callers: {}}\n",
		"$service/events":   minimal + "service: {events: {}}\n",
	}[at]
	var want []string
	if text != "" {
		_, err := project.Parse("stafett.yaml", []byte(text))
		for _, m := range regexp.MustCompile(` lacks "(\w+)"`).FindAllStringSubmatch(fmt.Sprint(err), -1) {
			want = append(want, m[1])
		}
	}
	var got []string
	for _, name := range required {
		got = append(got, fmt.Sprint(name))
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("%s: the schema demands %q, and the reader %q", at, got, want)
	}
	return nil
}

// TestSchemaSpeaksWords holds the schema to a message beside each pattern: editors
// that know the keyword patternErrorMessage show it, and not the pattern.
func TestSchemaSpeaksWords(t *testing.T) {
	t.Parallel()
	var document any
	if err := json.Unmarshal(project.Schema(), &document); err != nil {
		t.Fatal(err)
	}
	var walk func(at string, value any)
	walk = func(at string, value any) {
		switch value := value.(type) {
		case map[string]any:
			if value["pattern"] != nil && value["patternErrorMessage"] == nil && !strings.HasSuffix(at, "/not") {
				t.Errorf("%s has a pattern without words", at)
			}
			if text, _ := value["pattern"].(string); strings.Contains(text, `\p`) {
				t.Errorf("%s has a class of letters that Python's schemas do not know", at)
			}
			for name, member := range value {
				walk(at+"/"+name, member)
			}
		case []any:
			for i, item := range value {
				walk(at+"/"+strconv.Itoa(i), item)
			}
		}
	}
	walk("", document)
}

// gather finds the schemas that have members of their own, by their place.
func gather(at string, schema any, into map[string]map[string]any) {
	object, _ := schema.(map[string]any)
	properties, ok := object["properties"].(map[string]any)
	if !ok {
		return
	}
	into[at] = object
	for name, property := range properties {
		gather(at+"/"+name, property, into)
	}
}
