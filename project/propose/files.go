package propose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stafett/stafett/app"
)

// File is what a proposal says of one data type of the original application that
// holds files.
type File struct {
	From string `json:"from"`         // data type
	To   string `json:"to,omitempty"` // data type; empty = none takes the files
	// Required tells that there is always at least one such file.
	Required bool `json:"required,omitempty"`
	Reason   Fit  `json:"reason"`
	// Certain tells that the line stands ready in the file, not as a comment.
	Certain bool   `json:"certain"`
	Note    string `json:"note,omitempty"`
}

// Fit tells why a data type is proposed for files. The values are stable.
type Fit string

// The reasons.
const (
	SameID       Fit = "same-id"       // both applications have the data type
	ContentTypes Fit = "content-types" // the only one that takes all that may come
	Several      Fit = "several"       // one of several that would take them
	Narrow       Fit = "narrow"        // the nearest one, which does not take all that may come
	NoTarget     Fit = "no-target"
)

// attachments proposes where files go: the PDF of the form first, then each data
// type of people's files.
func attachments(original, receiving *app.Folder) []File {
	files := []File{}
	if makesPDF(original) {
		pdf, ok := original.Metadata.DataType(app.PDFDataType)
		if !ok {
			pdf = app.DataType{ID: app.PDFDataType}
		}
		f := file(pdf, original.Org, receiving)
		f.Required = true
		if !ok && f.Certain {
			f.Certain, f.Note = false, "the metadata of "+original.ID+" does not name "+app.PDFDataType+" yet"
		}
		files = append(files, f)
	}
	own := owned(original)
	for _, t := range original.Metadata.DataTypes {
		if t.ID == app.PDFDataType || t.IsFormData() || slices.Contains(own, t.ID) {
			continue
		}
		files = append(files, file(t, original.Org, receiving))
	}
	crowd(files, original, receiving)
	return files
}

func makesPDF(f *app.Folder) bool {
	return slices.ContainsFunc(f.Metadata.DataTypes, func(t app.DataType) bool { return t.IsFormData() && t.MakesPDF() })
}

// owned are the data types that the application itself fills: signatures,
// payments, and what nobody but it may add.
func owned(f *app.Folder) []string {
	var own []string
	for _, task := range f.Process.Tasks() {
		if task.Signing != nil {
			own = append(own, task.Signing.SignatureType)
		}
		if task.Payment != nil {
			own = append(own, task.Payment.DataType)
		}
	}
	for _, t := range f.Metadata.DataTypes {
		if slices.ContainsFunc(t.AllowedContributors, func(who string) bool { return strings.EqualFold(who, "app:owned") }) {
			own = append(own, t.ID)
		}
	}
	return own
}

// file finds the data type that takes the files of another.
func file(from app.DataType, org string, receiving *app.Folder) File {
	f := File{From: from.ID, Reason: NoTarget}
	if from.ID == app.PDFDataType && len(from.AllowedContentTypes) == 0 { // which is said nowhere then
		from.AllowedContentTypes = []string{"application/pdf"}
	}
	var takers []app.DataType
	own := owned(receiving)
	for _, to := range receiving.Metadata.DataTypes {
		if to.IsFormData() || to.ID == app.PDFDataType || slices.Contains(own, to.ID) {
			continue
		}
		switch note := takes(from, to, org); {
		case to.ID == from.ID:
			return File{From: from.ID, To: to.ID, Reason: SameID, Certain: note == "", Note: note}
		case note == "":
			takers = append(takers, to)
		case f.To == "" && slices.ContainsFunc(from.AllowedContentTypes, to.AllowsContentType):
			f.To, f.Reason, f.Note = to.ID, Narrow, note
		}
	}
	if from.ID == app.PDFDataType && len(takers) > 1 {
		takers = forPDF(takers)
	}
	switch len(takers) {
	case 0:
		if f.To == "" {
			f.Note = fmt.Sprintf("%s has no data type that takes them; name a new one, and \"stafett prepare\" adds it there", receiving.ID)
		}
		return f
	case 1:
		return File{From: from.ID, To: takers[0].ID, Reason: ContentTypes, Certain: true}
	}
	ids := make([]string, len(takers))
	for i, t := range takers {
		ids[i] = t.ID
	}
	return File{From: from.ID, To: ids[0], Reason: Several, Note: "one of " + strings.Join(ids, ", ")}
}

