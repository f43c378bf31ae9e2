package redact

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"unicode/utf8"
)

// Body gives a message's body as text if it can be read and cleaned, the parts of
// a multipart one by one, and else a note of what it is and how large:
// "(application/pdf, 8 bytes)". Kept is its beginning and size the number of
// bytes that the whole has; of what was cut, no text is given, since nothing can
// be said about what is secret in it. Without a body both are empty.
func Body(header http.Header, kept []byte, size int64) (text, note string) {
	if size == 0 {
		return "", ""
	}
	mediaType, parameters, _ := mime.ParseMediaType(header.Get("Content-Type"))
	if size == int64(len(kept)) && header.Get("Content-Encoding") == "" {
		if strings.HasPrefix(mediaType, "multipart/") {
			return parts(multipart.NewReader(bytes.NewReader(kept), parameters["boundary"])), ""
		}
		if text, ok := typed(mediaType, kept); ok {
			return strings.TrimRight(text, "\n"), ""
		}
	}
	return "", fmt.Sprintf("(%s, %d bytes)", Text(mediaType), size)
}

// IsText reports whether bodies of a content type can be shown as text, the parts
// of a multipart one included.
func IsText(contentType string) bool {
	mediaType, _, _ := mime.ParseMediaType(contentType)
	return isText(mediaType) || strings.HasPrefix(mediaType, "multipart/")
}

func isText(mediaType string) bool {
	return strings.HasPrefix(mediaType, "text/") || strings.HasSuffix(mediaType, "json") || strings.HasSuffix(mediaType, "xml") ||
		mediaType == "application/x-www-form-urlencoded"
}

// typed gives a body without its secrets; ok is false for what is not text, or
// not what it is called.
func typed(mediaType string, body []byte) (text string, ok bool) {
	if !isText(mediaType) || !utf8.Valid(body) || bytes.IndexByte(body, 0) >= 0 {
		return "", false
	}
	return cleanTyped(mediaType, string(body))
}

func parts(reader *multipart.Reader) string {
	var b strings.Builder
	for {
		part, err := reader.NextPart()
		if err != nil {
			return strings.TrimRight(b.String(), "\n")
		}
		content, _ := io.ReadAll(part)
		mediaType, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		fmt.Fprintf(&b, "-- part %q", Text(part.FormName()))
		if name := part.FileName(); name != "" {
			fmt.Fprintf(&b, ", file %q", Text(name))
		}
		fmt.Fprintf(&b, ": %s\n", Text(mediaType))
		text, ok := typed(mediaType, content)
		if ok && part.Header.Get("Content-Transfer-Encoding") == "" && !isSecretParameter(part.FormName()) {
			fmt.Fprintf(&b, "%s\n", text)
		} else {
			fmt.Fprintf(&b, "(%d bytes)\n", len(content))
		}
	}
}
