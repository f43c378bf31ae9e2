package handover

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/app/expression"
	"github.com/stafett/stafett/project"
)

// plan is what one source instance becomes. The source is finished, so every
// look at it gives the same plan.
type plan struct {
	recipients []project.Recipient // at least one, all different
	form       []byte              // nil when no form data is sent
	files      []plannedFile
	// When the new instance shows itself to its owner, and by when they are to
	// act; zero when the definition does not say.
	visibleAfter, dueBefore time.Time
}

// plan works out what a source that checkSource accepts becomes. data is its
// form data as JSON, nil if the definition reads none. The error is ErrNotWanted
// if the condition is not met, ErrScanPending if a file has yet to be scanned;
// others of this package are permanent.
func (d *Definition) plan(i altinn.Instance, data []byte) (plan, error) {
	a, err := readAnswers(i, data)
	if err != nil {
		return plan{}, err
	}
	wanted, err := d.wanted(a)
	if err != nil {
		return plan{}, err
	}
	if !wanted {
		return plan{}, ErrNotWanted
	}
	p := plan{visibleAfter: d.after(d.visibleAfter, i), dueBefore: d.after(d.dueBefore, i)}
	if p.recipients, err = d.recipients(a); err != nil {
		return plan{}, err
	}
	if p.files, err = d.files(i); err != nil {
		return plan{}, err
	}
	if p.form, err = d.form(a); err != nil {
		return plan{}, err
	}
	return p, nil
}

// after is the time that is a period later than the end of the source's
// process; zero for no period.
func (d *Definition) after(p project.Period, i altinn.Instance) time.Time {
	if p.IsZero() {
		return time.Time{}
	}
	return p.After(i.Process.Ended)
}

// plannedFile is an attachment on its way.
type plannedFile struct {
	element     string // id of the source's data element
	dataType    string // in the receiving application
	contentType string
	name        string
	size        int64
}

// checkSource tells why an instance cannot be handed over (now or ever).
func (d *Definition) checkSource(i altinn.Instance) error {
	switch {
	case i.AppID != d.from:
		return &SourceError{Instance: i.ID, Reason: fmt.Sprintf("it is an instance of %s, but handover %s is from %s", i.AppID, d.id, d.from)}
	case i.Status.IsHardDeleted:
		return &SourceError{Instance: i.ID, Reason: "it has been deleted for good"}
	case !i.Process.IsComplete():
		task := ""
		if i.Process != nil && i.Process.CurrentTask != nil {
			task = i.Process.CurrentTask.ElementID
		}
		return &NotCompletedError{Instance: i.ID, Task: task}
	}
	return nil
}

// answers is the source's form data, ready for looking things up.
type answers struct {
	model    any
	instance altinn.Instance
}

func readAnswers(i altinn.Instance, data []byte) (answers, error) {
	a := answers{instance: i}
	if data == nil {
		return a, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // keep the digits
	if err := decoder.Decode(&a.model); err != nil {
		// The decoder's own words may hold a piece of the form.
		return a, errors.New("read the source's form data: it is not JSON")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return a, errors.New("read the source's form data: something follows the JSON")
	}
	return a, nil
}

func (a answers) context() expression.Context {
	party, _, _ := strings.Cut(a.instance.ID, "/")
	values := map[string]string{
		"instanceId": a.instance.ID, "appId": a.instance.AppID, "instanceOwnerPartyId": party,
	}
	return expression.Context{
		DataModel: expression.ModelLookup(a.model),
		InstanceContext: func(key string) (string, bool) {
			v, ok := values[key]
			return v, ok
		},
		CountDataElements: func(dataType string) (int, error) {
			n := 0
			for _, e := range a.instance.Data {
				if e.DataType == dataType && (e.DeleteStatus == nil || !e.DeleteStatus.IsHardDeleted) {
					n++
				}
			}
			return n, nil
		},
	}
}

// wanted evaluates the definition's condition.
func (d *Definition) wanted(a answers) (bool, error) {
	if d.condition == nil {
		return true, nil
	}
	yes, err := d.condition.EvalBool(a.context(), false)
	if err != nil {
		return false, &MappingError{Target: "the condition", Reason: "cannot be evaluated"}
	}
	return yes, nil
}
