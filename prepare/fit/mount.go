package fit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// mountError says why the mount is not added to values that are valid YAML.
type mountError struct{ why string }

func (e *mountError) Error() string { return e.why }

func refuse(format string, values ...any) error { return &mountError{fmt.Sprintf(format, values...)} }

// addMount returns values.yaml with the volume and the mount, everything else
// kept byte for byte. Values that have both are returned as they are. The result
// is read again and compared, so an edit is right or is not made.
func addMount(values []byte) ([]byte, error) {
	document, err := decode(values)
	if err != nil {
		return nil, err
	}
	if bytes.Contains(bytes.ReplaceAll(values, []byte("\r\n"), nil), []byte("\r")) {
		return nil, refuse("it has line ends that are not known")
	}
	after := values
	for _, list := range mountLists() {
		has, err := list.in(document)
		if err != nil {
			return nil, err
		}
		if has {
			continue
		}
		if after, err = list.add(after); err != nil {
			return nil, err
		}
		document = list.addTo(document)
	}
	got, err := decode(after)
	if err != nil || !reflect.DeepEqual(got, document) && !bytes.Equal(after, values) {
		return nil, refuse("it is laid out in a way that is not known")
	}
	return after, nil
}

// mountLists are the two lists of a deployment with what each needs.
func mountLists() []mountList {
	return []mountList{
		{
			"volumeMounts", map[string]any{"name": secretMount, "mountPath": secretMountPath},
			[]string{"name: " + secretMount, `mountPath: "` + secretMountPath + `"`},
		},
		{
			"volumes", map[string]any{"name": secretMount, "secret": map[string]any{"secretName": secretMount}},
			[]string{"name: " + secretMount, "secret:", "  secretName: " + secretMount},
		},
	}
}

// decode reads the one document of a file. Anchors and aliases are resolved.
func decode(values []byte) (any, error) {
	dec := yaml.NewDecoder(bytes.NewReader(values))
	var document any
	if err := dec.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var more any
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, refuse("it holds more than one document")
	}
	return document, nil
}

// mountList is one of the two lists, with the item that it needs as it is
// understood and as it is written.
type mountList struct {
	key   string
	item  map[string]any
	lines []string
}

// in reports whether the list has the item, perhaps with more members. An item of
// the name that says something else is an error.
func (l mountList) in(document any) (bool, error) {
	root, _ := document.(map[string]any)
	deployment, _ := root["deployment"].(map[string]any)
	list, _ := deployment[l.key].([]any)
	for _, entry := range list {
		members, _ := entry.(map[string]any)
		if members["name"] != secretMount {
			continue
		}
		for name, value := range l.item {
			if !reflect.DeepEqual(members[name], value) {
				return false, refuse("its %s have a %s that is something else", l.key, secretMount)
			}
		}
		return true, nil
	}
	return false, nil
}

// addTo is what the values are to mean with the item.
func (l mountList) addTo(document any) any {
	root, _ := document.(map[string]any)
	if root == nil {
		root = map[string]any{}
	}
	deployment, _ := root["deployment"].(map[string]any)
	if deployment == nil {
		deployment = map[string]any{}
	}
	list, _ := deployment[l.key].([]any)
	deployment[l.key] = append(list, l.item)
	root["deployment"] = deployment
	return root
}

