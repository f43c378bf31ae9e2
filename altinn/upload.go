package altinn

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"strings"
	"sync"
	"sync/atomic"
)

// Upload is one piece of data on its way to an instance: form data or a file.
// It is read while it is sent, never held as a whole.
type Upload struct {
	DataType    string // id of a data type of the application
	ContentType string // media type; mandatory
	Filename    string // UTF-8; empty for form data
	Size        int64  // bytes; -1 if not known
	// Open returns the content. It is called once for each try to send, when
	// the upload's turn comes; the reader is closed after use. Its context ends
	// when the content is no longer wanted, and must end a read that is waiting.
	Open func(context.Context) (io.ReadCloser, error)
}

// NewUpload returns an upload of content that is already in memory.
func NewUpload(dataType, contentType, filename string, content []byte) Upload {
	return Upload{
		DataType: dataType, ContentType: contentType, Filename: filename, Size: int64(len(content)),
		Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(content)), nil
		},
	}
}

func (u Upload) check() error {
	if u.DataType == "" || u.ContentType == "" || u.Open == nil {
		return errors.New("send data: an upload needs a data type, a content type and content")
	}
	if strings.ContainsAny(u.DataType+u.ContentType, "\r\n\"") {
		return fmt.Errorf("send data of type %q: a name holds a quote or a line break", u.DataType)
	}
	return nil
}

// disposition writes a Content-Disposition with the file name twice: for old
// readers in ASCII, and exactly as RFC 8187 (before: RFC 5987) has it.
func disposition(kind, name, filename string) string {
	var b strings.Builder
	b.WriteString(kind)
	if name != "" {
		b.WriteString(`; name="` + name + `"`)
	}
	if filename != "" {
		b.WriteString(`; filename="` + asciiName(filename) + `"; filename*=UTF-8''` + encodeName(filename))
	}
	return b.String()
}

// asciiName replaces what cannot stand in a quoted header value.
func asciiName(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return '_'
		}
		return r
	}, name)
}

// encodeName percent-encodes all bytes but the attr-char of RFC 8187.
func encodeName(name string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("!#$&+-.^_`|~", c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// whole is the body of a request that carries one upload and nothing else.
func (u Upload) whole(ctx context.Context) (*body, error) {
	ctx, cancel := context.WithCancel(ctx)
	content, err := u.Open(ctx)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("open data of type %s: %w", u.DataType, err)
	}
	w := &wholeReader{upload: u, content: content, cancel: cancel}
	return &body{reader: w, size: u.Size, close: w.stop}, nil
}

// wholeReader reads an upload until it is stopped.
type wholeReader struct {
	upload Upload
	cancel context.CancelFunc
	over   atomic.Bool // set before mu is waited for

	mu      sync.Mutex
	content io.ReadCloser
	read    int64 // bytes
	broken  error
}

func (w *wholeReader) Read(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over.Load() {
		return 0, errAnswered
	}
	n, err := w.content.Read(p)
	w.read += int64(n)
	switch {
	case w.over.Load():
		// Whatever it is, it is because of stop.
	case err != nil && !errors.Is(err, io.EOF):
		w.broken = fmt.Errorf("send data of type %s: %w", w.upload.DataType, err)
	case w.upload.Size >= 0 && (w.read > w.upload.Size || err != nil && w.read < w.upload.Size):
		w.broken = w.upload.mismatch(w.read)
		err = w.broken
	}
	return n, err
}

// stop ends a read that is under way, by its context, and closes the content.
func (w *wholeReader) stop() error {
	w.over.Store(true)
	w.cancel()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.content.Close()
	return w.broken
}

func (u Upload) mismatch(came int64) error {
	return fmt.Errorf("send data of type %s: %d bytes came, %d were announced", u.DataType, came, u.Size)
}

// multipartBody streams parts as multipart/form-data. Its length is known
// beforehand when all sizes are.
func multipartBody(parts []Upload, boundary string) func(context.Context) (*body, error) {
	return func(ctx context.Context) (*body, error) {
		size, err := multipartSize(parts, boundary)
		if err != nil {
			return nil, err
		}
		reader, writer := io.Pipe()
		ctx, cancel := context.WithCancel(ctx)
		var broken error // to be read after done
		done := make(chan struct{})
		go func() {
			broken = writeMultipart(ctx, writer, parts, boundary)
			close(done)                   // before the next line: whoever has read the error finds it here
			writer.CloseWithError(broken) // nil means EOF
		}()
		stop := func() error {
			defer cancel()
			select {
			case <-done:
				return broken
			default:
			}
			// An answer may come before the body has been read. The writer must not
			// outlive the call, be it that it waits to write or to read.
			reader.CloseWithError(errAnswered)
			cancel()
			<-done
			return nil
		}
		return &body{reader: reader, size: size, close: stop}, nil
	}
}

// errAnswered stops the writer of a body that nobody reads any more.
var errAnswered = errors.New("the request is over")

func writeMultipart(ctx context.Context, w io.Writer, parts []Upload, boundary string) error {
	form := multipart.NewWriter(w)
	if err := form.SetBoundary(boundary); err != nil {
		return err
	}
	for _, p := range parts {
		part, err := form.CreatePart(p.header())
		if err != nil {
			return err
		}
		content, err := p.Open(ctx)
		if err != nil {
			return fmt.Errorf("open data of type %s: %w", p.DataType, err)
		}
		n, err := io.Copy(part, content)
		content.Close()
		if err != nil {
			return fmt.Errorf("send data of type %s: %w", p.DataType, err)
		}
		if p.Size >= 0 && n != p.Size {
			return p.mismatch(n)
		}
	}
	return form.Close()
}

// multipartSize counts the bytes that writeMultipart will write, -1 if one of
// the parts has no known size.
func multipartSize(parts []Upload, boundary string) (int64, error) {
	var frame counter
	form := multipart.NewWriter(&frame)
	if err := form.SetBoundary(boundary); err != nil {
		return 0, err
	}
	var content int64
	for _, p := range parts {
		if _, err := form.CreatePart(p.header()); err != nil {
			return 0, err
		}
		if p.Size < 0 {
			return -1, nil
		}
		content += p.Size
	}
	if err := form.Close(); err != nil {
		return 0, err
	}
	return int64(frame) + content, nil
}

func (u Upload) header() textproto.MIMEHeader {
	return textproto.MIMEHeader{
		"Content-Disposition": {disposition("form-data", u.DataType, u.Filename)},
		"Content-Type":        {u.ContentType},
	}
}

// counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
