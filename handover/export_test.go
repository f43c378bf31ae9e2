package handover

import (
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/project"
)

// Plan is what tests see of a plan.
type Plan struct {
	Recipients              []project.Recipient
	Form                    string
	Files                   []PlannedFile
	VisibleAfter, DueBefore time.Time
}

// PlannedFile is an attachment of a [Plan].
type PlannedFile struct{ Element, DataType, ContentType, Name string }

// PlanOf works out what a source becomes.
func PlanOf(d *Definition, i altinn.Instance, data string) (Plan, error) {
	p, err := d.plan(i, []byte(data))
	out := Plan{Recipients: p.recipients, Form: string(p.form), VisibleAfter: p.visibleAfter, DueBefore: p.dueBefore}
	for _, f := range p.files {
		out.Files = append(out.Files, PlannedFile{f.element, f.dataType, f.contentType, f.name})
	}
	return out, err
}

// KeyOf is the key of a definition's handover.
func KeyOf(d *Definition, source string, r project.Recipient) string { return d.key(source, r) }

// Keeping makes an index forget old instances when it has more than so many.
func (x *Index) Keeping(room int) *Index { x.room = room; return x }

// Kept is how many instances of a target an index holds.
func (x *Index) Kept(t Target) int { return x.scan(t).kept }

// TargetOf is where a definition's instances come into being.
func TargetOf(d *Definition) Target { return d.target() }
