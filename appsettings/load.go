package appsettings

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Options tells [Load] what an application would find where it runs.
type Options struct {
	// Dir is the application's folder; its settings files lie in it or in its
	// sub-folder App.
	Dir string
	// EnvironmentName chooses appsettings.{EnvironmentName}.json. Empty takes it
	// from DOTNET_ENVIRONMENT, else ASPNETCORE_ENVIRONMENT, even one that is set
	// to nothing, else "Production".
	EnvironmentName string
	// Environ holds the environment variables as "NAME=value"; nil is none.
	Environ []string
	// CommandLine holds the application's arguments, without its name.
	CommandLine []string
	// Generation is the major version of the application library: 8 (which 0
	// means too) or 9. They differ in layers and in what null is.
	Generation int
	// Directories replaces the places outside of the application's folder.
	Directories Directories
	// Vault lists the secrets of the organisation's vault, values included; nil
	// is an application that does not add Key Vault to its configuration. It is
	// called once, after the files have been read without fault.
	Vault func(context.Context) ([]VaultSecret, error)
}

// Directories are the places outside of the application's folder from which
// settings are read. An empty field is the platform's own place.
type Directories struct {
	// RuntimeSecrets holds maskinporten-settings.json; /mnt/app-secrets. What the
	// configuration itself says (AppSettings:RuntimeSecretsDirectory,
	// MaskinportenSettingsFilepath) goes before it, as in the application.
	RuntimeSecrets string
	// AppsettingsSecret holds altinn-appsettings-secret.json;
	// /altinn-appsettings-secret.
	AppsettingsSecret string
	// UserSecrets is the root of .NET's user secrets, which are read when the
	// environment is Development and the project file has a UserSecretsId. Empty
	// derives it from APPDATA or HOME in Environ.
	UserSecrets string
}

const (
	defaultRuntimeSecrets    = "/mnt/app-secrets"               //nolint:gosec // G101: a folder's name, not a credential
	defaultAppsettingsSecret = "/altinn-appsettings-secret"     //nolint:gosec // G101: a folder's name, not a credential
	appsettingsSecretFile    = "altinn-appsettings-secret.json" //nolint:gosec // G101: a file's name, not a credential
	development              = "Development"
)

// Load reads an application's configuration as the application does when it
// starts, weakest layer first:
//
//  1. environment variables with prefix ASPNETCORE_, then DOTNET_, and the
//     command line, for the host
//  2. appsettings.json, appsettings.{EnvironmentName}.json
//  3. user secrets (Development only)
//  4. environment variables, command line
//  5. maskinporten-settings.json, maskinporten-settings-internal.json
//  6. from generation 9, and not in Development: the other *.json files of the
//     runtime secrets directory, those with "override" in the name last
//  7. altinn-appsettings-secret.json
//  8. environment variables and command line again, appsettings.Local.json
//  9. Key Vault
//
// Every file is optional. Not modelled are the two layers that exist on a
// developer's machine only (telemetry defaults, and what studioctl prints), which
// hold no settings that this module reads.
//
// A fault in a file with which the application would not start is a
// [*FileError]; all of them are reported together.
func Load(ctx context.Context, o Options) (*Configuration, error) {
	l, err := newLoader(o)
	if err != nil {
		return nil, err
	}
	l.host()
	l.environment = o.EnvironmentName
	if l.environment == "" {
		l.environment = l.hostEnvironment()
	}
	l.file("appsettings.json")
	l.file("appsettings." + l.environment + ".json")
	if l.isDevelopment() {
		l.userSecrets()
	}
	l.overrides()
	l.runtimeSecrets()
	l.file(filepath.Join(orDefault(o.Directories.AppsettingsSecret, defaultAppsettingsSecret), appsettingsSecretFile))
	l.overrides()
	l.file("appsettings.Local.json")
	if err := errors.Join(l.faults...); err != nil {
		return nil, err
	}
	if o.Vault != nil {
		secrets, err := o.Vault(ctx)
		if err != nil {
			return nil, fmt.Errorf("load settings from key vault: %w", err)
		}
		l.add(vaultLayer(secrets))
	}
	return l.configuration, nil
}

// loader gathers the layers of one configuration.
type loader struct {
	options       Options
	dialect       dialect
	environment   string // its name
	commandLine   *layer
	configuration *Configuration
	faults        []error
}

