// Package propose makes a first stafett.yaml for two applications, from what
// their folders tell.
//
// It guesses with care: a line that it is certain of stands ready, with its
// reason where that is not plain to see, and what is less than certain stands as
// a comment, for a person to judge. Nothing is read or written here; a proposal is a
// function of its input, and its text is always one that package project reads.
package propose

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/project"
)

// Input is what a proposal is made from.
type Input struct {
	Original, Receiving Application
	// OrganisationNumber is that of the owner of the original application: nine
	// digits.
	OrganisationNumber Choice
	// Section is the section of appsettings.json; empty = [DefaultSection].
	Section Choice
	// Vault is the address of the owner's Key Vault; empty = a guess after the
	// owner's code.
	Vault Choice
	// Since is the time whose date in Norway the handover starts from.
	Since time.Time
	// Schema is the address of the file's JSON Schema, or its path from the file;
	// empty = [project.SchemaAddress].
	Schema string
	// Notices are what else a person should look at: sentences without full stop.
	Notices []string
}

// Application is one of the two applications.
type Application struct {
	Folder *app.Folder
	// Path is what the file will call the folder: relative to the file, with
	// slashes, or absolute.
	Path string
}

// Choice is a value, and why it was chosen: a phrase for a person, empty where
// there is nothing to tell.
type Choice struct {
	Value string `json:"value"`
	Why   string `json:"why,omitempty"`
}

// DefaultSection is the section where neither application tells another.
func DefaultSection() Choice {
	return Choice{Value: "MaskinportenSettings", Why: "as Altinn's guide has it; no other was found"}
}

// Proposal is what a first stafett.yaml says, with the reasons.
type Proposal struct {
	Owner        string   `json:"owner"` // the organisation's code in Altinn
	Number       Choice   `json:"organisationNumber"`
	Original     string   `json:"original"`  // application id
	Receiving    string   `json:"receiving"` // application id
	Section      Choice   `json:"section"`
	Vault        Choice   `json:"vault"`
	Scopes       []string `json:"scopes"`
	HandoverID   string   `json:"handoverId"`
	Since        string   `json:"since"` // a date
	Prefill      []Line   `json:"prefill"`
	NoPrefill    string   `json:"noPrefill,omitempty"` // why nothing can be filled in
	Attachments  []File   `json:"attachments"`
	Notices      []string `json:"notices"` // what a person should look at; sentences without full stop
	originalPath string
	receiverPath string
	schema       string
}

// SameError says that both folders hold the same application.
type SameError struct{ AppID string }

func (e *SameError) Error() string {
	return "both folders hold " + e.AppID + "; a handover goes from one application to another"
}

// Remedy says which folders are wanted.
func (e *SameError) Remedy() string {
	return "name the folder of the receiving application second; a copy of the original one needs an id of its own, in its config/applicationmetadata.json"
}

// New makes a proposal. A folder whose application cannot take part in a handover
// is an error; of the same application twice, a [*SameError].
func New(in Input) (*Proposal, error) {
	original, receiving := in.Original.Folder, in.Receiving.Folder
	for _, folder := range []*app.Folder{original, receiving} {
		if _, _, err := altinn.ParseAppID(folder.ID); err != nil {
			return nil, fmt.Errorf("propose a handover: %w", err)
		}
	}
	if original.ID == receiving.ID {
		return nil, &SameError{AppID: original.ID}
	}
	p := &Proposal{
		Owner: original.Org, Number: in.OrganisationNumber, Original: original.ID, Receiving: receiving.ID,
		Section: in.Section, Vault: in.Vault,
		Scopes:       []string{"altinn:serviceowner/instances.read", "altinn:serviceowner/instances.write"},
		HandoverID:   handoverID(original.Name, receiving.Name),
		Since:        project.Date(in.Since),
		Prefill:      []Line{},
		Attachments:  attachments(original, receiving),
		Notices:      append([]string{}, in.Notices...),
		originalPath: in.Original.Path, receiverPath: in.Receiving.Path, schema: in.Schema,
	}
	if p.Section.Value == "" {
		p.Section = DefaultSection()
	}
	if p.Vault.Value == "" {
		p.Vault = Choice{Value: guessVault(original.Org), Why: "a guess: write the address of your own"}
	}
	if p.schema == "" {
		p.schema = project.SchemaAddress
	}
	p.prefill(original, receiving)
	p.notice(original, receiving)
	// What cannot be read back must never be written.
	if _, err := project.Parse("stafett.yaml", p.YAML()); err != nil {
		return nil, fmt.Errorf("propose a handover from %s to %s: %w", original.ID, receiving.ID, err)
	}
	return p, nil
}

// Counts tells how many fields and files are carried as the file stands, how many more are
// proposed as comments, and how many fields of the receiving form nothing fills. Rows
// of lists count like other fields.
func (p *Proposal) Counts() (fields, comments, files, unfilled int) {
	var count func(lines []Line, active bool)
	count = func(lines []Line, active bool) {
		for _, l := range lines {
			switch {
			case l.Reason == NoSource:
				unfilled++
			case l.Rows != nil:
				count(l.Rows, active && l.Certain)
			case active && l.Certain:
				fields++
			default:
				comments++
			}
		}
	}
	count(p.Prefill, true)
	for _, f := range p.Attachments {
		switch {
		case f.Certain:
			files++
		case f.To != "":
			comments++
		}
	}
	return fields, comments, files, unfilled
}

// notice gathers what concerns the whole handover.
func (p *Proposal) notice(original, receiving *app.Folder) {
	if original.Org != receiving.Org {
		p.Notices = append(p.Notices, fmt.Sprintf("%s belongs to %s: its owner has to let %s create instances in its policy, and the recipient may have to be another than %s",
			receiving.ID, receiving.Org, original.Org, original.Org))
	}
	party := receiving.Metadata.PartyTypesAllowed
	if !party.AllowsOrganisation("") && !party.AllowsOrganisation("BEDR") && !party.AllowsOrganisation("KBO") {
		p.Notices = append(p.Notices, fmt.Sprintf("%s allows no organisation to own its instances yet (partyTypesAllowed); \"stafett prepare\" mends that", receiving.ID))
	}
}

// maxHandoverID is the length that project allows an id.
const maxHandoverID = 80

// handoverID joins the names of the two applications.
func handoverID(from, to string) string {
	const between = "-til-"
	from, to = strings.Trim(from, "-"), strings.Trim(to, "-")
	if room := maxHandoverID - len(between); len(from)+len(to) > room {
		from = from[:min(len(from), room/2)]
		to = to[:min(len(to), room-len(from))]
	}
	return strings.Trim(strings.TrimSuffix(strings.TrimPrefix(from+between+to, between), between), "-")
}

var hyphens = regexp.MustCompile(`-+`)

// guessVault names a vault after an organisation, within what Azure allows.
func guessVault(org string) string {
	const room = len("abcdefghijklmnopqrstuvwx") - len("kv--tt02")
	return "https://kv-" + strings.Trim(hyphens.ReplaceAllString(org[:min(len(org), room)], "-"), "-") + "-tt02.vault.azure.net"
}
