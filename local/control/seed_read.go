package control

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
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
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no file %s; %q is looked for in the folder of the seed", filepath.Join(dir, filepath.FromSlash(name)), name)
		}
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
	root, err := parseSeed(content)
	if err == nil {
		err = checkSeed(root)
	}
	if err != nil {
		return body, err
	}
	if err = root.Decode(&body); err != nil {
		said := err.Error()
		if wrong := new(yaml.TypeError); errors.As(err, &wrong) {
			said = strings.Join(wrong.Errors, "; ")
		}
		err = errors.New(unfit.ReplaceAllString(said, "another kind of value belongs here"))
	}
	return body, err
}

// unfit is how the YAML reader speaks of a value that does not fit, which can be a
// secret, and of Go's types.
var unfit = regexp.MustCompile("(?s)cannot (?:unmarshal !!\\S+(?: `.*?`)? into [^\\s;]+|decode !!\\S+ `.*` as a !!\\S+)")
