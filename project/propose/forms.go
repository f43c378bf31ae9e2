package propose

import (
	"fmt"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/model"
)

// prefill proposes a line for each field of the receiving form, or tells why there
// can be none.
func (p *Proposal) prefill(original, receiving *app.Folder) {
	source, why := sourceModel(original)
	target, whyNot := targetModel(receiving)
	switch {
	case whyNot != "":
		p.NoPrefill = whyNot
	case why != "":
		p.NoPrefill = why
	default:
		p.Prefill = append(p.Prefill, lines(source, target, place{})...)
	}
}

// sourceModel is the model of the original form: the only one, else that of the
// form which is made automatically.
func sourceModel(f *app.Folder) (*model.Schema, string) {
	var form *app.DataType
	for _, t := range f.Metadata.DataTypes {
		if t.IsFormData() && (form == nil || t.AppLogic.AutoCreate && !form.AppLogic.AutoCreate) {
			form = &t
		}
	}
	if form == nil {
		return nil, f.ID + " has no form data, so there are no fields to carry"
	}
	return f.Models[form.ID], ""
}

// targetModel is the model of what the receiving application makes automatically
// in its first task: nothing else can be filled in.
func targetModel(f *app.Folder) (*model.Schema, string) {
	first := ""
	if e, err := f.Process.Next(f.Process.Start(), nil); err == nil {
		first = e.ID
	}
	var forms []app.DataType
	for _, t := range f.Metadata.DataTypes {
		if t.IsFormData() && t.AppLogic.AutoCreate && (first == "" || t.TaskID == first) {
			forms = append(forms, t)
		}
	}
	switch {
	case len(forms) != 1:
		return nil, fmt.Sprintf("%s makes %d kinds of form data in its first task (autoCreate); prefill needs exactly one", f.ID, len(forms))
	case !forms[0].AllowsContentType("application/xml") && !forms[0].AllowsContentType("application/json"):
		return nil, fmt.Sprintf("%s takes neither application/xml nor application/json as its form data %s", f.ID, forms[0].ID)
	}
	return f.Models[forms[0].ID], ""
}
