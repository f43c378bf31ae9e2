package inbox

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/frame"
)

// need is what was lacking when the platform refused.
type need struct {
	action string // of the policy: read, write, confirm, delete
	task   string // where the instance stands; empty = where in stands
	in     api.Instance
}

// refusedPage tells what right somebody lacks, and who has it.
type refusedPage struct {
	Text string
	// Detail is what the platform said; may be empty.
	Detail string
	// Rules are those of the application's policy that give the right.
	Rules []rule
	// Known tells that the policy could be read.
	Known bool
	// Again is set where a higher level may help: where somebody comes back to,
	// and with which level.
	Again *again
	// StoryPath leads to the refusal in the timeline.
	StoryPath string
}

type again struct {
	Next  string
	Level int
}

// rule is one rule that gives a right.
type rule struct {
	ID, Description string
	// To are those who get the right by it: each is one alternative.
	To []string
}

// explained makes a page of a refusal, which tells the right that is lacking and
// the rules that give it. Every other error stays what it is.
func (a *area) explained(c *frame.Call, err error, lacking need) (frame.Answer, error) {
	var refused *api.Error
	if !errors.As(err, &refused) || refused.Status != http.StatusForbidden || refused.RequiredLevel != "" {
		return frame.Answer{}, err
	}
	id := c.PathValue("party") + "/" + c.PathValue("guid")
	party, _ := strconv.Atoi(c.PathValue("party")) // an instance has been asked for
	page := refusedPage{
		Text: c.Lacks(lacking.action, lacking.in.AppID, party), Detail: refused.Detail,
		StoryPath: "/story?" + url.Values{"refused": {"1"}, "instance": {id}}.Encode(),
	}
	if lacking.in.AppID == "" && c.Level < usualLevel {
		page.Again = &again{Next: "/inbox/" + id, Level: usualLevel}
	}
	if lacking.task == "" {
		lacking.task = lacking.in.Task()
	}
	if appID := lacking.in.AppID; appID != "" {
		if found, err := c.API().Policy(c.Context(), appID); err == nil {
			page.Known = true
			page.Rules = rulesFor(c, found, appID, lacking)
		}
	}
	return frame.Show("refused", c.T("frame.status.403"), page).WithStatus(http.StatusForbidden), nil
}

// rulesFor lists the rules that permit an action on an instance to somebody.
func rulesFor(c *frame.Call, p *policy.Policy, appID string, lacking need) []rule {
	org, name, _ := strings.Cut(appID, "/")
	request := policy.Request{
		Action: []policy.Attribute{{ID: policy.AttributeAction, Value: lacking.action}},
		Resource: []policy.Attribute{
			{ID: policy.AttributeOrg, Value: org}, {ID: policy.AttributeApp, Value: name},
			{ID: policy.AttributeParty, Value: lacking.in.InstanceOwner.PartyID},
		},
	}
	if lacking.task != "" {
		request.Resource = append(request.Resource, policy.Attribute{ID: policy.AttributeTask, Value: lacking.task})
	}
	descriptions := map[string]string{}
	for _, r := range p.Rules {
		descriptions[r.ID] = r.Description
	}
	var rules []rule
	for _, traced := range p.Evaluate(request).Trace {
		// What fails in the subject alone would permit it to somebody else.
		if traced.Effect != policy.EffectPermit || traced.Failed != policy.Subject {
			continue
		}
		made := rule{ID: traced.RuleID, Description: descriptions[traced.RuleID]}
		for _, alternative := range traced.Wanted {
			var all []string
			for _, attribute := range alternative {
				all = append(all, subject(c, attribute))
			}
			made.To = append(made.To, strings.Join(all, " + "))
		}
		rules = append(rules, made)
	}
	return rules
}

// subject tells whom an attribute of a rule speaks of.
func subject(c *frame.Call, attribute policy.Attribute) string {
	switch attribute.ID {
	case policy.AttributeRoleCode:
		return c.T("subject.role", strings.ToUpper(attribute.Value))
	case policy.AttributeOrg:
		return c.T("service-owner", attribute.Value)
	case policy.AttributeOrganisationNumber:
		return c.T("subject.organisation", attribute.Value)
	case policy.AttributeAccessPackage:
		return c.T("subject.package", attribute.Value)
	}
	return attribute.ID + " = " + attribute.Value
}
