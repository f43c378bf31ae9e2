package prepare

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare/fit"
	"github.com/stafett/stafett/prepare/internal/keys"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/selfservice"
)

// readIntegrations reads the list, and the key set of each integration that may
// be the application's: by its client id, by name, or by a description that
// carries the key.
func (s *State) readIntegrations(ctx context.Context, systems Systems) error {
	var err error
	if s.integrations, err = systems.Integrations.List(ctx); err != nil {
		return err
	}
	thumbprints := s.thumbprints()
	clientID := s.knownID()
	for _, integration := range s.integrations {
		if integration.ClientID != clientID && integration.Name != s.target.Integration &&
			!slices.ContainsFunc(thumbprints, func(thumbprint string) bool { return carries(integration, thumbprint) }) {
			continue
		}
		if s.keys[integration.ClientID], err = systems.Integrations.Keys(ctx, integration.ClientID); err != nil {
			return err
		}
	}
	return nil
}

// knownID is the client id that the vault has, or in the portal's leg the file,
// without white space that was stored with it by mistake.
func (s *State) knownID() string {
	if s.target.Leg != PortalLeg {
		return strings.TrimSpace(s.clientID.Reveal())
	}
	if s.registration == nil {
		return ""
	}
	return s.registration.ClientID
}

// thumbprints are those of the keys that the application's integration may have.
func (s *State) thumbprints() []string {
	var thumbprints []string
	for _, text := range []secret.String{s.keyText(), s.replacement} {
		if key, err := jwk.ParseEncoded(text); err == nil {
			thumbprints = append(thumbprints, thumbprintOf(key.Public()))
		}
	}
	if s.registration != nil {
		thumbprints = append(thumbprints, s.registration.Thumbprint)
	}
	return thumbprints
}

// askMaskinporten asks for a token with the vault's two secrets, where they are
// any. Silence is an error, for it would say nothing about them.
func (s *State) askMaskinporten(ctx context.Context, systems Systems) error {
	id := s.knownID()
	key, err := jwk.ParseEncoded(s.keyText())
	if err != nil || !clientIDForm.MatchString(id) {
		return nil //nolint:nilerr // planning tells what is wrong with them
	}
	err = systems.Prover.Prove(ctx, id, key, s.target.Scopes)
	if override := s.keyOverride().Text; override != "" && keys.FaultOf(err) == maskinporten.UnknownKeyID {
		renamed, renameErr := key.WithKeyID(override)
		if renameErr == nil && systems.Prover.Prove(ctx, id, renamed, s.target.Scopes) == nil {
			s.underOverride = true
			return nil
		}
	}
	if refusal, ok := errors.AsType[*maskinporten.Error](err); err != nil && (!ok || refusal.Temporary()) {
		return err
	}
	if err != nil {
		s.answer = &ProofError{ClientID: id, KeyID: key.KeyID(), Err: err}
	}
	return nil
}

func (s *State) readRegistration(_ context.Context, systems Systems) error {
	registration, content, err := systems.registration(s.target.Registration)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	s.registration, s.registrationText = &registration, content
	return nil
}

// readApplications reads both folders. One that cannot be read, such as a receiving
// application that lies elsewhere, does not keep the other from being made ready.
func (s *State) readApplications(context.Context, Systems) error {
	input, err := fit.Read(s.target.Project)
	if err != nil {
		s.notFitted = err
		return nil //nolint:nilerr // the plan warns of it
	}
	input.Family, input.Section, input.EditCode = s.target.Family, s.target.Section, s.target.EditCode
	s.applications = &input
	return nil
}

// carries reports whether the integration's description names the key.
func carries(integration selfservice.Integration, thumbprint string) bool {
	return thumbprint != "" && strings.Contains(integration.Description, thumbprint)
}
