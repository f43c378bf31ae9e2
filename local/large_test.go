package local_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local"
)

// measured reads zeros without holding them, and notes how large the heap is
// meanwhile.
type measured struct {
	left int64
	peak *uint64
}

func (z *measured) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	read := int(min(z.left, int64(len(p))))
	clear(p[:read])
	z.left -= int64(read)
	if z.left%(8<<20) < int64(read) {
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		*z.peak = max(*z.peak, memory.HeapInuse)
	}
	return read, nil
}

// Write notes the heap as well, for what comes back.
func (z *measured) Write(p []byte) (int, error) {
	z.left += int64(len(p))
	if z.left%(8<<20) < int64(len(p)) {
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		*z.peak = max(*z.peak, memory.HeapInuse)
	}
	return len(p), nil
}

// withoutLimit lets attachments of the receiving application have any size.
func withoutLimit(t testing.TB) func(dir string) {
	return func(dir string) {
		path := filepath.Join(dir, examples.ReceivingApp, "config", "applicationmetadata.json")
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		changed := bytes.Replace(content, []byte(`"maxSize": 10,`), []byte(`"maxSize": 2000,`), 1)
		if bytes.Equal(changed, content) {
			t.Fatal("the example has no attachment of 10 MiB")
		}
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// passThrough sends an attachment of the size with a create, adds a second one,
// reads the second one back, and returns the largest heap.
func passThrough(t testing.TB, platform *local.Platform, token string, size int64) uint64 {
	t.Helper()
	var peak uint64
	app := platform.Seed().Apps[1].URL
	body, contentType := createWith(t, platform, &measured{size, &peak})
	created := exchange(t, platform, http.MethodPost, app+"/instances", token, contentType, body)
	var instance struct{ ID string }
	if err := json.NewDecoder(created.Body).Decode(&instance); err != nil || created.StatusCode != http.StatusCreated {
		t.Fatalf("create: %d, %v", created.StatusCode, err)
	}
	_ = created.Body.Close()
	added := exchange(t, platform, http.MethodPost, app+"/instances/"+instance.ID+"/data?dataType=vedlegg", token, "image/png", &measured{size, &peak})
	var element struct {
		ID   string
		Size int64
	}
	if err := json.NewDecoder(added.Body).Decode(&element); err != nil || added.StatusCode != http.StatusCreated || element.Size != size {
		t.Fatalf("add: %d, %d bytes, %v", added.StatusCode, element.Size, err)
	}
	_ = added.Body.Close()
	read := exchange(t, platform, http.MethodGet, app+"/instances/"+instance.ID+"/data/"+element.ID, token, "", nil)
	defer read.Body.Close()
	back := &measured{0, &peak}
	if n, err := io.CopyBuffer(back, struct{ io.Reader }{read.Body}, make([]byte, 32<<10)); err != nil || n != size {
		t.Fatalf("read: %d of %d bytes, %v", n, size, err)
	}
	return peak
}

// createWith is a create request as multipart whose attachment is streamed.
func createWith(t testing.TB, platform *local.Platform, attachment io.Reader) (body io.Reader, contentType string) {
	t.Helper()
	var head bytes.Buffer
	form := multipart.NewWriter(&head)
	for _, part := range []struct{ disposition, contentType, content string }{
		{`form-data; name="instance"`, "application/json", fmt.Sprintf(`{"instanceOwner":{"organisationNumber":%q}}`, platform.Seed().OrgNumber)},
		{`form-data; name="vedlegg"; filename="kart.png"`, "image/png", ""},
	} {
		w, err := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {part.disposition}, "Content-Type": {part.contentType}})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(w, part.content)
	}
	return io.MultiReader(&head, attachment, strings.NewReader("\r\n--"+form.Boundary()+"--\r\n")), form.FormDataContentType()
}

func exchange(t testing.TB, platform *local.Platform, method, address, token, contentType string, body io.Reader) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
		request.Header.Set("Content-Disposition", `attachment; filename="kart.png"`)
	}
	response, err := platform.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// A large attachment passes through application and Storage without being held,
// by all three ways, and what waits does so in the platform's own folder. It is not
// parallel, since it measures the heap.
func TestLargeAttachmentsStream(t *testing.T) {
	const size, allowed = 64 << 20, 24 << 20
	config := local.Config{Apps: folders(t, withoutLimit(t)), Dir: t.TempDir()}
	t.Setenv("TMPDIR", filepath.Join(config.Dir, "nowhere"))
	platform := start(t, config)
	token := organisationToken(t, platform)
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	if peak := passThrough(t, platform, token, size); peak == 0 || peak > before.HeapInuse+allowed {
		t.Errorf("the heap went from %d to %d MiB for %d MiB of file", before.HeapInuse>>20, peak>>20, size>>20)
	}
}

// BenchmarkLargeAttachment is 1 GiB three times: in a create, added, and read.
func BenchmarkLargeAttachment(b *testing.B) {
	const size = 1 << 30
	platform := start(b, local.Config{Apps: folders(b, withoutLimit(b))})
	token := organisationToken(b, platform)
	b.SetBytes(3 * size)
	var peak uint64
	for b.Loop() {
		peak = max(peak, passThrough(b, platform, token, size))
	}
	b.ReportMetric(float64(peak)/(1<<20), "peak-heap-MiB")
}
