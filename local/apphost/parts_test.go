package apphost

import (
	"bytes"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
)

func exampleFolder(t testing.TB, name string) *app.Folder {
	t.Helper()
	sub, err := fs.Sub(examples.Files(), name)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := app.LoadFS(sub)
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// FuzzReadParts: any body of a create request is read or refused, and leaves no
// temporary file.
func FuzzReadParts(f *testing.F) {
	folder := exampleFolder(f, examples.ReceivingApp)
	dir := f.TempDir()
	s := &Server{cfg: Config{SpoolDir: dir}, folder: folder}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		r := &http.Request{
			Method: http.MethodPost, Header: http.Header{"Content-Type": {contentType}},
			Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
		}
		parts, err := s.readParts(r)
		defer func() {
			closeParts(parts)
			left, err := os.ReadDir(dir)
			if err != nil || len(left) > 0 {
				t.Fatalf("left in the folder: %v, %v", left, err)
			}
		}()
		if err != nil {
			return
		}
		instance, rest := takePart(parts, "instance")
		if instance != nil {
			if instance.content.size == 0 || len(rest) != len(parts)-1 {
				t.Fatalf("took an empty part, or %d of %d are left", len(rest), len(parts))
			}
			if template, err := readTemplate(instance.content.open()); err == nil && template.ID != "" {
				t.Fatal("a template has an id")
			}
		}
		if checkParts(folder.Metadata, rest) != nil {
			return
		}
		for _, p := range rest {
			if _, known := folder.Metadata.DataType(p.name); !known {
				t.Fatalf("passed a part %q", p.name)
			}
		}
	})
}

// TestSpool: small content stays in memory, large content goes to a file that is
// removed; both can be read more than once.
func TestSpool(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, spoolInMemory - 1, spoolInMemory, 3 * spoolInMemory} {
		dir := t.TempDir()
		content := strings.Repeat("x", size)
		s, err := newSpool(strings.NewReader(content), dir)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got, err := io.ReadAll(s.open())
			if err != nil || string(got) != content || s.size != int64(size) {
				t.Errorf("%d bytes came back as %d (size %d), %v", size, len(got), s.size, err)
			}
		}
		during, _ := os.ReadDir(dir)
		s.close()
		after, _ := os.ReadDir(dir)
		if inFile := size >= spoolInMemory; (len(during) == 1) != inFile || len(after) != 0 {
			t.Errorf("%d bytes: %d files during, %d after", size, len(during), len(after))
		}
	}
	dir := t.TempDir()
	broken := io.MultiReader(strings.NewReader(strings.Repeat("x", spoolInMemory)), brokenReader{})
	if _, err := newSpool(broken, dir); err == nil {
		t.Error("a broken reader was taken")
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Error("a file is left of a broken reader")
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
