package fit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tailscale/hujson"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/internal/nearest"
)

// metadata fits the metadata of the receiving application, and tells what the
// original's makes impossible.
func metadata(in Input) (Result, error) {
	m := &metadataFitter{in: in, receiving: in.Receiving.App.Metadata}
	m.original()
	for _, flow := range in.inflows() {
		m.inflow(flow)
	}
	m.partyTypes()
	if len(m.reasons) == 0 {
		return m.result, nil
	}
	name := in.Receiving.path(metadataFile)
	doc, err := parseDocument(in.Receiving.Files[name])
	if err != nil {
		return Result{}, fmt.Errorf("%s: %w", name, err)
	}
	for _, change := range m.changes {
		change(doc)
	}
	if len(m.added) > 0 {
		doc.addDataTypes(m.added)
	}
	after := doc.bytes()
	if _, err := app.ParseMetadata(after); err != nil {
		return Result{}, fmt.Errorf("%s: edit: %w", name, err)
	}
	if edit, changed := in.Receiving.edit(name, after, m.reasons); changed {
		m.result.Edits = append(m.result.Edits, edit)
	}
	return m.result, nil
}

// metadataFitter gathers what is missing, and what mends it.
type metadataFitter struct {
	in        Input
	receiving app.Metadata
	result    Result
	reasons   []string
	changes   []func(*document)
	added     []any // data types
}

// need tells of something that is missing in the receiving application.
func (m *metadataFitter) need(id, what, remedy string) {
	name := m.in.Receiving.path(metadataFile)
	m.result.Missing = append(m.result.Missing, Need{ID: id, Application: Receiving, File: name, What: what, Remedy: remedy + " in " + name})
}

// mend changes the receiving application's metadata.
func (m *metadataFitter) mend(reason string, change func(*document)) {
	m.changes, m.reasons = append(m.changes, change), append(m.reasons, reason)
}

func (m *metadataFitter) warn(format string, values ...any) {
	m.result.Warnings = append(m.result.Warnings, fmt.Sprintf(format, values...))
}

// original tells what the original application must keep and make. It is not
// edited: what becomes of a form is its owner's decision.
func (m *metadataFitter) original() {
	f := m.in.Original
	need := func(id, what, remedy string) {
		m.result.Missing = append(m.result.Missing, Need{ID: id, Application: Original, File: f.path(metadataFile), What: what, Remedy: remedy})
	}
	if f.App.Metadata.AutoDeleteOnProcessEnd {
		need(NeedKeep, fmt.Sprintf("%s deletes its forms when they are sent in (autoDeleteOnProcessEnd), before they can be handed over", f.App.ID),
			"set autoDeleteOnProcessEnd to false in "+f.path(metadataFile))
	}
	flows := m.in.inflows()
	carried := func(id string) bool {
		return slices.ContainsFunc(flows, func(flow inflow) bool { return slices.Contains(flow.from, id) })
	}
	makesPDF := false
	for _, t := range f.App.Metadata.DataTypes {
		makesPDF = makesPDF || t.IsFormData() && t.MakesPDF()
		if t.AppLogic != nil && t.AppLogic.AutoDeleteOnProcessEnd && (t.IsFormData() || carried(t.ID)) {
			need(NeedKeep, fmt.Sprintf("%s deletes %s when a form is sent in (appLogic.autoDeleteOnProcessEnd), before it can be handed over", f.App.ID, t.ID),
				fmt.Sprintf("set autoDeleteOnProcessEnd of %s to false in %s", t.ID, f.path(metadataFile)))
		}
	}
	if carried(app.PDFDataType) && !makesPDF {
		need(NeedPDF, fmt.Sprintf("%s makes no PDF, and one is to be handed over", f.App.ID),
			fmt.Sprintf("set enablePdfCreation of the form's data type to true in %s", f.path(metadataFile)))
	}
}

// inflow fits one data type that takes files.
func (m *metadataFitter) inflow(flow inflow) {
	to, known := m.receiving.DataType(flow.to)
	switch {
	case flow.to == app.PDFDataType:
		m.result.Missing = append(m.result.Missing, Need{
			ID: NeedDataType, Application: Receiving, File: m.in.Receiving.path(metadataFile),
			What:   fmt.Sprintf("nothing can be stored as %s from outside, and %s is to go there", app.PDFDataType, flow.source()),
			Remedy: fmt.Sprintf("name another data type under to in %s; if %s has none of that name, prepare adds it", m.in.Project.Path, m.in.Receiving.App.ID),
		})
	case !known:
		m.missingType(flow)
	case !to.IsFormData(): // that it is would be a fault of the definition, which handover.Check tells
		m.contributor(flow, to)
		m.contentTypes(flow, to)
		m.limits(flow, to)
		m.unbounded(flow, to)
	}
}

