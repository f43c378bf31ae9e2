package apphost

import (
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/stafett/stafett/app"
)

// mediaTypes are the media types of file name extensions. The list is fixed, so
// that an answer does not depend on the machine.
var mediaTypes = map[string]string{
	"pdf": "application/pdf", "xml": "text/xml", "json": "application/json", "zip": "application/zip",
	"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
	"tif": "image/tiff", "tiff": "image/tiff", "bmp": "image/bmp", "svg": "image/svg+xml", "webp": "image/webp", "heic": "image/heic",
	"txt": "text/plain", "csv": "text/csv", "htm": "text/html", "html": "text/html", "rtf": "application/rtf",
	"doc": "application/msword", "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint",
	"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"odt":  "application/vnd.oasis.opendocument.text", "ods": "application/vnd.oasis.opendocument.spreadsheet",
	"gml": "application/gml+xml", "geojson": "application/geo+json", "gpx": "application/gpx+xml", "kml": "application/vnd.google-earth.kml+xml",
	"mp3": "audio/mpeg", "mp4": "video/mp4", "eml": "message/rfc822", "asice": "application/vnd.etsi.asic-e+zip",
}

const anyMediaType = "application/octet-stream"

// MediaType is that of a file by its name, as applications compare it with the content
// type of what is sent; application/octet-stream where the name tells none.
func MediaType(filename string) string {
	extension := filename[strings.LastIndexByte(filename, '.')+1:]
	if t, ok := mediaTypes[strings.ToLower(extension)]; ok {
		return t
	}
	return anyMediaType
}

// checkFile compares the headers of a binary upload with its data type, and
// gives the name of the file.
func checkFile(header http.Header, t app.DataType) (string, error) {
	filename, err := uploadName(header)
	if err != nil {
		return "", err
	}
	contentType := header.Get("Content-Type")
	if contentType == "" {
		return "", uploadRefused(fileIssue("MissingContentType", "The request has no Content-Type"))
	}
	bare, _, _ := strings.Cut(contentType, ";")
	bare = strings.TrimSpace(bare)
	extension := filename[strings.LastIndexByte(filename, '.')+1:]
	ofName := MediaType(filename)
	if len(t.AllowedContentTypes) == 0 {
		return filename, nil
	}
	if bare != anyMediaType && !strings.EqualFold(bare, ofName) {
		return "", uploadRefused(fileIssue("InvalidFileNameFormat",
			fmt.Sprintf("The content type %s is not that of a file named .%s", bare, extension)))
	}
	if !t.AllowsContentType(ofName) {
		return "", uploadRefused(fileIssue("ContentTypeNotAllowed",
			fmt.Sprintf("Data type %s does not allow the content type %s", t.ID, ofName)))
	}
	return filename, nil
}

// uploadName reads the file name, which must have an extension, from
// Content-Disposition.
func uploadName(header http.Header) (string, error) {
	disposition := header.Get("Content-Disposition")
	if disposition == "" {
		return "", uploadRefused(fileIssue("MissingFileName", "The request has no Content-Disposition with a file name"))
	}
	_, params, err := mime.ParseMediaType(disposition)
	if err != nil {
		return "", uploadRefused(fileIssue("InvalidFileNameFormat", "The Content-Disposition of the request cannot be read"))
	}
	filename := params["filename"]
	if filename == "" {
		return "", uploadRefused(fileIssue("MissingFileName", "The Content-Disposition has no file name"))
	}
	if !strings.Contains(strings.Trim(filename, "."), ".") {
		return "", uploadRefused(fileIssue("InvalidFileNameFormat", "The file name has no extension"))
	}
	return filename, nil
}
