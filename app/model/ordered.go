package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
)

// Bounds of a schema file.
const (
	maxBytes = 8 << 20
	maxDepth = 64
	// maxObjects bounds how many schemas there can be: the compiler compares each
	// with each.
	maxObjects = 100_000
)

type decoder struct {
	*json.Decoder
	objects int
}

// value is a JSON value that remembers the order of its members, because that
// is the order of a form's fields.
type value struct {
	scalar  any // nil, bool, string or json.Number
	list    []value
	names   []string
	members map[string]value // nil if it is no object
}

func (v value) isObject() bool { return v.members != nil }

// text returns a member that is a string.
func (v value) text(name string) string {
	s, _ := v.members[name].scalar.(string)
	return s
}

// isTrue reports whether a member is the boolean true.
func (v value) isTrue(name string) bool { return v.members[name].scalar == true }

// number returns a member that is a number, as written.
func (v value) number(name string) string {
	n, _ := v.members[name].scalar.(json.Number)
	return n.String()
}

// count returns a member that is a positive whole number, or else 0.
func (v value) count(name string) int {
	n, err := strconv.Atoi(v.number(name))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// plain gives the value as encoding/json decodes it, with numbers kept as text.
func (v value) plain() any {
	switch {
	case v.isObject():
		m := make(map[string]any, len(v.members))
		for name, member := range v.members {
			m[name] = member.plain()
		}
		return m
	case v.list != nil:
		l := make([]any, len(v.list))
		for i, element := range v.list {
			l[i] = element.plain()
		}
		return l
	}
	return v.scalar
}

// at follows a JSON pointer (RFC 6901) in URI fragment form: "#/$defs/Form".
func (v value) at(ref string) (value, bool) {
	path, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return value{}, false
	}
	if path == "" {
		return v, true
	}
	path, ok = strings.CutPrefix(path, "/")
	if !ok {
		return value{}, false
	}
	for part := range strings.SplitSeq(path, "/") {
		name, err := url.PathUnescape(part)
		if err != nil {
			return value{}, false
		}
		name = strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(v.list) {
			v = v.list[i]
			continue
		}
		if v, ok = v.members[name]; !ok {
			return value{}, false
		}
	}
	return v, true
}

// lastName returns the last part of a JSON pointer, unescaped.
func lastName(ref string) string {
	name, err := url.PathUnescape(ref[strings.LastIndex(ref, "/")+1:])
	if err != nil || !strings.Contains(ref, "/") {
		return ""
	}
	return strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
}

func decode(data []byte) (value, error) {
	if len(data) > maxBytes {
		return value{}, fmt.Errorf("it is %d bytes long; at most %d are read", len(data), maxBytes)
	}
	dec := decoder{Decoder: json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))}
	dec.UseNumber()
	v, err := dec.value(0)
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("it ends too early")
		}
		return value{}, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return value{}, errors.New("there is more text after the schema")
	}
	return v, nil
}

func (dec *decoder) value(depth int) (value, error) {
	if depth > maxDepth {
		return value{}, fmt.Errorf("it is nested deeper than %d levels", maxDepth)
	}
	token, err := dec.Token()
	if err != nil {
		return value{}, err
	}
	switch token {
	case json.Delim('{'):
		return dec.object(depth)
	case json.Delim('['):
		v := value{list: []value{}}
		for dec.More() {
			element, err := dec.value(depth + 1)
			if err != nil {
				return value{}, err
			}
			v.list = append(v.list, element)
		}
		_, err := dec.Token()
		return v, err
	}
	return value{scalar: token}, nil
}

func (dec *decoder) object(depth int) (value, error) {
	if dec.objects++; dec.objects > maxObjects {
		return value{}, fmt.Errorf("it holds more than %d objects", maxObjects)
	}
	v := value{members: map[string]value{}}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return value{}, err
		}
		name, ok := token.(string)
		if !ok {
			return value{}, fmt.Errorf("%v is no name of a member", token)
		}
		member, err := dec.value(depth + 1)
		if err != nil {
			return value{}, err
		}
		if _, again := v.members[name]; !again {
			v.names = append(v.names, name)
		}
		v.members[name] = member
	}
	_, err := dec.Token()
	return v, err
}
