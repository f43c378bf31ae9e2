package keyvault

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stafett/stafett/local/entra"
)

// versionsOfAPI are the values of api-version that the service knows.
var versionsOfAPI = []string{
	"2015-06-01", "2016-10-01", "7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "7.6-preview.2",
	"2025-06-01-preview", "2025-07-01", "2026-01-01-preview", "2026-03-01-preview", "2026-04-01",
	"2026-05-01-preview", "2026-07-01-preview",
}

// call is one authenticated request to a vault.
type call struct {
	server    *Server
	vault     *vault
	request   *http.Request
	authority string // for ids
	now       time.Time
	name      string // of the secret, or empty
	version   string // of the secret, or empty
	body      []byte

	revoked     bool // the token must be exchanged for a newer one
	operation   operation
	used, keyID string // the version that was read, made or changed, and the kid of the key in it
}

// operation is what a method does on a path. It runs with the vault's lock
// held. A nil body is answered with 204.
type operation struct {
	name       string     // see [Access]
	permission Permission // empty: whoever has a valid token may
	run        func(*call) (body any, refused *problem)
}

// ServeHTTP implements [http.Handler] for <name>.vault.azure.net.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	label, ok := strings.CutSuffix(strings.ToLower(host), domain)
	v, err := s.vault(label)
	if !ok || err != nil {
		http.Error(w, "no such vault: "+host, http.StatusNotFound)
		return
	}
	setHeaders(w, r, v)
	c := &call{server: s, vault: v, request: r, authority: strings.TrimSuffix(r.Host, ":443"), now: s.now()}
	body, refused := c.serve()
	status := http.StatusOK
	switch {
	case refused != nil:
		status, body = refused.status, refused.envelope()
		if status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", c.challenge())
		}
	case body == nil:
		status = http.StatusNoContent
	}
	s.log.InfoContext(r.Context(), "key vault answered",
		"vault", v.config.Name, "method", r.Method, "path", r.URL.Path, "status", status)
	if body == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(body) // the caller is gone
}

// serve answers in the order that clients rely on: who is calling comes first,
// since an SDK's first request has neither token nor body.
func (c *call) serve() (_ any, refused *problem) {
	defer func() { c.note(refused) }()
	who, refused := c.authenticate()
	if refused != nil {
		return nil, refused
	}
	who.Identify(c.request.Context())
	if c.revoked = c.vault.demandsClaims(who.TokenID); c.revoked {
		return nil, insufficientClaims()
	}
	if version := c.request.URL.Query().Get("api-version"); !slices.Contains(versionsOfAPI, version) {
		return nil, badParameter("The api-version '%s' is missing or not supported", version)
	}
	if c.operation, refused = c.route(); refused != nil {
		return nil, refused
	}
	if c.name != "" && !secretName.MatchString(c.name) {
		return nil, badParameter("The request URI contains an invalid name: %s", c.name)
	}
	// The body is read before the lock is taken: a slow sender holds up nobody.
	var err error
	if c.body, err = io.ReadAll(http.MaxBytesReader(nil, c.request.Body, maxRequestBody)); err != nil {
		return nil, badParameter("The request body cannot be read")
	}
	c.vault.mu.Lock()
	defer c.vault.mu.Unlock()
	if refused := c.vault.authorize(who, c.operation.permission, c.name); refused != nil {
		return nil, refused
	}
	return c.operation.run(c)
}

// authenticate returns who the token belongs to.
func (c *call) authenticate() (entra.Caller, *problem) {
	scheme, token, _ := strings.Cut(c.request.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return entra.Caller{}, unauthorized("AKV10000: Request is missing a Bearer or PoP token.")
	}
	who, err := c.server.validate(token, resource)
	var audience *entra.AudienceError
	switch {
	case errors.As(err, &audience):
		return entra.Caller{}, unauthorized("AKV10022: Invalid audience. Expected " + audience.Expected + ", found: " + audience.Found + ".")
	case errors.Is(err, entra.ErrExpired):
		return entra.Caller{}, unauthorized("[TokenExpired] Error validating token: the token is expired.")
	case err != nil:
		return entra.Caller{}, unauthorized("AKV10046: Unable to resolve the key used for signature validation.")
	case !strings.EqualFold(who.TenantID, c.server.tenantID):
		return entra.Caller{}, unauthorized("AKV10032: Invalid issuer. Found: " + who.Issuer)
	}
	return who, nil
}

