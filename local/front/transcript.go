package front

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/stafett/stafett/local/redact"
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
			head: fmt.Sprintf("%s %s://%s%s", redact.Text(r.Method), scheme(r), redact.Text(r.Host), redact.Target(r.URL)),
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
			fmt.Fprintf(b, "%s: %s\n", redact.Text(name), redact.Header(name, value))
		}
	}
}

func writeBody(b *strings.Builder, header http.Header, body *limitedBuffer) {
	if text, note := redact.Body(header, body.Bytes(), body.size); text+note != "" {
		fmt.Fprintf(b, "\n%s\n", text+note)
	}
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
