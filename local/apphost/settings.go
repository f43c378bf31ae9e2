package apphost

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/tailscale/hujson"
)

// settingsFiles are read in this order, the later one winning, where an
// application runs in the test environment: its hosting environment is Staging.
var settingsFiles = []string{"appsettings.json", "appsettings.Staging.json"}

// registersEvents tells whether the application publishes events:
// AppSettings:RegisterEventsWithEventsComponent, which is false where nothing is
// said. As in .NET, names have no case and a boolean may be text.
func registersEvents(folder *app.Folder) (bool, error) {
	on := false
	if folder.Dir == "" {
		return on, nil // a file system of a test, with no settings
	}
	for _, name := range settingsFiles {
		content, err := os.ReadFile(filepath.Join(folder.Dir, filepath.FromSlash(folder.Root), name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("read settings: %w", err)
		}
		// A comment on the last line needs a line end.
		standard, err := hujson.Standardize(append([]byte(strings.TrimPrefix(string(content), "\ufeff")), '\n'))
		if err != nil {
			return false, fmt.Errorf("read settings: %s is not JSON", name)
		}
		var sections map[string]json.RawMessage
		if err := json.Unmarshal(standard, &sections); err != nil {
			return false, fmt.Errorf("read settings: %s holds no object", name)
		}
		for section, raw := range sections {
			var settings map[string]json.RawMessage
			if !strings.EqualFold(section, "AppSettings") || json.Unmarshal(raw, &settings) != nil {
				continue
			}
			for setting, value := range settings {
				if strings.EqualFold(setting, "RegisterEventsWithEventsComponent") {
					on = strings.EqualFold(strings.Trim(string(value), `"`), "true")
				}
			}
		}
	}
	return on, nil
}
