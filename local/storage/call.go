package storage

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/stafett/stafett/app/process"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/authorization"
)

// scopeRead and scopeWrite are what organisations need.
const (
	scopeRead  = "altinn:serviceowner/instances.read"
	scopeWrite = "altinn:serviceowner/instances.write"
)

// maxJSON bounds a JSON body, in bytes.
const maxJSON = 16 << 20

// need is what an endpoint asks of its caller before anything else.
type need int

const (
	anyone   need = iota
	reads         // a token
	writes        // a token; an organisation's with the scope for writing
	platform      // a platform access token
)

// call is one request under way.
type call struct {
	w      http.ResponseWriter
	r      *http.Request
	caller authentication.Principal
	row    // the instance, where the path names one
}

func (c *call) ctx() context.Context { return c.r.Context() }

// handler answers a call. An error that is a refusal or errNotFound becomes its
// answer, any other 500.
type handler func(c *call) error

func (s *Server) route(pattern string, needs need, h handler) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		c := &call{w: w, r: r}
		if !isPath(r) {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		err := s.admit(c, needs)
		if err == nil {
			err = h(c)
		}
		if err != nil {
			s.answerError(c, err)
		}
	})
}

// admit checks the token: 401 and 403, both with no body.
func (s *Server) admit(c *call, needs need) error {
	switch needs {
	case anyone:
		return nil
	case platform:
		if _, err := authentication.ReadPlatformToken(c.r, s.cfg.Now()); err == nil {
			return nil
		}
	}
	caller, _, err := authentication.Authenticate(s.cfg.Verifier, c.r)
	if err != nil {
		return refuse(http.StatusUnauthorized, "")
	}
	if needs == platform {
		return refuse(http.StatusForbidden, "") // somebody known, and not of the platform
	}
	c.caller = caller
	if needs == writes && *s.cfg.RequireWriteScope && caller.UserID == 0 && caller.SystemUserID == "" && !caller.HasScope(scopeWrite) {
		authentication.NoteMissingScope(c.ctx(), caller, scopeWrite)
		return refuse(http.StatusForbidden, "")
	}
	return nil
}

// missing is the answer where there is no instance of the id that the path
// names; every endpoint of the platform has its own.
type missing func(party, guid string) error

// forbidden is the answer of endpoints that ask for the right before they look.
func forbidden(string, string) error { return refuse(http.StatusForbidden, "") }

func unableToFind(party, guid string) error {
	return refuse(http.StatusNotFound, "Unable to find instance "+party+"/"+guid+".")
}

func unableToFindAny(party, guid string) error {
	return refuse(http.StatusNotFound, "Unable to find any instance with id: "+party+"/"+guid+".")
}

func notFoundProblem(string, string) error { return refuseProblem(http.StatusNotFound, "") }

// onInstance finds the instance that the path names before it calls h.
func (s *Server) onInstance(otherwise missing, h handler) handler {
	return func(c *call) error {
		if err := s.find(c, otherwise); err != nil {
			return err
		}
		return h(c)
	}
}

// find reads the instance that the path names. Its guid alone decides: the
// platform does not compare the party.
func (s *Server) find(c *call, otherwise missing) error {
	party, guid := c.r.PathValue("party"), strings.ToLower(c.r.PathValue("guid"))
	var err error
	if c.row, err = readInstance(c.ctx(), s.db, guid); errors.Is(err, errNotFound) {
		return otherwise(party, guid)
	}
	return err
}

// isPath reports whether the path's variables have the form that its route
// demands; otherwise there is no such route.
func isPath(r *http.Request) bool {
	if party := r.PathValue("party"); party != "" {
		if _, err := strconv.ParseInt(party, 10, 32); err != nil {
			return false
		}
	}
	for _, name := range []string{"guid", "data", "event"} {
		if id := r.PathValue(name); id != "" && !isGUID(id) {
			return false
		}
	}
	return true
}

func isGUID(s string) bool {
	if len(s) != guidLength {
		return false
	}
	for n, c := range []byte(s) {
		if n == 8 || n == 13 || n == 18 || n == 23 {
			if c != '-' {
				return false
			}
		} else if !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) {
			return false
		}
	}
	return true
}

// may lets the call go on when the decision point permits any of the actions;
// otherwise the answer is 403 with no body.
func (s *Server) may(c *call, actions ...string) error {
	return s.mayOn(c, resourceOf(&c.instance), actions...)
}

func (s *Server) mayOn(c *call, resource authorization.Resource, actions ...string) error {
	questions := make([]authorization.Question, len(actions))
	for n, action := range actions {
		questions[n] = authorization.Question{Action: action, Resource: resource}
	}
	outcomes, err := s.decisions.Decide(c.ctx(), c.caller, questions...)
	if err != nil {
		return err
	}
	for _, o := range outcomes {
		if o.Permitted {
			return nil
		}
	}
	return refuse(http.StatusForbidden, "")
}

// mayProcessNext demands the right to take the instance out of its current
// task, in whatever way.
func (s *Server) mayProcessNext(c *call) error {
	task := currentTask(&c.instance)
	if task == nil {
		return refuse(http.StatusForbidden, "")
	}
	return s.may(c, append(actionsOf(task.AltinnTaskType), "reject")...)
}

// actionsOf gives the actions that end a task of a type.
func actionsOf(taskType string) []string {
	switch action := process.DefaultAction(taskType); taskType {
	case process.TypePayment, process.TypeSigning:
		return []string{action, "write"}
	default:
		return []string{action}
	}
}

func currentTask(i *Instance) *ProcessTask {
	if i.Process == nil {
		return nil
	}
	return i.Process.CurrentTask
}

// resourceOf describes an instance so fully that the decision point need not
// ask back.
func resourceOf(i *Instance) authorization.Resource {
	_, name, _ := strings.Cut(i.AppID, "/")
	party, _ := strconv.Atoi(i.InstanceOwner.PartyID) // checked when the instance was made
	resource := authorization.Resource{Org: i.Org, App: name, PartyID: party, InstanceID: i.ID}
	if task := currentTask(i); task != nil {
		resource.Task = task.ElementID
	} else if i.Process != nil {
		resource.EndEvent = i.Process.EndEvent
	}
	return resource
}

// body reads a JSON body: 415 when it does not say that it is JSON, 400 when it
// is not.
func (c *call) body(into any) error {
	kind, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if kind != "application/json" && kind != "text/json" && !strings.HasSuffix(kind, "+json") {
		return refuseProblem(http.StatusUnsupportedMediaType, "")
	}
	err := json.NewDecoder(http.MaxBytesReader(c.w, c.r.Body, maxJSON)).Decode(into)
	switch {
	case errors.Is(err, io.EOF):
		return refuseParameter("", "A non-empty request body is required.")
	case err != nil:
		return refuseParameter("", "The request body is not the JSON that was expected.")
	}
	return nil
}

// isOwner reports whether the caller is the service owner whose application the
// instance belongs to.
func (c *call) isOwner() bool { return c.caller.Org != "" && c.caller.Org == c.instance.Org }
