package cli

import (
	"time"

	"github.com/stafett/stafett/handover"
)

// handoversDocument is what the commands about handovers print with --json.
type handoversDocument struct {
	Schema    string             `json:"schema"`
	Handovers []handoverDocument `json:"handovers"`
	Warnings  []string           `json:"warnings"`
}

const handoversSchema = "stafett/handovers/v1"

// handoverDocument is one handover. It holds ids and hashes, as the journal does.
type handoverDocument struct {
	Key        string              `json:"key"`
	Definition string              `json:"definition"`
	Source     string              `json:"source"`
	Reference  string              `json:"reference"`
	Recipient  string              `json:"recipient,omitempty"`
	Trigger    string              `json:"trigger,omitempty"`
	State      string              `json:"state"`
	Receiving  string              `json:"receiving,omitempty"`
	Reason     string              `json:"reason,omitempty"`
	Waiting    string              `json:"waiting,omitempty"`
	NotBefore  *time.Time          `json:"notBefore,omitempty"`
	Attempts   int                 `json:"attempts"`
	Unclear    int                 `json:"unclear"`
	Files      []fileDocument      `json:"files"`
	Duplicates []duplicateDocument `json:"duplicates"`
	Begun      time.Time           `json:"begun"`
	Updated    time.Time           `json:"updated"`
}

type fileDocument struct {
	DataType string `json:"dataType"`
	Size     int64  `json:"size"`
	SHA256   string `json:"sha256,omitempty"`
}

type duplicateDocument struct {
	Instance string `json:"instance"`
	Fate     string `json:"fate"`
}

func newHandoverDocument(r handover.Record) handoverDocument {
	d := handoverDocument{
		Key: r.Key, Definition: r.DefinitionID, Source: r.Source, Reference: reference(r.Source), Recipient: r.Recipient,
		Trigger: string(r.Trigger), State: string(r.State), Receiving: r.Receiving, Reason: r.Reason, Waiting: r.Setback.Cause,
		Attempts: r.Attempts, Unclear: r.Unclears, Files: []fileDocument{}, Duplicates: []duplicateDocument{},
		Begun: r.CreatedAt.UTC(), Updated: r.UpdatedAt.UTC(),
	}
	if !r.NotBefore.IsZero() && !r.State.Settled() {
		at := r.NotBefore.UTC()
		d.NotBefore = &at
	}
	for _, f := range r.Files {
		d.Files = append(d.Files, fileDocument{f.DataType, f.Size, f.SHA256})
	}
	for _, duplicate := range r.Duplicates {
		d.Duplicates = append(d.Duplicates, duplicateDocument{duplicate.Instance, string(duplicate.Fate)})
	}
	return d
}

// reference is what the person's receipt shows of an instance: the end of its id.
func reference(instance string) string { return instance[max(0, len(instance)-12):] }

// printHandovers prints the document of some handovers.
func (s *session) printHandovers(records []handover.Record, warnings []string) error {
	document := handoversDocument{Schema: handoversSchema, Handovers: []handoverDocument{}, Warnings: append([]string{}, warnings...)}
	for _, r := range records {
		document.Handovers = append(document.Handovers, newHandoverDocument(r))
	}
	return s.printJSON(document)
}
