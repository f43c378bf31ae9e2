package fit

import (
	"slices"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/project"
)

// inflow is what the definitions send to one data type of the receiving
// application, as far as the original's metadata bounds it.
type inflow struct {
	to   string
	from []string // data types of the original

	contentTypes []string // those that are known to come
	anyType      bool     // others may come too
	size         int64    // of the largest file, in bytes, as far as it is bounded
	anySize      bool
	count        int // of files to one instance, as far as they are bounded
	anyCount     bool
	pdf          bool // the PDF that the platform makes, and nothing else
}

// inflows returns one for each data type that an attachment goes to, in the order
// of the definitions. What is wrong with the source is handover.Check's to tell.
func (in Input) inflows() []inflow {
	var flows []inflow
	for _, d := range in.definitions() {
		counts := map[string]int{}
		for _, a := range d.Attachments {
			from, ok := in.Original.App.Metadata.DataType(a.From)
			if !ok || from.IsFormData() {
				continue
			}
			at := slices.IndexFunc(flows, func(f inflow) bool { return f.to == a.To })
			if at < 0 {
				at = len(flows)
				flows = append(flows, inflow{to: a.To, pdf: true})
			}
			counts[a.To] += flows[at].add(a, from)
			flows[at].count = max(flows[at].count, counts[a.To])
		}
	}
	return flows
}

// source names where it comes from.
func (f inflow) source() string { return list(f.from, "and") }

// add adds what one rule carries, and returns how many files that may be.
func (f *inflow) add(a project.Attachment, from app.DataType) int {
	if !slices.Contains(f.from, a.From) {
		f.from = append(f.from, a.From)
	}
	pdf := a.From == app.PDFDataType
	f.pdf = f.pdf && pdf
	f.addContentTypes(a.Only.ContentTypes, from)
	largest, bounded := from.MaxBytes()
	switch limit := a.Only.MaxSize; {
	case bounded && limit > 0:
		f.size = max(f.size, min(largest, limit))
	case bounded || limit > 0:
		f.size = max(f.size, largest, limit)
	default:
		f.anySize = f.anySize || !pdf
	}
	if pdf {
		return 1
	}
	f.anyCount = f.anyCount || from.MaxCount == 0
	return max(from.MinCount, from.MaxCount)
}

func (f *inflow) addContentTypes(only []string, from app.DataType) {
	carried := from.AllowedContentTypes
	if from.AllowsContentType("") {
		carried = only
		f.anyType = f.anyType || len(only) == 0
	}
	for _, t := range carried {
		switch {
		case strings.HasSuffix(t, "*"):
			f.anyType = true
		case slices.Contains(f.contentTypes, t) || len(only) > 0 && !slices.ContainsFunc(only, func(pattern string) bool { return matchesType(pattern, t) }):
		default:
			f.contentTypes = append(f.contentTypes, t)
		}
	}
}

// matchesType compares a content type with one of a filter, which is in lower
// case and may end with a star.
func matchesType(pattern, contentType string) bool {
	contentType = strings.ToLower(contentType)
	kind, all := strings.CutSuffix(pattern, "*")
	return all && strings.HasPrefix(contentType, kind) || contentType == pattern
}

// refused returns those of the known content types that a data type refuses.
func (f inflow) refused(to app.DataType) []string {
	return slices.DeleteFunc(slices.Clone(f.contentTypes), to.AllowsContentType)
}

// mebibytes rounds a number of bytes up, as metadata counts.
func mebibytes(size int64) int { return int((size + 1<<20 - 1) >> 20) }

// dataType is a new data type, as it is written. The older spelling of
// contributors is read by applications of every generation.
type dataType struct {
	ID                  string   `json:"id"`
	AllowedContentTypes []string `json:"allowedContentTypes,omitempty"`
	AllowedContributers []string `json:"allowedContributers,omitempty"`
	TaskID              string   `json:"taskId,omitempty"`
	MaxSize             int      `json:"maxSize,omitempty"` // MiB
	MaxCount            int      `json:"maxCount"`
	MinCount            int      `json:"minCount"`
	EnablePDFCreation   bool     `json:"enablePdfCreation"`
}

// dataType is what takes all of an inflow. The PDF is evidence of what was sent
// in, so nobody but the organisation may put another in its place.
func (m *metadataFitter) dataType(flow inflow) dataType {
	t := dataType{ID: flow.to, MaxSize: mebibytes(flow.size)}
	if !flow.anyType {
		t.AllowedContentTypes = flow.contentTypes
	}
	if flow.anySize || flow.pdf {
		t.MaxSize = 0
	}
	if !flow.anyCount {
		t.MaxCount = flow.count
	}
	if flow.pdf {
		t.AllowedContributers = []string{"org:" + m.in.Project.Owner.Org}
	}
	if first := firstTask(m.in.Receiving.App); len(first) == 1 {
		t.TaskID = first[0].id
	}
	return t
}