func (m *metadataFitter) contributor(flow inflow, to app.DataType) {
	org := m.in.Project.Owner.Org
	if m.mayContribute(to) {
		return
	}
	m.need(NeedContributor,
		fmt.Sprintf("%s of %s takes files from %s only, not from %s", to.ID, m.in.Receiving.App.ID, strings.Join(to.AllowedContributors, ", "), org),
		fmt.Sprintf("add \"org:%s\" to allowedContributers of %s", org, to.ID))
	m.mend(fmt.Sprintf("%s adds %s to what it hands over, as %s", org, flow.source(), to.ID),
		inType(to.ID, func(d *document, t hujson.Value) { d.addContributor(t, "org:"+org) }))
}

func (m *metadataFitter) contentTypes(flow inflow, to app.DataType) {
	refused := flow.refused(to)
	if len(refused) == 0 {
		return
	}
	m.need(NeedContentTypes,
		fmt.Sprintf("%s of %s does not take %s, which %s may hold", to.ID, m.in.Receiving.App.ID, list(refused, "or"), flow.source()),
		fmt.Sprintf("add %s to allowedContentTypes of %s", list(refused, "and"), to.ID))
	m.mend(fmt.Sprintf("%s may hold %s, and goes to %s", flow.source(), list(refused, "and"), to.ID),
		inType(to.ID, func(d *document, t hujson.Value) { d.addContentTypes(t, refused) }))
}

func (m *metadataFitter) limits(flow inflow, to app.DataType) {
	if limit, limited := to.MaxBytes(); limited && flow.size > limit {
		size := mebibytes(flow.size)
		m.need(NeedSize,
			fmt.Sprintf("%s of %s takes %d MiB at most, and files of %s may have %d", to.ID, m.in.Receiving.App.ID, *to.MaxSize, flow.source(), size),
			fmt.Sprintf("set maxSize of %s to %d", to.ID, size))
		m.mend(fmt.Sprintf("files of %s may have %d MiB, and go to %s", flow.source(), size, to.ID),
			inType(to.ID, func(d *document, t hujson.Value) { d.set(t, "maxSize", size) }))
	}
	if to.MaxCount > 0 && flow.count > to.MaxCount {
		m.need(NeedCount,
			fmt.Sprintf("%s of %s takes %d at most, and there may be %d files of %s", to.ID, m.in.Receiving.App.ID, to.MaxCount, flow.count, flow.source()),
			fmt.Sprintf("set maxCount of %s to %d", to.ID, flow.count))
		m.mend(fmt.Sprintf("there may be %d files of %s, and they go to %s", flow.count, flow.source(), to.ID),
			inType(to.ID, func(d *document, t hujson.Value) { d.set(t, "maxCount", flow.count) }))
	}
}

// unbounded warns of what no metadata rules out. Those of the PDF that the
// platform makes are known: one, and never large.
func (m *metadataFitter) unbounded(flow inflow, to app.DataType) {
	_, limited := to.MaxBytes()
	var which []string
	if flow.anyType && !to.AllowsContentType("") {
		which = append(which, "of any content type, and "+to.ID+" takes "+strings.Join(to.AllowedContentTypes, ", "))
	}
	if flow.anySize && limited {
		which = append(which, fmt.Sprintf("of any size, and %s takes %d MiB at most", to.ID, *to.MaxSize))
	}
	if flow.anyCount && to.MaxCount > 0 {
		which = append(which, fmt.Sprintf("any number, and %s takes %d at most", to.ID, to.MaxCount))
	}
	for _, what := range which {
		m.warn("the files of %s may be %s; a form with others is not handed over until somebody has looked at it", flow.source(), what)
	}
	if first := firstTask(m.in.Receiving.App); to.TaskID != "" && len(first) == 1 && first[0].id != to.TaskID {
		m.warn("%s belongs to %s, and files are added in %s: %s refuses that when it sets EnforceDataTypeTaskId", to.ID, to.TaskID, first[0].id, m.in.Receiving.App.ID)
	}
}

// missingType adds a data type, unless it was rather misspelt.
func (m *metadataFitter) missingType(flow inflow) {
	what := fmt.Sprintf("%s has no data type %s, and %s is to go there", m.in.Receiving.App.ID, flow.to, flow.source())
	var known []string
	for _, t := range m.receiving.DataTypes {
		known = append(known, t.ID)
	}
	if near, ok := nearest.Name(flow.to, known); ok {
		m.need(NeedDataType, what, fmt.Sprintf("write %s under to in %s, if that is what was meant; or add the data type %s", near, m.in.Project.Path, flow.to))
		return
	}
	m.need(NeedDataType, what, "add the data type "+flow.to)
	m.reasons = append(m.reasons, fmt.Sprintf("a data type of its own for %s: %s", flow.source(), flow.to))
	m.added = append(m.added, m.dataType(flow))
}

// mayContribute reports whether the organisation may add data of a type.
func (m *metadataFitter) mayContribute(t app.DataType) bool {
	return len(t.AllowedContributors) == 0 || slices.ContainsFunc(t.AllowedContributors, func(who string) bool {
		return strings.EqualFold(who, "org:"+m.in.Project.Owner.Org) || strings.EqualFold(who, "orgno:"+m.in.Project.Owner.OrganisationNumber)
	})
}
