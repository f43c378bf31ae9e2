package local_test

import (
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/authorization"
	"github.com/stafett/stafett/local/selfservice"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// clients is how many use the platform at once in the benchmarks of its speed.
const clients = 16

// crowd is a platform with clients that reach it as other programs do, through
// its proxy and over TLS.
type crowd struct {
	*local.Platform
	b      *testing.B
	dir    string
	client *http.Client
	token  string // the organisation's
	key    jose.JSONWebKey
}

func newCrowd(b *testing.B) *crowd {
	b.Helper()
	c := &crowd{b: b, dir: b.TempDir()}
	c.Platform = start(b, local.Config{Apps: folders(b, nil), Dir: c.dir})
	proxy, err := c.ServeProxy(b.Context(), "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = http.ProxyURL(proxy)
	transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(c.CertificatePEM())
	transport.MaxIdleConnsPerHost = clients
	b.Cleanup(transport.CloseIdleConnections)
	c.client = &http.Client{Transport: transport}
	c.token = organisationToken(b, c.Platform)
	if err := c.key.UnmarshalJSON([]byte(c.Seed().SelfServiceKey.Reveal())); err != nil {
		b.Fatal(err)
	}
	return c
}

// ask sends a request and returns the body of the answer, which must have the
// status.
func (c *crowd) ask(want int, method, address, token, contentType, body string) []byte {
	request, err := http.NewRequestWithContext(c.b.Context(), method, address, strings.NewReader(body))
	if err != nil {
		c.b.Error(err)
		return nil
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	request.Header.Set("Content-Type", contentType)
	response, err := c.client.Do(request)
	if err != nil {
		c.b.Error(err)
		return nil
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != want {
		c.b.Errorf("%s %s: %d %v %.300s", method, address, response.StatusCode, err, content)
	}
	return content
}

// rate lets all clients do the same until the benchmark is over, and reports how
// many were done in a second.
func (c *crowd) rate(b *testing.B, unit string, do func(n int64)) {
	b.Helper()
	c.b = b
	do(-1) // what is made at the first request only is not measured
	var begun atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for range clients {
		all.Go(func() {
			for n := begun.Add(1); n <= int64(b.N) && !b.Failed(); n = begun.Add(1) {
				do(n)
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), unit+"/s")
	b.ReportMetric(0, "ns/op")
}

// assertions are what the clients ask Maskinporten for tokens with; they are made
// beforehand, since making them is no part of the platform.
func (c *crowd) assertions(count int) []string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: c.key}, nil)
	if err != nil {
		c.b.Fatal(err)
	}
	all := make([]string, count)
	now := time.Now()
	for n := range all {
		all[n], err = jwt.Signed(signer).Claims(map[string]any{
			"aud": "https://" + local.MaskinportenHost + "/", "iss": c.Seed().SelfServiceClientID, "scope": selfservice.ScopeRead,
			"iat": now.Unix(), "exp": now.Add(2 * time.Minute).Unix(), "jti": fmt.Sprint(n, now.UnixNano()),
		}).Serialize()
		if err != nil {
			c.b.Fatal(err)
		}
	}
	return all
}

// BenchmarkPlatform is how much the platform does in a second for 16 clients,
// each over HTTPS through the proxy.
func BenchmarkPlatform(b *testing.B) {
	c := newCrowd(b)
	seed := c.Seed()
	const jsonType, formType = "application/json", "application/x-www-form-urlencoded"

	b.Run("tokens", func(b *testing.B) {
		c.b = b
		assertions := c.assertions(b.N + 1)
		c.rate(b, "tokens", func(n int64) {
			form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertions[max(n, 0)]}}
			c.ask(200, http.MethodPost, "https://"+local.MaskinportenHost+"/token", "", formType, form.Encode())
		})
	})
	b.Run("secrets", func(b *testing.B) {
		c.b = b
		token := vaultToken(b, c.Platform)
		address := seed.Vault + "/secrets/speed?api-version=7.4"
		c.ask(200, http.MethodPut, address, token, jsonType, `{"value":"x"}`)
		c.rate(b, "secrets", func(int64) { c.ask(200, http.MethodGet, address, token, jsonType, "") })
	})
	b.Run("decisions", func(b *testing.B) {
		org, name, _ := strings.Cut(seed.Apps[1].ID, "/")
		question := authorization.Question{Action: "instantiate", Resource: authorization.Resource{Org: org, App: name, PartyID: seed.Organisations[0].PartyID}}
		caller := authentication.Principal{OrgNumber: seed.OrgNumber, All: map[string]any{"urn:altinn:org": seed.Org}}
		body, err := json.Marshal(authorization.RequestBody{Request: authorization.BuildRequest(caller, question)})
		if err != nil {
			b.Fatal(err)
		}
		c.rate(b, "decisions", func(int64) {
			answer := c.ask(200, http.MethodPost, "https://"+local.PlatformHost+"/authorization/api/v1/decision", "", jsonType, string(body))
			if !strings.Contains(string(answer), "Permit") {
				c.b.Errorf("decided %s", answer)
			}
		})
	})
	b.Run("creates", func(b *testing.B) { c.rate(b, "creates", c.create) })
	b.Run("pages", func(b *testing.B) { c.rate(b, "pages", c.page) })
}

func (c *crowd) create(int64) {
	seed := c.Seed()
	c.ask(201, http.MethodPost, seed.Apps[1].URL+"/instances/create", c.token, "application/json",
		fmt.Sprintf(`{"instanceOwner":{"organisationNumber":%q}}`, seed.OrgNumber))
}

// page asks for the newest ten instances, as a handover service does when it
// looks for what is new.
func (c *crowd) page(int64) {
	c.ask(200, http.MethodGet, "https://"+local.PlatformHost+"/storage/api/v1/instances?size=10&appId="+c.Seed().Apps[1].ID, c.token, "application/json", "")
}

// BenchmarkInstances is what creates and pages take where Storage holds a thousand
// instances, and where it holds a million.
func BenchmarkInstances(b *testing.B) {
	c := newCrowd(b)
	c.create(-1)
	for _, count := range []int{1_000, 1_000_000} {
		c.b = b
		c.fill(count)
		b.Run("create/"+strconv.Itoa(count), func(b *testing.B) { c.rate(b, "creates", c.create) })
		b.Run("page/"+strconv.Itoa(count), func(b *testing.B) { c.rate(b, "pages", c.page) })
	}
}

// fill puts copies of the newest instance into Storage until there are so many,
// each a second older than the one before.
func (c *crowd) fill(count int) {
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(c.dir, "storage.db"))+"?_pragma=busy_timeout(60000)&_pragma=cache_size(-200000)")
	if err != nil {
		c.b.Fatal(err)
	}
	defer db.Close()
	const copies = `
WITH RECURSIVE
	newest AS (SELECT * FROM instances ORDER BY seq DESC LIMIT 1),
	number AS (SELECT 1 AS n WHERE ?1 > 0 UNION ALL SELECT n + 1 FROM number WHERE n < ?1),
	copy AS (SELECT n, lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-8' ||
		substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))) AS guid FROM number)
INSERT INTO instances (guid, party, org, app, created, last_changed, visible_after, due_before, ended, task,
	archived, soft_deleted, hard_deleted, a3_ref, search, json)
SELECT copy.guid, party, org, app, created - n * 10000000, last_changed - n * 10000000, visible_after, due_before, ended, task,
	archived, soft_deleted, hard_deleted, substr(copy.guid, -12), search, json_set(json, '$.id', party || '/' || copy.guid)
FROM copy, newest`
	var held int
	if err := db.QueryRowContext(c.b.Context(), "SELECT count(*) FROM instances").Scan(&held); err != nil {
		c.b.Fatal(err)
	}
	if _, err := db.ExecContext(c.b.Context(), copies, count-held); err != nil {
		c.b.Fatal(err)
	}
}
