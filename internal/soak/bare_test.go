//go:build !race

package soak_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/secret"
)

// bare posts what the service posts, and does nothing else: it reads no source,
// keeps nothing, and looks at no instance.
type bare struct {
	apps  *altinn.AppClient
	sent  *outbox
	sak   []byte
	owner altinn.InstanceOwner
}

// perApplication is how many requests the service has under way to one receiving
// application.
const perApplication = 8

// newBare goes the same way to the platform as the service: by proxy and TLS. The
// form data that it posts is that of a handover that has been made.
func newBare(t testing.TB, w *world) *bare {
	t.Helper()
	state := w.state(t)
	proxy, err := url.Parse(state.Proxy)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := os.ReadFile(state.CA)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certificate)
	client := &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: 16,
	}}
	t.Cleanup(client.CloseIdleConnections)
	environment, err := altinn.LookupEnvironment("tt02")
	if err != nil {
		t.Fatal(err)
	}
	w.command(t, "handover", "send", "--local", "--journal", filepath.Join(t.TempDir(), "first.db"), w.sent.all()[0].source)
	made, err := w.wire.instances(receiver)
	if err != nil {
		t.Fatal(err)
	}
	b := &bare{
		sent:  w.sent,
		owner: altinn.InstanceOwner{OrganisationNumber: w.platform.Seed().OrgNumber},
		apps: altinn.NewAppClient(altinn.AppConfig{
			Environment: environment, HTTPClient: client, Tokens: altinn.StaticToken(secret.New(w.wire.organisation)),
		}),
	}
	for _, e := range made[0].Data {
		if e.DataType == "sak" {
			err = w.wire.call(http.MethodGet, storageURL+"/"+made[0].ID+"/data/"+e.ID, w.wire.organisation, body{}, &b.sak)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// create posts one instance.
func (b *bare) create(ctx context.Context, number int) error {
	f, parts := b.sent.like(number)
	form := strings.ReplaceAll(string(b.sak), exampleArea, f.area)
	uploads := []altinn.Upload{altinn.NewUpload("sak", "application/xml", "", []byte(form))}
	for _, p := range parts[1:] {
		uploads = append(uploads, altinn.NewUpload(p.to, p.contentType, p.filename, p.content))
	}
	_, err := b.apps.CreateInstance(ctx, receiver, altinn.Template{Owner: b.owner, DataValues: map[string]string{"stafett.bare": fmt.Sprint(number)}}, uploads)
	return err
}

// rate posts n instances, as many at a time as the service, and returns how many
// that were in a second.
func (b *bare) rate(t testing.TB, n int) float64 {
	t.Helper()
	var group sync.WaitGroup
	numbers := make(chan int)
	start := time.Now()
	for range perApplication {
		group.Go(func() {
			for number := range numbers {
				if err := b.create(t.Context(), number); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for number := range n {
		numbers <- number
	}
	close(numbers)
	group.Wait()
	return float64(n) / time.Since(start).Seconds()
}
