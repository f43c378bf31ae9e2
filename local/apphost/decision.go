package apphost

import (
	"net/http"

	"github.com/stafett/stafett/local/authorization"
	"github.com/stafett/stafett/local/storage"
)

// decide asks the decision point about actions on one resource, and returns the
// outcomes in the order of the actions.
func (s *Server) decide(c *call, resource authorization.Resource, actions ...string) ([]authorization.Outcome, error) {
	questions := make([]authorization.Question, len(actions))
	for i, action := range actions {
		questions[i] = authorization.Question{Action: action, Resource: resource}
	}
	pdp := authorization.Client{Platform: s.cfg.Platform, HTTPClient: s.platform.client}
	return pdp.Decide(c.ctx(), c.caller, questions...)
}

// instanceResource is an instance as a decision request names it.
func (s *Server) instanceResource(c *call, task string) authorization.Resource {
	return authorization.Resource{
		Org: s.folder.Org, App: s.folder.Name,
		PartyID: c.partyID, InstanceID: c.instanceID, Task: task,
	}
}

// permit refuses with an empty 403 what the caller may not do to the instance.
func (s *Server) permit(c *call, action string) error {
	allowed, err := s.permitted(c, "", action)
	if err != nil {
		return err
	}
	if !allowed[0] {
		return empty(http.StatusForbidden)
	}
	return nil
}

// permitted tells which of some actions the caller may do to the instance.
func (s *Server) permitted(c *call, task string, actions ...string) ([]bool, error) {
	outcomes, err := s.decide(c, s.instanceResource(c, task), actions...)
	if err != nil {
		return nil, err
	}
	allowed := make([]bool, len(outcomes))
	for i, o := range outcomes {
		allowed[i] = o.Permitted
	}
	return allowed, nil
}

// permittedIn tells which of some actions the caller may do in the current task of
// an instance: what the policy permits, and the rules of a signing task.
func (s *Server) permittedIn(c *call, in storage.Instance, actions ...string) ([]bool, error) {
	allowed, err := s.permitted(c, currentTask(in), actions...)
	for i, action := range actions {
		if action == "sign" && err == nil && allowed[i] {
			allowed[i], err = s.maySign(c, in)
		}
	}
	return allowed, err
}

// permitInstantiate decides whether the caller may make an instance for a
// party. There is no instance and no task yet.
func (s *Server) permitInstantiate(c *call, partyID int) error {
	return s.enforce(c, authorization.Resource{Org: s.folder.Org, App: s.folder.Name, PartyID: partyID}, "instantiate")
}

// enforce refuses what the caller may not do. When all that is missing is a higher
// authentication level, the answer says which.
func (s *Server) enforce(c *call, resource authorization.Resource, action string) error {
	outcomes, err := s.decide(c, resource, action)
	switch {
	case err != nil:
		return err
	case outcomes[0].Permitted:
		return nil
	case outcomes[0].RequiredLevel != "":
		return object(http.StatusForbidden, map[string]string{"RequiredAuthenticationLevel": outcomes[0].RequiredLevel})
	}
	return empty(http.StatusForbidden)
}

// currentTask is the id of the task in which an instance stands, or empty.
func currentTask(in storage.Instance) string {
	if in.Process == nil || in.Process.CurrentTask == nil {
		return ""
	}
	return in.Process.CurrentTask.ElementID
}
