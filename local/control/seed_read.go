package control

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stafett/stafett/local/redact"
)

// maxSeed bounds a seed with the files that it names, in bytes.
const maxSeed = 32 << 20

// ReadSeed reads a seed from JSON or YAML. Members that it does not know are an
// error, and so are files: see [ReadSeedFile]. The error holds none of its secrets, and
// no identity number.
func ReadSeed(content []byte) (Seed, error) { return readSeed(content, nil) }

// ReadSeedFile is [ReadSeed] of a file. What the seed says to lie in other files is
// looked for in the folder of this one, and below.
func ReadSeedFile(name string) (Seed, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return Seed{}, fmt.Errorf("read the seed: %w", err)
	}
	return ReadSeedIn(filepath.Dir(name), content)
}

// ReadSeedIn is [ReadSeedFile] where the seed itself has been read, and only its files
// lie in the folder.
func ReadSeedIn(dir string, content []byte) (Seed, error) {
	left := int64(maxSeed)
	return readSeed(content, func(name string) ([]byte, error) {
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return nil, fmt.Errorf("the file %q is not beside the seed or below", name)
		}
		file, err := os.OpenInRoot(dir, filepath.FromSlash(name))
		if err != nil {
			return nil, err
		}
		defer file.Close()
		read, err := io.ReadAll(io.LimitReader(file, left+1))
		if left -= int64(len(read)); err == nil && left < 0 {
			err = fmt.Errorf("the files of a seed have at most %d bytes together", maxSeed)
		}
		return read, err
	})
}

func readSeed(content []byte, open func(name string) ([]byte, error)) (Seed, error) {
	body, err := decodeSeed(content)
	var seed Seed
	if err == nil {
		seed, err = body.seed(open)
	}
	if err != nil {
		return Seed{}, errors.New(redact.Text(fmt.Sprintf("read the seed: %v", err)))
	}
	return seed, nil
}

func decodeSeed(content []byte) (body seedBody, err error) {
	if trimmed := bytes.TrimSpace(content); len(trimmed) > 0 && trimmed[0] == '{' {
		return body, decodeStrictly(content, &body)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	if err := decoder.Decode(&body); err != nil && !errors.Is(err, io.EOF) {
		return body, inOneLine(err)
	}
	if err := decoder.Decode(&struct{}{}); !errors.Is(err, io.EOF) {
		return body, errors.New("there is more than one YAML document")
	}
	return body, nil
}

// wordings are how the YAML reader speaks of a member that is unknown, of a value
// of another kind than belongs there and of an alias for nothing, and what is said
// instead.
var wordings = []struct {
	found *regexp.Regexp
	said  string
}{
	{regexp.MustCompile(`field (\S+) not found in type [^\s;]+`), `there is no member "$1"`},
	{regexp.MustCompile("(?s)cannot unmarshal !!\\S+(?: `.*?`)? into [^\\s;]+"), "another kind of value belongs here"},
	{regexp.MustCompile(`(?s)unknown anchor '.*?' referenced`), "a text that begins with * needs quotes"},
}

// inOneLine words what is wrong with a YAML document without the names of Go types,
// and without the values in it, which can be secrets.
func inOneLine(err error) error {
	said := err.Error()
	if wrong := new(yaml.TypeError); errors.As(err, &wrong) {
		said = strings.Join(wrong.Errors, "; ")
	}
	for _, wording := range wordings {
		said = wording.found.ReplaceAllString(said, wording.said)
	}
	return errors.New(said)
}
