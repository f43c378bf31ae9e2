package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/tailscale/hujson"
)

var applicationID = regexp.MustCompile(`^[a-z0-9-]+/[a-z0-9-]+$`)

// ParseMetadata reads config/applicationmetadata.json as an application does:
// names of members in any case, trailing commas and a byte order mark allowed,
// comments not, unknown members skipped. The error joins everything that is
// wrong.
func ParseMetadata(data []byte) (Metadata, error) {
	var m Metadata
	if err := decodeJSON(data, &m); err != nil {
		return Metadata{}, err
	}
	if err := errors.Join(m.check()...); err != nil {
		return Metadata{}, err
	}
	return m, nil
}

func (m Metadata) check() []error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	org, _, _ := strings.Cut(m.ID, "/")
	switch {
	case m.ID == "":
		fault(`there is no "id"; it is the owner's code and the application's name, as in "ttd/my-application"`)
	case !applicationID.MatchString(m.ID):
		fault(`the id %q is not of the form "ttd/my-application" (lower-case letters, digits and hyphens)`, m.ID)
	case m.Org == "":
		fault(`there is no "org"; it should be %q, as in the id`, org)
	case m.Org != org:
		fault("the org is %q, but the id %q begins with %q", m.Org, m.ID, org)
	}
	seen := map[string]bool{}
	for i, t := range m.DataTypes {
		switch {
		case t.ID == "":
			fault("data type number %d has no id", i+1)
			continue
		case seen[t.ID]:
			fault("the data type %q is there twice", t.ID)
		case strings.ContainsAny(t.ID, `/\`):
			fault("the data type %q has a slash in its id, which files are named after", t.ID)
		case t.MinCount < 0 || t.MaxCount < 0 || t.MaxSize != nil && *t.MaxSize < 0:
			fault("the data type %q has a negative count or size", t.ID)
		case max(t.MinCount, t.MaxCount) > math.MaxInt32 || t.MaxSize != nil && *t.MaxSize > math.MaxInt32:
			fault("the data type %q has a count or size above %d, which no application can read", t.ID, math.MaxInt32)
		case t.MaxCount > 0 && t.MinCount > t.MaxCount:
			fault("the data type %q needs at least %d elements and allows at most %d", t.ID, t.MinCount, t.MaxCount)
		}
		seen[t.ID] = true
	}
	for _, f := range m.PresentationFields {
		if !seen[f.DataTypeID] {
			fault("the presentation field %q reads the data type %q, which is not there", f.ID, f.DataTypeID)
		}
	}
	for _, f := range m.DataFields {
		if !seen[f.DataTypeID] {
			fault("the data field %q reads the data type %q, which is not there", f.ID, f.DataTypeID)
		}
	}
	return faults
}

// decodeJSON reads JSON as .NET does with the settings of an application.
func decodeJSON(data []byte, into any) error {
	data = standardJSON(data)
	if len(bytes.TrimSpace(data)) == 0 {
		return errors.New("the file is empty")
	}
	err := json.Unmarshal(data, into)
	switch e := err.(type) { //nolint:errorlint // not errors.As: the offset of an inner value counts from that value
	case *json.SyntaxError:
		return fmt.Errorf("line %d: %w", lineAt(data, e.Offset), err)
	case *json.UnmarshalTypeError:
		return fmt.Errorf("line %d: %w", lineAt(data, e.Offset), misfit(err))
	}
	return err
}

// misfit says in the words of JSON, not of Go, that a value has the wrong type.
func misfit(err error) error {
	var e *json.UnmarshalTypeError
	switch {
	case !errors.As(err, &e):
		return err
	case e.Field == "":
		return fmt.Errorf("a JSON %s stands where something else is expected", e.Value)
	}
	return fmt.Errorf("%q is a JSON %s, which does not fit", e.Field, e.Value)
}

func lineAt(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:min(max(offset, 0), int64(len(data)))], []byte("\n"))
}

// standardJSON removes a byte order mark and trailing commas. Text that is no
// such JSON, comments included, is returned as it is, for encoding/json to
// complain about.
func standardJSON(data []byte) []byte {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if json.Valid(data) {
		return data
	}
	v, err := hujson.Parse(bytes.Clone(data))
	if err != nil {
		return data
	}
	comments := false
	for part := range v.All() {
		comments = comments || !part.BeforeExtra.IsStandard() || !part.AfterExtra.IsStandard()
	}
	if comments {
		return data
	}
	v.Standardize()
	return v.Pack()
}
