package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/apphost"
	"github.com/stafett/stafett/local/authentication"
)

// freePort sets a variable to a port at which nobody listens, and which the system
// gives to nobody who asks for any: those are from 32768 on Linux, 49152 elsewhere.
func freePort(ts *testscript.TestScript, args []string) {
	for range 100 {
		port := strconv.Itoa(20000 + rand.IntN(12000))
		if listener, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			ts.Check(listener.Close())
			ts.Setenv(args[0], port)
			return
		}
	}
	ts.Fatalf("there is no free port")
}

// listen sets a variable to a port at which somebody listens until the script ends.
func listen(ts *testscript.TestScript, args []string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = listener.Close() })
	_, port, err := net.SplitHostPort(listener.Addr().String())
	ts.Check(err)
	ts.Setenv(args[0], port)
}

// serveApp is an application that runs as a process of its own, as one in another
// language would: FOLDER ADDRESS, with the platform reached by HTTPS_PROXY and
// SSL_CERT_FILE alone.
func serveApp() int {
	if err := runApp(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "altinn-app:", err)
		return 1
	}
	return 0
}

func runApp(dir, address string) error {
	folder, err := app.Load(dir)
	if err != nil {
		return err
	}
	handler, err := apphost.New(apphost.Config{Folder: folder, Platform: "https://platform.tt02.altinn.no", Verifier: publishedKeys{}})
	if err != nil {
		return err
	}
	server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: time.Minute}
	return server.ListenAndServe()
}

// publishedKeys verifies tokens by the keys that Altinn publishes.
type publishedKeys struct{}

func (publishedKeys) Verify(token string) (authentication.Principal, error) {
	var keys jose.JSONWebKeySet
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://platform.tt02.altinn.no/authentication/api/v1/openid/.well-known/openid-configuration/jwks", nil)
	if err != nil {
		return authentication.Principal{}, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return authentication.Principal{}, err
	}
	defer func() { _ = response.Body.Close() }()
	if err := json.NewDecoder(response.Body).Decode(&keys); err != nil {
		return authentication.Principal{}, err
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return authentication.Principal{}, err
	}
	content, err := signed.Verify(keys)
	if err != nil {
		return authentication.Principal{}, err
	}
	var claims struct {
		UserID    string `json:"urn:altinn:userid"`
		PartyID   int    `json:"urn:altinn:partyid"`
		Org       string `json:"urn:altinn:org"`
		OrgNumber string `json:"urn:altinn:orgNumber"`
		Level     int    `json:"urn:altinn:authlevel"`
		Scope     string `json:"scope"`
		Expires   int64  `json:"exp"`
	}
	principal := authentication.Principal{}
	if err := errors.Join(json.Unmarshal(content, &claims), json.Unmarshal(content, &principal.All)); err != nil {
		return principal, err
	}
	if time.Now().Unix() >= claims.Expires {
		return principal, errors.New("the token has expired")
	}
	_, _ = fmt.Sscan(claims.UserID, &principal.UserID)
	principal.PartyID, principal.Org, principal.OrgNumber = claims.PartyID, claims.Org, claims.OrgNumber
	principal.Scope, principal.AuthLevel = claims.Scope, claims.Level
	return principal, nil
}