// forPDF chooses, among data types that take PDF, those that are meant for it: they take nothing
// else, or are named after it.
func forPDF(takers []app.DataType) []app.DataType {
	only := slices.DeleteFunc(slices.Clone(takers), func(t app.DataType) bool { return len(t.AllowedContentTypes) != 1 })
	if len(only) == 0 {
		only = takers
	}
	if len(only) > 1 {
		named := slices.DeleteFunc(slices.Clone(only), func(t app.DataType) bool { return !strings.Contains(strings.ToLower(t.ID), "pdf") })
		if len(named) > 0 {
			only = named
		}
	}
	return only
}

// takes tells why a data type does not take all files of another that an
// organisation brings: their content types, sizes and number, and who may add
// any. It is "" where it does.
func takes(from, to app.DataType, org string) string {
	everything := from.AllowsContentType("")
	if everything && !to.AllowsContentType("") {
		return fmt.Sprintf("any file may come, and %s takes %s only; only: {contentType: …} says which are carried", to.ID, strings.Join(to.AllowedContentTypes, ", "))
	}
	for _, t := range from.AllowedContentTypes {
		if t != "application/octet-stream" && !to.AllowsContentType(t) {
			return fmt.Sprintf("%s may come, which %s does not take", t, to.ID)
		}
	}
	if limit, limited := to.MaxBytes(); limited {
		if largest, bounded := from.MaxBytes(); bounded && largest > limit {
			return fmt.Sprintf("files may have %d MiB, and %s takes %d; only: {maxSize: %dMiB} leaves larger ones behind", *from.MaxSize, to.ID, *to.MaxSize, *to.MaxSize)
		}
	}
	if most := max(from.MinCount, from.MaxCount); to.MaxCount > 0 && most > to.MaxCount {
		return fmt.Sprintf("%d files may come, and %s takes %d", most, to.ID, to.MaxCount)
	}
	mayAdd := func(who string) bool {
		return strings.EqualFold(who, "org:"+org) || strings.HasPrefix(strings.ToLower(who), "orgno:")
	}
	if len(to.AllowedContributors) > 0 && !slices.ContainsFunc(to.AllowedContributors, mayAdd) {
		return fmt.Sprintf("%s takes files from %s only; \"stafett prepare\" adds org:%s there", to.ID, strings.Join(to.AllowedContributors, ", "), org)
	}
	if to.ActionRequiredToWrite != "" {
		return fmt.Sprintf("%s demands the action %s to write", to.ID, to.ActionRequiredToWrite)
	}
	return ""
}

// crowd warns where a data type may get more files than it takes, from one data
// type without a limit or from several together.
func crowd(files []File, original, receiving *app.Folder) {
	for i, f := range files {
		to, ok := receiving.Metadata.DataType(f.To)
		if !ok || !f.Certain || to.MaxCount == 0 {
			continue
		}
		sum, unbounded := 0, false
		for _, other := range files {
			from, _ := original.Metadata.DataType(other.From)
			switch most := max(from.MinCount, from.MaxCount); {
			case !other.Certain || other.To != f.To:
			case other.From == app.PDFDataType:
				sum++
			case most == 0:
				unbounded = true
			default:
				sum += most
			}
		}
		if unbounded || sum > to.MaxCount {
			files[i].Note = cmp.Or(f.Note, fmt.Sprintf("%s takes %d at most, and more may come; a form that has more is not handed over", to.ID, to.MaxCount))
		}
	}
}
