package prepare

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"unicode"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/jwk"
)

// registrationSchema names the form of the file.
const registrationSchema = "stafett/registration/v1"

// Registration is the file that goes from the holder of the vault to the holder of
// the portal and back. It holds nothing secret: the key in it is public by its
// type, and nothing else is taken in.
type Registration struct {
	Org                string `json:"org"`
	OrganisationNumber string `json:"organisationNumber"`
	Environment        string `json:"environment"` // Altinn's, such as "tt02"
	Application        string `json:"application"` // "org/app"

	// What to register. Thumbprint (RFC 7638) is the public key's, for people to
	// compare.
	Integration string     `json:"integration"`
	Description string     `json:"description"`
	Scopes      []string   `json:"scopes"`
	PublicKey   jwk.Public `json:"publicKey"`
	Thumbprint  string     `json:"thumbprint"`

	// Where the secrets lie: for people to see, and for the last leg to compare.
	Vault          string `json:"vault"`
	KeySecret      string `json:"keySecret"`
	ClientIDSecret string `json:"clientIdSecret"`

	// ClientID is the integration's, once it is registered.
	ClientID string `json:"clientId,omitempty"`
}

// registrationDocument is the file: its schema before all else.
type registrationDocument struct {
	Schema string `json:"schema"`
	Registration
}

// RegistrationError says that a hand-over file cannot be used.
type RegistrationError struct {
	File    string // its path; empty when it has none
	Problem string // a clause

	remedy string
	err    error
}

// Error names the file and what is wrong with it.
func (e *RegistrationError) Error() string {
	name := "the registration file"
	if e.File != "" {
		name += " " + e.File
	}
	return name + " cannot be used: " + e.Problem
}

// Unwrap returns what is behind it; nil for nothing.
func (e *RegistrationError) Unwrap() error { return e.err }

// Remedy says what to do about it.
func (e *RegistrationError) Remedy() string { return e.remedy }

// ParseRegistration reads the content of a hand-over file. A file that is not one,
// that has a member that a registration has no place for (as anything secret
// would be), or whose key is not the one that its thumbprint names, is a
// *RegistrationError.
func ParseRegistration(content []byte) (Registration, error) {
	var document registrationDocument
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&document)
	if err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("there is more after its end")
		}
	}
	if err != nil {
		// The cause may quote what it stumbled over, and is of no use to the reader.
		return Registration{}, &RegistrationError{Problem: "it is not as Stafett wrote it", remedy: remedyAsk}
	}
	r := document.Registration
	if document.Schema != registrationSchema {
		return Registration{}, &RegistrationError{Problem: fmt.Sprintf("its schema is not %s", registrationSchema), remedy: remedyAsk}
	}
	if err := r.check(); err != nil {
		return Registration{}, err
	}
	return r, nil
}

// ReadRegistration reads the hand-over file at path, for whoever has nothing else.
// One that is not there is a *RegistrationError too.
func ReadRegistration(path string) (Registration, error) {
	r, _, err := Systems{}.registration(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Registration{}, noRegistration(path)
	}
	return r, err
}

func (s Systems) registration(path string) (Registration, []byte, error) {
	content, err := s.files().Read(path)
	if err != nil {
		return Registration{}, nil, err
	}
	r, err := ParseRegistration(content)
	if unusable, ok := errors.AsType[*RegistrationError](err); ok {
		unusable.File = path
	}
	return r, content, err
}

func noRegistration(path string) error {
	return &RegistrationError{File: path, Problem: "there is none", remedy: "have the holder of the vault run their leg first, and put the file there"}
}

const remedyAsk = "ask the holder of the vault for the file anew, and send it as it is"

