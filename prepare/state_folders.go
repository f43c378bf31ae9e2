package prepare

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/stafett/stafett/app/dotnet"
	"github.com/stafett/stafett/appsettings"
)

// provisionedFile is what Altinn Studio gives the application library's own
// client, where it has made the credentials.
const provisionedFile = "maskinporten-settings.json"

// readSettings reads the original application's code and settings.
func (s *State) readSettings(ctx context.Context, systems Systems) (err error) {
	if s.code, err = dotnet.Read(os.DirFS(s.target.AppDir)); err != nil {
		return err
	}
	if s.configuration, err = s.loadSettings(ctx, s.target.AppDir, s.code); err != nil {
		return err
	}
	s.settings, err = appsettings.ReadMaskinporten(s.configuration, s.target.Section)
	if missing, ok := errors.AsType[*appsettings.SectionError](err); ok && missing.Nearest == "" && s.code.Generation() == dotnet.Generation9 {
		// The application has its own client without any section. What is prepared is
		// a second one, whose section is still to be written.
		s.settings, s.isNewSection, err = appsettings.MaskinportenSection{Name: s.target.Section, Family: appsettings.ClientLibrary}, true, nil
	}
	if err != nil {
		return err
	}
	for _, name := range []string{"appsettings.json", "appsettings." + s.target.environmentName() + ".json"} {
		path := filepath.Join(s.configuration.Dir(), name)
		content, err := systems.files().Read(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		s.files = append(s.files, file{name: name, path: path, content: content})
	}
	if s.target.Migrate {
		return s.readUnmoved(ctx)
	}
	return nil
}

// readUnmoved looks at the other environment's overlay.
func (s *State) readUnmoved(ctx context.Context) error {
	environment := "Production"
	if s.target.environmentName() == environment {
		environment = "Staging"
	}
	configuration, err := appsettings.Load(ctx, appsettings.Options{Dir: s.target.AppDir, EnvironmentName: environment})
	if err != nil {
		return err
	}
	overlay := "appsettings." + environment + ".json"
	for _, name := range configuration.Children(s.target.Section) {
		if value, _ := configuration.Get(s.target.Section + ":" + name); isOld(name) && value.Origin.Name == overlay {
			s.unmoved = []string{overlay}
		}
	}
	return nil
}

func (s *State) loadSettings(ctx context.Context, dir string, code *dotnet.Code) (*appsettings.Configuration, error) {
	o := appsettings.Options{Dir: dir, EnvironmentName: s.target.environmentName()}
	if code.Generation() == dotnet.Generation9 {
		o.Generation = 9
	}
	return appsettings.Load(ctx, o)
}

// readReceiving looks whether the receiving application reads the same section.
// What else is wrong with its folder is not this package's to tell.
func (s *State) readReceiving(ctx context.Context, _ Systems) error {
	if s.target.ReceivingDir == "" || sameFolder(s.target.ReceivingDir, s.target.AppDir) {
		return nil
	}
	code, err := dotnet.Read(os.DirFS(s.target.ReceivingDir))
	if err != nil {
		return nil //nolint:nilerr // told by those who need the folder
	}
	if configuration, err := s.loadSettings(ctx, s.target.ReceivingDir, code); err == nil {
		s.isShared = len(configuration.Children(s.target.Section)) > 0
	}
	return nil
}

func sameFolder(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

// isProvisioned reports whether Altinn Studio gives the section's client its
// credentials, so that what a vault has for it is not read, or gets in the way.
func (s *State) isProvisioned() bool {
	if s.target.Family != appsettings.BuiltIn {
		return false
	}
	if s.code.Generation() == dotnet.Generation9 {
		return true
	}
	for _, origin := range []appsettings.Origin{s.settings.ClientID.Origin, s.settings.JWK.Origin, s.settings.JWKBase64.Origin} {
		if origin.Kind == appsettings.File && strings.HasSuffix(origin.Name, provisionedFile) {
			return true
		}
	}
	return false
}
