package handover

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/project"
)

// attachment carries the files of one data type.
type attachment struct {
	from     string
	to       app.DataType
	required bool
	rename   string // empty = names are kept
	only     project.FileFilter
}

// maxBody is the most that Altinn takes in one request, in bytes.
const maxBody = 2000 << 20

// files lists the attachments to carry, and checks each against what the
// receiving application takes.
func (d *Definition) files(i altinn.Instance) ([]plannedFile, error) {
	// The order must be the same whenever it is asked for: names are numbered.
	elements := slices.SortedStableFunc(slices.Values(i.Data), func(a, b altinn.DataElement) int {
		return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID))
	})
	var files []plannedFile
	count := map[string]int{}
	for _, a := range d.attachments {
		number := 0
		for _, e := range elements {
			if e.DataType != a.from || e.DeleteStatus != nil && e.DeleteStatus.IsHardDeleted || !carries(a.only, e) {
				continue
			}
			number++
			if err := a.check(e); err != nil {
				return nil, err
			}
			if count[a.to.ID]++; a.to.MaxCount > 0 && count[a.to.ID] > a.to.MaxCount {
				return nil, &AttachmentError{DataType: a.from, Element: e.ID, Reason: fmt.Sprintf("%s takes %d at most", a.to.ID, a.to.MaxCount)}
			}
			name := fileName(e)
			if a.rename != "" {
				name = unused(rename(a.rename, e, i.ID, number), a.to.ID, files)
			}
			files = append(files, plannedFile{
				element: e.ID, dataType: a.to.ID, contentType: e.ContentType, name: name, size: e.Size,
			})
		}
		if a.required && number == 0 {
			return nil, &MissingAttachmentError{Instance: i.ID, DataType: a.from}
		}
	}
	return files, nil
}

// carries reports whether a filter lets a file through.
func carries(f project.FileFilter, e altinn.DataElement) bool {
	if f.MaxSize > 0 && e.Size > f.MaxSize {
		return false
	}
	if f.Name != "" {
		if match, err := path.Match(f.Name, strings.ToLower(fileName(e))); err != nil || !match {
			return false
		}
	}
	return len(f.ContentTypes) == 0 || slices.ContainsFunc(f.ContentTypes, func(pattern string) bool { return matchesType(pattern, e.ContentType) })
}

// matchesType compares a content type, whatever its parameters, with one of a
// filter.
func matchesType(pattern, contentType string) bool {
	contentType = strings.ToLower(bare(contentType))
	kind, all := strings.CutSuffix(pattern, "*")
	return all && strings.HasPrefix(contentType, kind) || contentType == pattern
}

func bare(contentType string) string {
	contentType, _, _ = strings.Cut(contentType, ";")
	return strings.TrimSpace(contentType)
}

func (a attachment) check(e altinn.DataElement) error {
	wrong := func(format string, args ...any) error {
		return &AttachmentError{DataType: a.from, Element: e.ID, Reason: fmt.Sprintf(format, args...)}
	}
	limit, limited := a.to.MaxBytes()
	switch {
	case e.FileScanResult == "Infected":
		return wrong("the scanner found it infected")
	case e.FileScanResult == "Pending":
		return ErrScanPending
	case e.Size <= 0:
		return wrong("it is empty, and Altinn refuses empty files")
	case limited && e.Size > limit:
		return wrong("it has %d bytes, and %s takes %d at most", e.Size, a.to.ID, limit)
	case e.Size > maxBody:
		return wrong("it has %d bytes, and Altinn takes %d at most", e.Size, maxBody)
	case !a.to.AllowsContentType(e.ContentType):
		return wrong("it is %s, and %s takes %s", e.ContentType, a.to.ID, strings.Join(a.to.AllowedContentTypes, ", "))
	}
	return nil
}

// fileName is the name of a file in the source. Files without a name get one
// that stays the same whenever it is asked for, and those without an extension
// the one that Altinn demands.
func fileName(e altinn.DataElement) string {
	switch {
	case e.Filename == "":
		return e.DataType + "-" + e.ID[:min(8, len(e.ID))] + extension(e.ContentType)
	case len(path.Ext(e.Filename)) <= 1:
		return strings.TrimSuffix(e.Filename, ".") + extension(e.ContentType)
	}
	return e.Filename
}

// rename fills in the pattern of a file's new name.
func rename(pattern string, e altinn.DataElement, source string, number int) string {
	old := fileName(e)
	ext := path.Ext(old)
	name := strings.NewReplacer(
		"{name}", strings.TrimSuffix(old, ext), "{n}", strconv.Itoa(number), "{reference}", reference(source), "{type}", e.DataType,
		"{ext}", "", // at the end
	).Replace(pattern)
	return cmp.Or(strings.Trim(clean(name), " ."), e.DataType) + clean(ext)
}

// reference is what the citizen's receipt shows of an instance.
func reference(instance string) string {
	return strings.ToLower(instance[max(0, len(instance)-12):])
}

// clean replaces what Altinn replaces in the name of a file, so that the name
// that is stored is the one that was sent.
func clean(name string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || strings.ContainsRune(`/\:*?"<>|`, c) {
			return '_'
		}
		return c
	}, name)
}

// unused numbers a name that another file of the same data type has got.
func unused(name, dataType string, files []plannedFile) string {
	taken := func(name string) bool {
		return slices.ContainsFunc(files, func(f plannedFile) bool { return f.dataType == dataType && strings.EqualFold(f.name, name) })
	}
	ext := path.Ext(name)
	for n, first := 2, name; taken(name); n++ {
		name = strings.TrimSuffix(first, ext) + "-" + strconv.Itoa(n) + ext
	}
	return name
}

// extension is a file name's end for the media types that forms carry. The
// receiving application compares the two.
func extension(contentType string) string {
	switch bare(contentType) {
	case "application/pdf":
		return ".pdf"
	case "image/png":
		return ".png"
	case "image/jpeg":
		return ".jpg"
	case "text/plain":
		return ".txt"
	case "application/json":
		return ".json"
	case "application/xml", "text/xml":
		return ".xml"
	case "application/zip":
		return ".zip"
	}
	return ".bin"
}
