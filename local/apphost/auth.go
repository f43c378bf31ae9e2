package apphost

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/local/urlquery"
	"github.com/stafett/stafett/secret"
)

// call is one request of an authenticated caller.
type call struct {
	r        *http.Request
	caller   authentication.Principal
	platform session

	// Of requests below /instances/{party}/{guid} only.
	partyID    int
	instanceID string // "{party id}/{guid}"
}

// ctx lives until the work is done, even if the caller hangs up: an application
// finishes what it has begun.
func (c *call) ctx() context.Context { return c.r.Context() }

// language is the language that the caller asked for, or Norwegian bokmål.
func (c *call) language() string {
	if l := urlquery.Of(c.r).Get("language"); l != "" {
		return l
	}
	return "nb"
}

// authenticated lets a handler answer only those whose token is good: 401
// without a body to others. A caller who is known by cookie needs the
// antiforgery header for anything that changes something.
func (s *Server) authenticated(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		caller, token, err := authentication.Authenticate(s.cfg.Verifier, r)
		if err != nil {
			s.fail(w, r, &refusal{empty(http.StatusUnauthorized), err})
			return
		}
		if byCookie(r) && !isSafe(r.Method) && !s.hasAntiforgery(r) {
			s.fail(w, r, &refusal{empty(http.StatusBadRequest), errNoAntiforgery})
			return
		}
		if err := s.scopes.check(caller, r); err != nil {
			s.fail(w, r, err)
			return
		}
		c := &call{
			r:        r.WithContext(context.WithoutCancel(r.Context())),
			caller:   caller,
			platform: session{s.platform, secret.New(token)},
		}
		if err := h(w, c); err != nil {
			s.fail(w, r, err)
		}
	}
}

var errNoAntiforgery = errors.New("a caller who is known by cookie must show the antiforgery token in a header to change something")

// refusal is an answer with a reason for the log.
type refusal struct {
	*answer
	reason error
}

func (r *refusal) Error() string { return r.answer.Error() + ": " + r.reason.Error() }
func (r *refusal) Unwrap() error { return r.answer }

// ofInstance reads the instance id from the path. Like ASP.NET Core's route
// constraints it answers 404 when the parts are not an integer and a GUID.
func (s *Server) ofInstance(h handler) handler {
	return func(w http.ResponseWriter, c *call) error {
		party, err := strconv.Atoi(c.r.PathValue("party"))
		guid := c.r.PathValue("guid")
		if err != nil || !isGUID(guid) {
			return empty(http.StatusNotFound)
		}
		c.partyID = party
		c.instanceID = strconv.Itoa(party) + "/" + strings.ToLower(guid)
		return h(w, c)
	}
}

// isGUID tells whether the text is a GUID with dashes.
func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
		if dash != (c == '-') || !dash && !hex {
			return false
		}
	}
	return true
}

// guidOf takes the GUID from an instance id.
func guidOf(instanceID string) string {
	_, guid, _ := strings.Cut(instanceID, "/")
	return guid
}

// ownsApplication tells whether the caller is the application's owner.
func (s *Server) ownsApplication(c *call) bool {
	return c.caller.Org != "" && c.caller.Org == s.folder.Org
}

// markRead notes that somebody other than the owner of the application has seen
// the instance. A failure changes nothing for the caller.
func (s *Server) markRead(c *call, in *storage.Instance) {
	if s.ownsApplication(c) || in.Status == nil || in.Status.ReadStatus == "Read" {
		return
	}
	if err := c.platform.markRead(c.ctx(), in.ID); err != nil {
		s.cfg.Logger.InfoContext(c.ctx(), "instance not marked as read", "instance", in.ID, "reason", err)
		return
	}
	in.Status.ReadStatus = "Read"
}
