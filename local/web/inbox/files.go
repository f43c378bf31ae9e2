package inbox

import (
	"cmp"
	"mime"
	"net/http"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/frame"
)

// file is one data element as the page lists it.
type file struct {
	Path, Name string
	// What describes the data type, in the reader's language or by its id.
	What string
	// IsForm tells that it is the form itself, as XML; IsPDF that it is the PDF
	// that the application has made of it.
	IsForm, IsPDF bool
	Size          int64 // bytes
	Stored        *time.Time
	Scan          string // result of the file scan, where there was one that is not clean
}

// filesOf lists the data elements of an instance, files before forms.
func filesOf(metadata app.Metadata, in api.Instance, language string) []file {
	var files, forms []file
	for _, element := range in.Data {
		dataType, _ := metadata.DataType(element.DataType)
		made := file{
			Path: "/inbox/" + in.ID + "/files/" + element.ID, Name: nameOf(element),
			What: cmp.Or(dataType.Description[language], dataType.Description["nb"], element.DataType),
			Size: element.Size, Stored: element.Created,
			IsForm: dataType.IsFormData(), IsPDF: element.DataType == app.PDFDataType,
		}
		if element.FileScanResult == "Infected" || element.FileScanResult == "Pending" {
			made.Scan = element.FileScanResult
		}
		if made.IsForm {
			forms = append(forms, made)
		} else {
			files = append(files, made)
		}
	}
	return append(files, forms...)
}

// nameOf is a name for an element that has none too.
func nameOf(element api.DataElement) string {
	if element.Filename != "" {
		return element.Filename
	}
	ending := ""
	switch kind, _, _ := mime.ParseMediaType(element.ContentType); kind {
	case "application/xml", "text/xml":
		ending = ".xml"
	case "application/pdf":
		ending = ".pdf"
	}
	return element.DataType + ending
}

// file sends a data element on, as the application answers it. A browser is to
// save it and never to run what is in it.
func (a *area) file(c *frame.Call) (frame.Answer, error) {
	o, err := stored(c)
	if err != nil {
		return a.explained(c, err, need{action: "read"})
	}
	id := c.PathValue("data")
	if !guids.MatchString(id) {
		return frame.Answer{}, frame.Refuse(http.StatusNotFound, "frame.no-page")
	}
	content, err := o.client.Download(c.Context(), o.AppID, o.ID, id)
	if err != nil {
		return a.explained(c, err, need{action: "read", in: o.Instance})
	}
	name := id
	for _, element := range o.Data {
		if element.ID == id {
			name = nameOf(element)
		}
	}
	return frame.Download(content, name), nil
}