// route finds the operation and takes the names out of the path. Clients send
// the latest version as an empty segment, and some a double slash at the start.
// The path is split before it is decoded: an encoded slash belongs to a name.
func (c *call) route() (operation, *problem) {
	segments := strings.Split(strings.Trim(c.request.URL.EscapedPath(), "/"), "/")
	for n, segment := range segments {
		var err error
		if segments[n], err = url.PathUnescape(segment); err != nil {
			return operation{}, badParameter("The request URI contains an invalid name: %s", segment)
		}
	}
	method := c.request.Method
	var byMethod map[string]operation
	collection, rest := segments[0], segments[1:]
	if len(rest) > 0 {
		c.name = rest[0]
	}
	switch collection {
	case "secrets":
		switch {
		case len(rest) == 0:
			byMethod = map[string]operation{"GET": {"list", List, (*call).listSecrets}}
		case len(rest) == 1 && c.name == "restore" && method == http.MethodPost:
			c.name = ""
			byMethod = map[string]operation{"POST": {"restore", Restore, (*call).restore}}
		case len(rest) == 1:
			byMethod = map[string]operation{
				"PUT": {"set", Set, (*call).setSecret}, "GET": {"get", Get, (*call).getSecret},
				"PATCH": {"update", Set, (*call).updateSecret}, "DELETE": {"delete", Delete, (*call).deleteSecret},
			}
		case len(rest) == 2 && rest[1] == "versions":
			byMethod = map[string]operation{"GET": {"versions", List, (*call).listVersions}}
		case len(rest) == 2 && rest[1] == "backup":
			byMethod = map[string]operation{"POST": {"backup", Backup, (*call).backup}}
		case len(rest) == 2:
			c.version = rest[1]
			byMethod = map[string]operation{"GET": {"get", Get, (*call).getSecret}, "PATCH": {"update", Set, (*call).updateSecret}}
		}
	case "deletedsecrets":
		switch {
		case len(rest) == 0:
			byMethod = map[string]operation{"GET": {"deleted", List, (*call).listDeleted}}
		case len(rest) == 1:
			byMethod = map[string]operation{"GET": {"get deleted", Get, (*call).getDeleted}, "DELETE": {"purge", Purge, (*call).purge}}
		case len(rest) == 2 && rest[1] == "recover":
			byMethod = map[string]operation{"POST": {"recover", Recover, (*call).recover}}
		}
	case "keys":
		byMethod = otherObjects("key", "KeyNotFound", rest)
	case "certificates":
		byMethod = otherObjects("certificate", "CertificateNotFound", rest)
	}
	if byMethod == nil {
		return operation{}, &problem{http.StatusNotFound, "NotFound", "No resource " + c.request.URL.Path, ""}
	}
	op, ok := byMethod[method]
	if !ok {
		return operation{}, notAllowed(method)
	}
	return op, nil
}

// setHeaders sets what every response has.
func setHeaders(w http.ResponseWriter, r *http.Request, v *vault) {
	var id [16]byte
	_, _ = rand.Read(id[:]) // crypto/rand.Read never fails
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "-1")
	h.Set("Strict-Transport-Security", "max-age=31536000;includeSubDomains")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("x-ms-keyvault-region", v.config.Location)
	h.Set("x-ms-keyvault-service-version", "1.9.1.0")
	h.Set("x-ms-keyvault-network-info", "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;")
	h.Set("x-ms-request-id", fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:]))
	if clientID := r.Header.Get("x-ms-client-request-id"); clientID != "" {
		h.Set("x-ms-client-request-id", clientID)
	}
}
