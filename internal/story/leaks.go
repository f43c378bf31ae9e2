package story

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/stafett/stafett/jwk"
)

// searchForKey looks for a private key in every file below the folders: for its
// encoded form, for each private number in it, and for anything in PEM.
func searchForKey(key *jwk.Key, dirs ...string) error {
	var members map[string]string
	if err := json.Unmarshal([]byte(key.JSON().Reveal()), &members); err != nil {
		return errors.New("take the key apart") // the decoder's words could hold a piece of it
	}
	wanted := [][]byte{[]byte(key.Encoded().Reveal()), []byte("PRIVATE KEY-----")}
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi"} {
		wanted = append(wanted, []byte(members[name]))
	}
	for _, dir := range dirs {
		if dir == "" {
			continue
		}
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			content, err := os.ReadFile(path) //nolint:gosec // a file of the story's own
			if errors.Is(err, fs.ErrNotExist) {
				return nil // a temporary file of the database's
			}
			if err != nil {
				return err
			}
			for _, secret := range wanted {
				if bytes.Contains(content, secret) {
					return fmt.Errorf("the file %s holds a private key or a part of one", entry.Name())
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
