package front

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"sort"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
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
		request := &limitedBuffer{}
		r.Body = teeBody{Reader: io.TeeReader(r.Body, request), Closer: r.Body}
		answer := &recorder{ResponseWriter: w, status: http.StatusOK}
		// Handlers may change the request, so what came is noted before.
		came := arrival{
			time: time.Now(), header: r.Header.Clone(),
			head: fmt.Sprintf("%s %s://%s%s", Redact(r.Method), scheme(r), Redact(r.Host), redactTarget(r.URL)),
		}
		finished := false
		defer func() {
			outcome := fmt.Sprintf("%d %s", answer.status, http.StatusText(answer.status))
			if !finished || answer.hijacked {
				outcome = "(no answer: the connection was closed)"
			}
			t.write(came, request, outcome, answer)
		}()
		next.ServeHTTP(answer, r)
		finished = true
	})
}

// arrival is a request as it came.
type arrival struct {
	time   time.Time
	head   string
	header http.Header
}

func (t *Transcript) write(came arrival, request *limitedBuffer, outcome string, answer *recorder) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", came.head)
	writeHeader(&b, came.header)
	writeBody(&b, came.header, request)
	fmt.Fprintf(&b, "\n%s\n", outcome)
	if !answer.hijacked {
		writeHeader(&b, answer.Header())
		writeBody(&b, answer.Header(), &answer.body)
	}

	t.mu.Lock()
	defer t.mu.Unlock()
	t.count++
	_, err := fmt.Fprintf(t.out, "=== %d  %s\n%s\n", t.count, came.time.UTC().Format(time.RFC3339Nano), b.String())
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
			fmt.Fprintf(b, "%s: %s\n", Redact(name), redactHeader(name, value))
		}
	}
}

// writeBody shows a body as far as it is text that can be read and cleaned, and
// else what it is and how large.
func writeBody(b *strings.Builder, header http.Header, body *limitedBuffer) {
	if body.size == 0 {
		return
	}
	mediaType, parameters, _ := mime.ParseMediaType(header.Get("Content-Type"))
	whole := !body.cut() && header.Get("Content-Encoding") == ""
	if whole && strings.HasPrefix(mediaType, "multipart/") {
		fmt.Fprintln(b)
		writeParts(b, multipart.NewReader(bytes.NewReader(body.Bytes()), parameters["boundary"]))
		return
	}
	if whole {
		if text, ok := cleanText(mediaType, body.Bytes()); ok {
			fmt.Fprintf(b, "\n%s\n", strings.TrimRight(text, "\n"))
			return
		}
	}
	fmt.Fprintf(b, "\n(%s, %d bytes)\n", Redact(mediaType), body.size)
}

// cleanText gives a body without its secrets; ok is false for what is not text,
// or not what it is called.
func cleanText(mediaType string, body []byte) (text string, ok bool) {
	if !isText(mediaType) || !utf8.Valid(body) || bytes.IndexByte(body, 0) >= 0 {
		return "", false
	}
	return redactBody(mediaType, string(body))
}

func writeParts(b *strings.Builder, reader *multipart.Reader) {
	for {
		part, err := reader.NextPart()
		if err != nil {
			return
		}
		content, _ := io.ReadAll(part)
		mediaType, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		fmt.Fprintf(b, "-- part %q", Redact(part.FormName()))
		if name := part.FileName(); name != "" {
			fmt.Fprintf(b, ", file %q", Redact(name))
		}
		fmt.Fprintf(b, ": %s\n", Redact(mediaType))
		text, ok := cleanText(mediaType, content)
		if ok && part.Header.Get("Content-Transfer-Encoding") == "" && !secretNames[strings.ToLower(part.FormName())] {
			fmt.Fprintf(b, "%s\n", text)
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
	status   int
	decided  bool // a status that is not an interim one has been written
	hijacked bool
	body     limitedBuffer
}

func (r *recorder) WriteHeader(status int) {
	if !r.decided {
		r.status, r.decided = status, status >= http.StatusOK
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	r.decided = true
	_, _ = r.body.Write(p)
	return r.ResponseWriter.Write(p)
}

// Hijack notes that no answer can be seen from here on.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(r.ResponseWriter).Hijack()
	r.hijacked = err == nil
	return conn, buffered, err
}

// Unwrap lets http.ResponseController reach flushing and deadlines.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
