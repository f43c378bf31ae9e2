package local_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/timeline"
)

// BenchmarkTimeline is what recording costs: an instance that is created, which is
// some ten requests of stand-ins to each other, and an attachment of 1 MiB.
func BenchmarkTimeline(b *testing.B) {
	apps := folders(b, nil)
	for _, recorded := range []bool{false, true} {
		platform := start(b, local.Config{Apps: apps, Timeline: recorded})
		seed := platform.Seed()
		token := organisationToken(b, platform)
		create := func() string {
			status, answer := send(b, platform, http.MethodPost, seed.Apps[1].URL+"/instances/create", token, fmt.Sprintf(`{"instanceOwner":{"organisationNumber":%q}}`, seed.OrgNumber))
			var created struct {
				ID string `json:"id"`
			}
			if err := json.Unmarshal([]byte(answer), &created); err != nil || status != http.StatusCreated {
				b.Fatalf("create: %d %v", status, err)
			}
			return created.ID
		}
		b.Run(fmt.Sprintf("create/recorded=%t", recorded), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				create()
			}
		})
		attachment := bytes.Repeat([]byte("%PDF-1.7"), 1<<17)
		address := seed.Apps[1].URL + "/instances/" + create() + "/data"
		address += "/" + upload(b, platform, http.MethodPost, address+"?dataType=vedlegg", token, attachment)
		b.Run(fmt.Sprintf("upload/recorded=%t", recorded), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(attachment)))
			for b.Loop() {
				upload(b, platform, http.MethodPut, address, token, attachment)
			}
		})
	}
}

// upload sends an attachment and returns its id.
func upload(b *testing.B, platform *local.Platform, method, address, token string, content []byte) string {
	request, err := http.NewRequestWithContext(b.Context(), method, address, bytes.NewReader(content))
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/pdf")
	request.Header.Set("Content-Disposition", `attachment; filename="kart.pdf"`)
	response, err := platform.Client().Do(request)
	if err != nil {
		b.Fatal(err)
	}
	answer, _ := io.ReadAll(response.Body)
	_ = response.Body.Close()
	var element struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(answer, &element); err != nil || response.StatusCode != http.StatusCreated {
		b.Fatalf("upload: %d %s", response.StatusCode, answer)
	}
	return element.ID
}

// BenchmarkFullTimeline is the memory of a recorder that holds as much as it ever
// does: bodies of 48 KiB until there is no more room for them.
func BenchmarkFullTimeline(b *testing.B) {
	body := strings.Repeat("x", 48<<10)
	var before, after runtime.MemStats
	for b.Loop() {
		recorder := timeline.New(timeline.Config{})
		handler := recorder.Wrap("x.no", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			timeline.Identify(r.Context(), timeline.Caller{Kind: timeline.KindPerson, UserID: 7})
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, "done")
		}))
		runtime.GC()
		runtime.ReadMemStats(&before)
		for n := range 5000 {
			request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, fmt.Sprintf("https://x.no/%d", n), strings.NewReader(body))
			if err != nil {
				b.Fatal(err)
			}
			request.Header.Set("Content-Type", "text/plain")
			request.Header.Set("User-Agent", "a program of some length/1.0")
			handler.ServeHTTP(&nowhere{header: http.Header{}}, request)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if kept := len(recorder.Exchanges(timeline.Filter{})); kept != 2000 {
			b.Fatalf("%d are kept", kept)
		}
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB")
	}
}

// nowhere is an answer that nobody reads.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (n *nowhere) WriteHeader(int)             {}