func (r Registration) check() error {
	thumbprint, err := r.PublicKey.Thumbprint()
	if err != nil || r.PublicKey.KeyID == "" {
		return &RegistrationError{Problem: "its key is not whole", remedy: remedyAsk, err: err}
	}
	if !isBare(r.PublicKey) {
		return &RegistrationError{Problem: "its key has members that no key of Stafett's has", remedy: remedyAsk}
	}
	if thumbprint != r.Thumbprint {
		return &RegistrationError{Problem: fmt.Sprintf("its key has thumbprint %s, and the file says %s", thumbprint, r.Thumbprint), remedy: remedyAsk}
	}
	if _, err := altinn.LookupEnvironment(r.Environment); err != nil {
		return &RegistrationError{Problem: "its environment is none of Altinn's", remedy: remedyAsk, err: err}
	}
	if slices.Contains([]string{r.Org, r.OrganisationNumber, r.Application, r.Integration, r.Description, r.ClientIDSecret, r.KeySecret}, "") || len(r.Scopes) == 0 {
		return &RegistrationError{Problem: "something is missing in it", remedy: remedyAsk}
	}
	texts := []string{r.Org, r.OrganisationNumber, r.Application, r.Integration, r.Description, r.Vault, r.ClientIDSecret, r.KeySecret, r.PublicKey.KeyID}
	for _, text := range append(texts, r.Scopes...) {
		if strings.ContainsFunc(text, unicode.IsControl) { // it would steer the terminal that shows it
			return &RegistrationError{Problem: "it has control characters", remedy: remedyAsk}
		}
	}
	if r.ClientID == "" {
		return nil
	}
	if id, err := CheckClientID(r.ClientID); err != nil || id != r.ClientID {
		return &RegistrationError{Problem: "its clientId is none", remedy: remedyID, err: err}
	}
	return nil
}

// isBare reports whether the key has those members only that a key is made with: it
// is registered as it stands, and would take any others along.
func isBare(key jwk.Public) bool {
	bare, bareErr := json.Marshal(jwk.Public{
		KeyType: key.KeyType, Use: key.Use, Algorithm: key.Algorithm, KeyID: key.KeyID, Modulus: key.Modulus, Exponent: key.Exponent,
	})
	whole, wholeErr := json.Marshal(key)
	return bareErr == nil && wholeErr == nil && bytes.Equal(bare, whole)
}

const remedyID = "take clientId out of the file, and have the holder of the portal run their leg again"

// Encode gives the content of the file.
func (r Registration) Encode() ([]byte, error) {
	content, err := json.MarshalIndent(registrationDocument{Schema: registrationSchema, Registration: r}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write registration: %w", err)
	}
	return append(content, '\n'), nil
}

// Target is what the holder of the portal prepares, who needs nothing but the
// file, which lies at path.
func (r Registration) Target(path string) (Target, error) {
	environment, err := altinn.LookupEnvironment(r.Environment)
	if err != nil {
		return Target{}, fmt.Errorf("prepare: %w", err)
	}
	return Target{
		Org: r.Org, OrganisationNumber: r.OrganisationNumber, Environment: r.Environment, Maskinporten: environment.MaskinportenEnvironment,
		AppID: r.Application, Vault: r.Vault, Integration: r.Integration, Scopes: r.Scopes,
		Leg: PortalLeg, Registration: path,
	}, nil
}

// CheckOwner returns a *RegistrationError when the file, which lies at path, is of
// another organisation or environment, or asks for a scope that is not among scopes;
// nil scopes are any.
func (r Registration) CheckOwner(path, org, organisationNumber, environment string, scopes []string) error {
	reason := r.foreign(Target{Org: org, OrganisationNumber: organisationNumber, Environment: environment, AppID: r.Application})
	if reason != "" {
		return &RegistrationError{File: path, Problem: reason, remedy: "name the file of this organisation and environment"}
	}
	if more := missingFrom(scopes, r.Scopes); scopes != nil && len(more) > 0 {
		return &RegistrationError{
			File: path, Problem: fmt.Sprintf("it asks for %s, which maskinporten.scopes in stafett.yaml does not have", strings.Join(more, " and ")),
			remedy: "ask the holder of the vault whether that is meant, and for their stafett.yaml if it is",
		}
	}
	return nil
}

// foreign tells why the file is of another preparation; empty when it is not.
func (r Registration) foreign(t Target) string {
	for _, part := range []struct{ what, file, target string }{
		{"organisation", r.Org, t.Org},
		{"organisation number", r.OrganisationNumber, t.OrganisationNumber},
		{"environment", r.Environment, t.Environment},
		{"application", r.Application, t.AppID},
	} {
		if part.file != part.target {
			return fmt.Sprintf("it is for %s %s, and this is %s", part.what, part.file, part.target)
		}
	}
	return ""
}
