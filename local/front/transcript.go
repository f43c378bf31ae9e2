package front

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"sort"
	"strings"
	"sync"
	"time"
)

// transcriptBodyLimit bounds what is kept of one body.
const transcriptBodyLimit = 256 << 10

// Transcript writes each request and answer that passes through handlers
// wrapped by [Transcript.Wrap], with secrets and identity numbers redacted. It
// is safe for concurrent use: exchanges are written whole, in the order in
// which they end.
type Transcript struct {
	mu     sync.Mutex
	out    io.Writer
	count  int
	failed error
}

// NewTranscript writes to out.
func NewTranscript(out io.Writer) *Transcript { return &Transcript{out: out} }

// Err returns the first error of writing, if any.
func (t *Transcript) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}

// Wrap records what next is asked and what it answers.
func (t *Transcript) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		request := &limitedBuffer{}
		r.Body = teeBody{Reader: io.TeeReader(r.Body, request), Closer: r.Body}
		answer := &recorder{ResponseWriter: w, status: http.StatusOK}
		// Handlers may change the request, so what came is noted before.
		head := fmt.Sprintf("%s %s://%s%s", r.Method, scheme(r), r.Host, r.URL.RequestURI())
		header := r.Header.Clone()
		finished := false
		defer func() {
			outcome := fmt.Sprintf("%d %s", answer.status, http.StatusText(answer.status))
			if !finished {
				outcome = "(no answer: the connection was closed)"
			}
			t.write(started, head, header, request, outcome, answer)
		}()
		next.ServeHTTP(answer, r)
		finished = true
	})
}

func (t *Transcript) write(started time.Time, head string, header http.Header, request *limitedBuffer, outcome string, answer *recorder) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", head)
	writeHeader(&b, header)
	writeBody(&b, header.Get("Content-Type"), request)
	fmt.Fprintf(&b, "\n%s\n", outcome)
	writeHeader(&b, answer.Header())
	writeBody(&b, answer.Header().Get("Content-Type"), &answer.body)

	t.mu.Lock()
	defer t.mu.Unlock()
	t.count++
	_, err := fmt.Fprintf(t.out, "=== %d  %s\n%s\n", t.count, started.UTC().Format(time.RFC3339Nano), Redact(b.String()))
	if t.failed == nil && err != nil {
		t.failed = fmt.Errorf("write transcript: %w", err)
	}
}

func scheme(r *http.Request) string {
	if r.TLS == nil {
		return "http"
	}
	return "https"
}

func writeHeader(b *strings.Builder, header http.Header) {
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		for _, value := range header[name] {
			fmt.Fprintf(b, "%s: %s\n", name, redactHeader(name, value))
		}
	}
}

func writeBody(b *strings.Builder, contentType string, body *limitedBuffer) {
	if body.size == 0 {
		return
	}
	mediaType, parameters, _ := mime.ParseMediaType(contentType)
	switch {
	case strings.HasPrefix(mediaType, "multipart/") && !body.cut():
		fmt.Fprintln(b)
		writeParts(b, multipart.NewReader(bytes.NewReader(body.Bytes()), parameters["boundary"]))
	case isText(mediaType) && !body.cut():
		fmt.Fprintf(b, "\n%s\n", strings.TrimRight(redactBody(mediaType, body.String()), "\n"))
	default:
		fmt.Fprintf(b, "\n(%s, %d bytes)\n", mediaType, body.size)
	}
}

func writeParts(b *strings.Builder, reader *multipart.Reader) {
	for {
		part, err := reader.NextPart()
		if err != nil {
			return
		}
		content, _ := io.ReadAll(part)
		mediaType, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		fmt.Fprintf(b, "-- part: %s; %s\n", part.Header.Get("Content-Disposition"), mediaType)
		if isText(mediaType) {
			fmt.Fprintf(b, "%s\n", redactBody(mediaType, string(content)))
		} else {
			fmt.Fprintf(b, "(%d bytes)\n", len(content))
		}
	}
}

func isText(mediaType string) bool {
	return strings.HasPrefix(mediaType, "text/") || strings.HasSuffix(mediaType, "json") || strings.HasSuffix(mediaType, "xml") ||
		mediaType == "application/x-www-form-urlencoded"
}

type teeBody struct {
	io.Reader
	io.Closer
}

// limitedBuffer keeps the first transcriptBodyLimit bytes and counts the rest.
type limitedBuffer struct {
	bytes.Buffer
	size int64
}

func (l *limitedBuffer) Write(p []byte) (int, error) {
	l.size += int64(len(p))
	if room := transcriptBodyLimit - l.Len(); room > 0 {
		l.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

func (l *limitedBuffer) cut() bool { return l.size > int64(l.Len()) }

type recorder struct {
	http.ResponseWriter
	status int
	body   limitedBuffer
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	_, _ = r.body.Write(p)
	return r.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach flushing and deadlines.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
