package cli

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/project"
)

// defaultRegistration is the name of the file between the legs, beside
// stafett.yaml.
const defaultRegistration = "stafett-registration.json"

// connectForPortal finds the way for whoever does the portal's leg: the file that
// they were sent says all that is needed, so they may be without the applications,
// and without a stafett.yaml as well, which would name their admin client.
func (s *session) connectForPortal(ctx context.Context, file string) (*connection, prepare.Target, error) {
	known, err := s.findProject()
	if err != nil {
		if none := (*noProjectError)(nil); !errors.As(err, &none) || none.named != "" {
			return nil, prepare.Target{}, err
		}
	}
	if file == "" {
		file = defaultRegistration
		if known != nil {
			file = filepath.Join(known.Dir, file)
		}
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return nil, prepare.Target{}, err
	}
	registration, err := prepare.ReadRegistration(path)
	if err != nil {
		return nil, prepare.Target{}, err
	}
	target, err := registration.Target(path)
	if err != nil {
		return nil, prepare.Target{}, err
	}
	if known == nil {
		known = &project.Project{
			Path: path, Dir: filepath.Dir(path), Environment: registration.Environment, Vault: registration.Vault,
			Owner: project.Owner{Org: registration.Org, OrganisationNumber: registration.OrganisationNumber},
		}
	}
	chosen, err := s.inEnvironment(known)
	if err != nil {
		return nil, prepare.Target{}, err
	}
	if err := registration.CheckOwner(path, chosen.Owner.Org, chosen.Owner.OrganisationNumber, chosen.Environment, chosen.Integration.Scopes); err != nil {
		return nil, prepare.Target{}, err
	}
	connection, err := s.connectTo(ctx, chosen)
	return connection, target, err
}
