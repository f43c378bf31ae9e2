// Package project reads stafett.yaml, the file that joins two Altinn
// applications: who owns them, where their secrets lie, and what goes from one
// to the other.
//
// The reader is strict. A name that it does not know is refused, with the
// nearest one that it does know, and so is a value of the wrong kind; all faults
// are told at once, each with its line and column. What a file means therefore
// never depends on a misspelling that nobody saw.
package project

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/stafett/stafett/app/expression"
)

// Project is a project file that has been read and checked. Whether the
// applications' folders exist, and have what the handovers name, is not checked
// here: packages app and handover do that.
type Project struct {
	Path string // of the file
	Dir  string // where the file lies: what Path has before its name

	Environment  string // "tt02" or "prod"
	Owner        Owner
	Applications Applications
	Section      string // of appsettings.json, such as "MaskinportenSettings"
	Vault        string // address, such as "https://kv-fts-tt02.vault.azure.net"
	Integration  Integration
	SelfService  SelfService
	Access       Access
	Handovers    []Definition
	Service      Service
	Test         Test

	others []environment // what differs in other environments
	base   *Project      // the project that For was asked of first; nil in that one
}

// Owner is the organisation that owns the applications.
type Owner struct {
	Org                string // its code in Altinn, such as "ttd"
	OrganisationNumber string // nine digits, check digit right
}

// Applications are the folders of the two applications, each joined to
// [Project.Dir] unless it is absolute.
type Applications struct {
	Original  string // where the form is filled in
	Receiving string // where the new instance comes into being
}

// Integration is the Maskinporten integration.
type Integration struct {
	// Name is empty when the file has none: package prepare names the integration
	// after the application then.
	Name string
	// Scopes are those in the file, else the two that a handover needs.
	Scopes []string
}

// SelfService is the organisation's own access to Digdir's self-service
// interface: its admin client. It may be empty. Of KeyFile and KeySecret, one is
// set.
type SelfService struct {
	ClientID  string
	KeyFile   string // a file with a private JSON Web Key; as in [Applications]
	KeySecret string // the secret that holds it, plain or in base64
	Vault     string // the vault of KeySecret; the project's own unless the file says otherwise
}

// Access is what the organisation is to be allowed in the receiving application
// besides what a handover cannot do without.
type Access struct {
	// Delete lets it delete an instance, so that Stafett can remove a duplicate.
	Delete bool
}

// Position is a place in the file; both count from 1.
type Position struct{ Line, Column int }

// Definition says what one kind of handover carries.
type Definition struct {
	Position Position
	// ID is immutable: it is part of the key by which a handover is known.
	ID string
	// Adopts are the ids that it had before, the oldest first: keys go on being
	// computed with that one.
	Adopts   []string
	From, To string // application ids, "org/app"
	// Since is the time before which sweeps leave ended forms alone.
	Since time.Time
	// Recipients tells who will own the new instances, one for each.
	Recipients []RecipientRule
	// Condition decides for which forms the handover is made; nil = for all.
	// It sees the source's form data.
	Condition *expression.Expression
	// CopyModel tells that every field is carried that both models have; Prefill
	// overrides that.
	CopyModel   bool
	Prefill     []Mapping
	Attachments []Attachment
	// Confirm tells that the source is confirmed when its handover is done, which
	// hides it from the organisation's other systems and lets Altinn delete it.
	Confirm bool
	// VisibleAfter and DueBefore count from the end of the source's process; zero =
	// not set.
	VisibleAfter, DueBefore Period
}

// Mapping fills one field, list or group of the receiving form. Exactly one of
// Path, Each, Constant and Expression is set.
type Mapping struct {
	Position Position
	Target   string // dotted path in the receiving model; in Fields, in a row
	Path     string // dotted path in the source's model; in Fields, in a row
	FromRoot bool   // Path is not in the row, but in the model
	// Each is the path of a list of groups. Target is one too, and gets a row for
	// each of its rows, filled by Fields.
	Each     string
	Fields   []Mapping
	Constant any // string, bool or json.Number
	// Expression is in Altinn's expression language and sees the source's form
	// data.
	Expression *expression.Expression
}

// defaultScopes are the scopes that a handover needs.
func defaultScopes() []string {
	return []string{"altinn:serviceowner/instances.read", "altinn:serviceowner/instances.write"}
}

// maxFile bounds the size of a project file, in bytes.
const maxFile = 1 << 20

// Load reads the file at path. The error joins a [*Fault] for each thing wrong
// in it.
func Load(path string) (*Project, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the project file: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read the project file: %w", err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("read the project file %s: it is larger than %d bytes", path, maxFile)
	}
	return Parse(path, data)
}

// Parse reads the content of a project file that lies, or would lie, at path.
func Parse(path string, data []byte) (*Project, error) {
	r := &reader{path: path}
	p := &Project{Path: path, Dir: filepath.Dir(path), Service: defaultService()}
	if root := r.document(data); root != nil {
		r.project(root, p)
	}
	if len(r.faults) > 0 {
		return nil, errors.Join(r.faults...)
	}
	return p, nil
}
