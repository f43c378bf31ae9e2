package timeline

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/stafett/stafett/local/redact"
)

// keptOfBody is how much of one body is kept, in bytes.
const keptOfBody = 64 << 10

// body counts what passes and keeps the beginning of it when it is text. It is
// safe for concurrent use: a handler's own goroutines may outlive it.
type body struct {
	mu   sync.Mutex
	text bool
	kept []byte
	size int64
}

func (b *body) add(p []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.size += int64(len(p))
	if room := keptOfBody - len(b.kept); b.text && room > 0 {
		b.kept = append(b.kept, p[:min(room, len(p))]...)
	}
}

// taken returns what was kept and the size of what passed. What is not whole cannot
// be shown, so it is not kept either; announced is how large it was said to be, -1
// where nobody said.
func (b *body) taken(announced int64) (kept []byte, size int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = false
	if int64(len(b.kept)) < max(b.size, announced) {
		b.kept = nil
	}
	return b.kept, b.size
}

// requestBody is the body of a request as its handler reads it.
type requestBody struct {
	io.ReadCloser
	body
}

// Read implements [io.Reader].
func (b *requestBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.add(p[:n])
	}
	return n, err
}

// answer is where a handler writes.
type answer struct {
	http.ResponseWriter
	body
	status   int
	header   http.Header // as it was sent, as far as it is kept
	decided  bool        // a status that is not an interim one has been written
	hijacked bool
}

// WriteHeader implements [http.ResponseWriter].
func (a *answer) WriteHeader(status int) {
	if status >= http.StatusOK || status == http.StatusSwitchingProtocols {
		a.decide(status, nil)
	}
	a.ResponseWriter.WriteHeader(status)
}

// decide is for the status that counts, which is the first, and the first bytes if
// they come with it.
func (a *answer) decide(status int, first []byte) {
	if a.decided {
		return
	}
	a.decided, a.status, a.header = true, status, bounded(a.Header())
	a.text = keepable(a.Header(), first)
}

// Write implements [http.ResponseWriter].
func (a *answer) Write(p []byte) (int, error) {
	a.decide(http.StatusOK, p)
	n, err := a.ResponseWriter.Write(p)
	a.add(p[:n])
	return n, err
}

// ReadFrom implements [io.ReaderFrom], so that a large answer that is not kept
// costs no copy more than without a recorder.
func (a *answer) ReadFrom(source io.Reader) (int64, error) {
	if to, ok := a.ResponseWriter.(io.ReaderFrom); ok && a.decided && !a.text {
		n, err := to.ReadFrom(source)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.size += n
		return n, err
	}
	return io.Copy(struct{ io.Writer }{a}, source)
}

// Hijack notes that no answer can be seen from here on.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(a.ResponseWriter).Hijack()
	a.hijacked = err == nil
	return conn, buffered, err
}

// Unwrap lets http.ResponseController reach flushing and deadlines.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// keepable reports whether a body can be shown as text.
func keepable(header http.Header, first []byte) bool {
	contentType := header.Get("Content-Type")
	if contentType == "" && len(first) > 0 {
		contentType = http.DetectContentType(first) // as the server will
	}
	return header.Get("Content-Encoding") == "" && redact.IsText(contentType)
}
