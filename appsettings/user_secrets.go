package appsettings

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// userSecrets adds the developer's own secrets, where the project has an id for
// them.
func (l *loader) userSecrets() {
	projects, err := fs.Glob(os.DirFS(l.configuration.dir), "*.csproj")
	if err != nil || len(projects) == 0 {
		return
	}
	id, err := userSecretsID(filepath.Join(l.configuration.dir, projects[0]))
	if err != nil {
		l.faults = append(l.faults, fmt.Errorf("read %s: %w", projects[0], err))
		return
	}
	root := l.userSecretsRoot()
	if id == "" || root == "" {
		return
	}
	l.file(filepath.Join(root, id, "secrets.json"))
}

// userSecretsRoot is where .NET keeps user secrets.
func (l *loader) userSecretsRoot() string {
	if root := l.options.Directories.UserSecrets; root != "" {
		return root
	}
	var appData, home string
	for _, variable := range l.options.Environ {
		name, value, _ := strings.Cut(variable, "=")
		switch {
		case strings.EqualFold(name, "APPDATA"):
			appData = value
		case name == "HOME":
			home = value
		}
	}
	switch {
	case appData != "":
		return filepath.Join(appData, "Microsoft", "UserSecrets")
	case home != "":
		return filepath.Join(home, ".microsoft", "usersecrets")
	}
	return ""
}

// userSecretsID returns the UserSecretsId of a project file, "" when it has none.
func userSecretsID(project string) (string, error) {
	f, err := os.Open(project)
	if err != nil {
		return "", err
	}
	defer f.Close()
	d := xml.NewDecoder(f)
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "UserSecretsId" {
			var id string
			err := d.DecodeElement(&id, &start)
			return strings.TrimSpace(id), err
		}
	}
}
