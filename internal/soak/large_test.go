//go:build !race

package soak_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/handover"
)

// BenchmarkLargeAttachment hands over a form with an attachment of 1 GiB. The
// service may have no more than 128 MiB in use.
func BenchmarkLargeAttachment(b *testing.B) {
	const (
		size  = 1 << 30
		limit = 128 // MiB
	)
	largeFiles := func(app string) edit {
		return edit{filepath.Join(app, "config", "applicationmetadata.json"), `"maxSize": 10,`, `"maxSize": 2000,`}
	}
	for b.Loop() {
		w := newWorld(b, largeFiles(examples.OriginalForm), largeFiles(examples.ReceivingApp))
		sum, err := w.sent.sendLarge(size)
		if err != nil {
			b.Fatal(err)
		}
		j := w.inFile(b)
		start := time.Now()
		s := w.serve(b, "", nil, append(j.args, "--unclear-wait", "1m")...)
		if err := j.works(b.Context(), 2); err != nil {
			b.Fatal(errorAnd(err, s))
		}
		took := time.Since(start)
		memory := s.peakMemory(b)
		s.kill()
		records, err := j.records(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		arrived := false
		for _, r := range records {
			for _, f := range r.Files {
				arrived = arrived || f.SHA256 == sum && r.State == handover.Done
			}
		}
		if !arrived {
			b.Fatalf("the file has not arrived: %+v", records)
		}
		if memory > limit {
			b.Errorf("the service had %.0f MiB in use, and may have %d", memory, limit)
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(memory, "MiB")
		b.ReportMetric(size/(1<<20)/took.Seconds(), "MiB/s")
	}
}

// sendLarge sends a form in with one attachment of a size, and tells its hash.
func (o *outbox) sendLarge(size int64) (sum string, err error) {
	_, parts := o.like(1)
	id, err := o.draft()
	if err != nil {
		return "", err
	}
	for _, p := range parts[:2] {
		if err := o.wire.call(http.MethodPost, storageURL+"/"+id+"/data?dataType="+p.from, o.person, p.body, nil); err != nil {
			return "", err
		}
	}
	hash := sha256.New()
	content := io.TeeReader(io.LimitReader(rand.NewChaCha8([32]byte{}), size), hash)
	request, err := http.NewRequest(http.MethodPost, storageURL+"/"+id+"/data?dataType=kart", content)
	if err != nil {
		return "", err
	}
	request.ContentLength = size
	request.Header.Set("Authorization", "Bearer "+o.person)
	request.Header.Set("Content-Type", "image/png")
	request.Header.Set("Content-Disposition", `attachment; filename="stort kart.png"`)
	response, err := o.wire.client.Do(request)
	if err != nil {
		return "", err
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("send a large file: %s", response.Status)
	}
	return hex.EncodeToString(hash.Sum(nil)), o.end(id)
}