func newLoader(o Options) (*loader, error) {
	l := &loader{options: o}
	switch o.Generation {
	case 0, 8:
		l.dialect = dialect{connectionStrings: connectionStringsNET8}
	case 9:
		l.dialect = dialect{nullIsNull: true, emptyArrayIsText: true, connectionStrings: connectionStringsNET10}
	default:
		return nil, fmt.Errorf("load settings: application generation %d is not known (8 or 9)", o.Generation)
	}
	dir, err := contentRoot(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("load settings: %w", err)
	}
	l.configuration = &Configuration{dir: dir}
	l.commandLine, err = commandLineLayer(o.CommandLine)
	return l, err
}

// contentRoot finds the folder with the settings files.
func contentRoot(dir string) (string, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return "", fmt.Errorf("%s is not a folder", dir)
	}
	if _, err := os.Stat(filepath.Join(dir, "appsettings.json")); errors.Is(err, fs.ErrNotExist) {
		inner := filepath.Join(dir, "App")
		if _, err := os.Stat(filepath.Join(inner, "appsettings.json")); err == nil {
			return inner, nil
		}
	}
	return dir, nil
}

func (l *loader) add(layer *layer) { l.configuration.layers = append(l.configuration.layers, layer) }

// text is the value so far at a path, or a default where it has none.
func (l *loader) text(path, fallback string) string {
	v, ok := l.configuration.Get(path)
	if !ok {
		return fallback
	}
	return orDefault(v.content.Reveal(), fallback)
}

func orDefault(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}

// hostEnvironment is the name that the host's own settings give, which may be empty.
func (l *loader) hostEnvironment() string {
	if v, ok := l.configuration.Get("environment"); ok {
		return v.content.Reveal()
	}
	return "Production"
}

func (l *loader) isDevelopment() bool {
	return strings.EqualFold(l.environment, development)
}

func (l *loader) host() {
	l.add(environmentLayer(l.options.Environ, "ASPNETCORE_", l.dialect))
	l.add(environmentLayer(l.options.Environ, "DOTNET_", l.dialect))
	l.add(l.commandLine)
}

func (l *loader) overrides() {
	l.add(environmentLayer(l.options.Environ, "", l.dialect))
	l.add(l.commandLine)
}

// file adds a file; a path that is not absolute is below the content root. A
// file that is not there adds nothing.
func (l *loader) file(path string) {
	name := path
	if !filepath.IsAbs(path) {
		path = filepath.Join(l.configuration.dir, path)
	}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		l.faults = append(l.faults, fmt.Errorf("read settings: %w", err))
		return
	}
	layer, err := jsonLayer(name, content, l.dialect)
	if err != nil {
		l.faults = append(l.faults, err)
		return
	}
	l.add(layer)
}

// runtimeSecrets adds what the platform has mounted for the application.
func (l *loader) runtimeSecrets() {
	dir := l.text("AppSettings:RuntimeSecretsDirectory", orDefault(l.options.Directories.RuntimeSecrets, defaultRuntimeSecrets))
	provisioned := []string{
		l.text("MaskinportenSettingsFilepath", filepath.Join(dir, "maskinporten-settings.json")),
		l.text("MaskinportenSettingsInternalFilepath", filepath.Join(dir, "maskinporten-settings-internal.json")),
	}
	for _, path := range provisioned {
		l.file(path)
	}
	if l.options.Generation != 9 || l.isDevelopment() {
		return
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(l.configuration.dir, dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.faults = append(l.faults, fmt.Errorf("read settings: %w", err))
		return
	}
	var others []string
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		if !entry.IsDir() && strings.EqualFold(filepath.Ext(path), ".json") && !slices.Contains(provisioned, path) {
			others = append(others, path)
		}
	}
	slices.SortFunc(others, compareMounted)
	for _, path := range others {
		l.file(path)
	}
}

// compareMounted orders files by name without regard to case, those with
// "override" in the name last.
func compareMounted(a, b string) int {
	a, b = fold(filepath.Base(a)), fold(filepath.Base(b))
	overrideA, overrideB := strings.Contains(a, "OVERRIDE"), strings.Contains(b, "OVERRIDE")
	switch {
	case overrideA && !overrideB:
		return 1
	case overrideB && !overrideA:
		return -1
	}
	return strings.Compare(a, b)
}