// add adds the item to the list, and the list where there is none.
func (l mountList) add(values []byte) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(values, &document); err != nil {
		return nil, err
	}
	e := yamlEditor{text: string(values)}
	root := &yaml.Node{}
	if len(document.Content) > 0 {
		root = document.Content[0]
	}
	if isEmpty(root) {
		return e.atEnd("deployment:", "  "+l.key+":", l.below("    ")), nil
	}
	deploymentKey, deployment := child(root, "deployment")
	switch {
	case root.Kind != yaml.MappingNode || root.Style&yaml.FlowStyle != 0:
		return nil, refuse("its top is no block of keys")
	case deployment == nil:
		return e.atEnd("deployment:", "  "+l.key+":", l.below("    ")), nil
	case isEmpty(deployment) && deployment.Line == deploymentKey.Line && deployment.Value != "":
		return nil, refuse("its deployment is empty in so many words")
	case isEmpty(deployment):
		return e.behindLine(deploymentKey.Line, "  "+l.key+":", l.below("    ")), nil
	case deployment.Kind != yaml.MappingNode || deployment.Style&yaml.FlowStyle != 0:
		return nil, refuse("its deployment is no block of keys")
	}
	key, list := child(deployment, l.key)
	indent := strings.Repeat(" ", deployment.Content[0].Column-1)
	switch {
	case list == nil:
		return e.behindBlock(deployment.Content[0], indent+l.key+":", l.below(indent+"  ")), nil
	case list.Kind == yaml.SequenceNode && len(list.Content) == 0:
		return e.replaceEmptyList(key, list, l.below(indent+"  "))
	case isEmpty(list):
		return e.behindLine(key.Line, l.below(indent+"  ")), nil
	case list.Kind != yaml.SequenceNode || list.Style&yaml.FlowStyle != 0:
		return nil, refuse("its %s are not written as a list with a line for each member", l.key)
	}
	return e.behindBlock(list, l.below(strings.Repeat(" ", list.Column-1))), nil
}

// below gives the lines of the item below an indentation.
func (l mountList) below(indent string) string {
	return indent + "- " + strings.Join(l.lines, "\n"+indent+"  ")
}

func isEmpty(n *yaml.Node) bool { return n.Kind == 0 || n.Tag == "!!null" }

// child returns a mapping's key and value.
func child(mapping *yaml.Node, name string) (key, value *yaml.Node) {
	if mapping.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == name {
			return mapping.Content[i], mapping.Content[i+1]
		}
	}
	return nil, nil
}

// yamlEditor inserts lines into a text, with its line ends.
type yamlEditor struct{ text string }

// lines splits the text behind every line feed.
func (e yamlEditor) lines() []string { return strings.SplitAfter(e.text, "\n") }

// behindLine inserts lines behind a line, counted from 1.
func (e yamlEditor) behindLine(line int, inserted ...string) []byte {
	end := "\n"
	if strings.Contains(e.text, "\r\n") {
		end = "\r\n"
	}
	block := strings.ReplaceAll(strings.Join(inserted, "\n"), "\n", end)
	lines := e.lines()
	line = min(line, len(lines))
	if before := lines[line-1]; strings.HasSuffix(before, "\n") {
		block += end
	} else { // the last line, which has no end
		block = end + block
	}
	return []byte(strings.Join(slices.Insert(lines, line, block), ""))
}

// atEnd appends lines to the text.
func (e yamlEditor) atEnd(inserted ...string) []byte {
	lines := e.lines()
	last := len(lines)
	if lines[last-1] == "" {
		last--
	}
	if last == 0 {
		return []byte(e.text + strings.Join(inserted, "\n") + "\n")
	}
	return e.behindLine(last, inserted...)
}

// behindBlock inserts lines behind the last line of the block that starts at a
// node: a list, or the keys of a mapping. Comments and empty lines behind it stay
// behind.
func (e yamlEditor) behindBlock(first *yaml.Node, inserted ...string) []byte {
	lines := e.lines()
	dashes := first.Kind == yaml.SequenceNode
	last := first.Line
	for i := first.Line; i < len(lines); i++ {
		content := strings.TrimRight(lines[i], " \t\r\n")
		word := strings.TrimLeft(content, " ")
		indent := len(content) - len(word)
		if word == "" || word[0] == '#' {
			continue
		}
		if indent < first.Column-1 || dashes && indent == first.Column-1 && word != "-" && !strings.HasPrefix(word, "- ") {
			break
		}
		last = i + 1
	}
	return e.behindLine(last, inserted...)
}

// replaceEmptyList turns "key: []" into a list.
func (e yamlEditor) replaceEmptyList(key, list *yaml.Node, item string) ([]byte, error) {
	lines := e.lines()
	line := lines[key.Line-1]
	head, tail, found := strings.Cut(line, "[")
	inside, tail, closed := strings.Cut(tail, "]")
	if list.Line != key.Line || !found || !closed || strings.TrimSpace(inside) != "" {
		return nil, refuse("its %s are an empty list in so many words", key.Value)
	}
	lines[key.Line-1] = strings.TrimRight(head, " \t") + tail
	return yamlEditor{strings.Join(lines, "")}.behindLine(key.Line, item), nil
}
