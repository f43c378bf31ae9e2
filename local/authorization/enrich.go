package authorization

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/stafett/stafett/app/policy"
)

// enrichResource makes the resource complete: from an instance id Storage
// knows the application, the owner, and the current task or the end event. What
// the request says itself is believed.
func (s *Server) enrichResource(ctx context.Context, resource *attributes) error {
	add := func(id, v string) {
		if v != "" && value(*resource, id) == "" {
			*resource = append(*resource, policy.Attribute{ID: id, Value: v, DataType: policy.TypeString})
		}
	}
	if org, name, ok := splitResource(value(*resource, AttributeResource)); ok {
		add(AttributeOrg, org)
		add(AttributeApp, name)
	}
	if instance := value(*resource, AttributeInstance); instance != "" && !complete(*resource) {
		party, _, ok := strings.Cut(instance, "/")
		if !ok {
			return fmt.Errorf("find instance: %q is not {party}/{guid}", instance)
		}
		info, err := s.authInfo(ctx, instance)
		if err != nil {
			return err
		}
		org, name, _ := strings.Cut(info.AppID, "/")
		add(AttributeOrg, org)
		add(AttributeApp, name)
		add(AttributeParty, party)
		if info.Process.CurrentTask != nil {
			add(AttributeTask, info.Process.CurrentTask.ElementID)
		} else {
			add(AttributeEndEvent, info.Process.EndEvent)
		}
	}
	org, name := value(*resource, AttributeOrg), value(*resource, AttributeApp)
	if org == "" || name == "" {
		return fmt.Errorf("find policy: the request names no application")
	}
	add(AttributeResource, "app_"+org+"_"+name)
	return nil
}

// complete reports whether the resource says all that Storage could add.
func complete(resource attributes) bool {
	for _, id := range []string{AttributeOrg, AttributeApp, AttributeParty} {
		if value(resource, id) == "" {
			return false
		}
	}
	return value(resource, AttributeTask) != "" || value(resource, AttributeEndEvent) != ""
}

// splitResource reads app_{org}_{app}; neither part holds an underscore.
func splitResource(id string) (org, name string, ok bool) {
	rest, isApp := strings.CutPrefix(id, "app_")
	org, name, ok = strings.Cut(rest, "_")
	return org, name, isApp && ok
}

// authInfo is what Storage tells the decision point about an instance.
type authInfo struct {
	AppID   string `json:"appId"`
	Process struct {
		CurrentTask *struct {
			ElementID string `json:"elementId"`
		} `json:"currentTask"`
		EndEvent string `json:"endEvent"`
	} `json:"process"`
}

func (s *Server) authInfo(ctx context.Context, instance string) (authInfo, error) {
	url := s.cfg.Platform + "/storage/api/v1/instances/" + instance + "/process/authinfo"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return authInfo{}, fmt.Errorf("find instance: %w", err)
	}
	// Platform services show each other a token of their own; on the local
	// platform any will do.
	req.Header.Set("PlatformAccessToken", "authorization")
	res, err := s.cfg.HTTPClient.Do(req)
	if err != nil {
		return authInfo{}, fmt.Errorf("find instance: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return authInfo{}, fmt.Errorf("find instance: storage answered %d", res.StatusCode)
	}
	var info authInfo
	if err := json.NewDecoder(io.LimitReader(res.Body, maxRequest)).Decode(&info); err != nil {
		return authInfo{}, fmt.Errorf("find instance: %w", err)
	}
	return info, nil
}

// enrichSubject adds the roles that a user holds for the resource's party.
// Organisations hold none: they match on their own claims only.
func (s *Server) enrichSubject(subject *attributes, resource attributes) {
	party, err := strconv.Atoi(value(resource, AttributeParty))
	if err != nil {
		return
	}
	user, ok := s.userID(*subject)
	if !ok {
		return
	}
	for _, role := range s.cfg.Parties.Roles(user, party) {
		*subject = append(*subject, policy.Attribute{ID: AttributeRole, Value: role, DataType: policy.TypeString})
	}
}

func (s *Server) userID(subject attributes) (int, bool) {
	if id, err := strconv.Atoi(value(subject, AttributeUser)); err == nil {
		return id, true
	}
	uuid := value(subject, AttributePersonUUID)
	if uuid == "" {
		return 0, false
	}
	for _, party := range s.cfg.Parties.All() {
		if party.PartyUUID == uuid && party.UserID != 0 {
			return party.UserID, true
		}
	}
	return 0, false
}
