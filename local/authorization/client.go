package authorization

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/timeline"
)

const (
	categoryMinimumLevel    = "urn:altinn:minimum-authenticationlevel"
	categoryMinimumLevelOrg = "urn:altinn:minimum-authenticationlevel-org"
	maxResponse             = 16 << 20 // bytes
)

// Client asks the platform's decision point and applies the rules of Altinn's
// enforcement points to the answers. It keeps no decision: a right that is
// taken away is gone at the next call. It is safe for concurrent use.
type Client struct {
	Platform   string       // base address, such as https://platform.tt02.altinn.no
	HTTPClient *http.Client // not nil
}

// Outcome is what an enforcement point makes of a decision.
type Outcome struct {
	Permitted bool
	// RequiredLevel is the authentication level that the policy demands, where
	// the caller was refused for having too low a level and nothing else.
	RequiredLevel string
	// Undecided says that no decision could be made, of all the questions that were
	// asked together: one that cannot be decided takes the others with it.
	Undecided bool
}

// Decide asks one or more questions on behalf of the caller; the outcomes have
// the order of the questions. An error means that no decision was had.
func (c Client) Decide(ctx context.Context, caller authentication.Principal, questions ...Question) ([]Outcome, error) {
	if len(questions) == 0 {
		return nil, nil
	}
	body, err := json.Marshal(RequestBody{BuildRequest(caller, questions...)})
	if err != nil {
		return nil, fmt.Errorf("ask for decision: %w", err)
	}
	url := c.Platform + "/authorization/api/v1/decision"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ask for decision: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	res, err := c.HTTPClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask for decision: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask for decision: %s answered %d", url, res.StatusCode)
	}
	var answer ResponseBody
	if err := json.NewDecoder(io.LimitReader(res.Body, maxResponse)).Decode(&answer); err != nil {
		return nil, fmt.Errorf("ask for decision: %w", err)
	}
	if len(answer.Response) == 1 && answer.Response[0].Decision == string(policy.Indeterminate) {
		return slices.Repeat([]Outcome{{Undecided: true}}, len(questions)), nil
	}
	if len(answer.Response) != len(questions) {
		return nil, fmt.Errorf("ask for decision: asked %d questions, got %d answers", len(questions), len(answer.Response))
	}
	outcomes := make([]Outcome, len(questions))
	for i, result := range answer.Response {
		outcomes[i] = Enforce(result, caller)
		if outcomes[i].RequiredLevel != "" {
			timeline.Note(ctx, LevelTooLow{Action: questions[i].Action, Required: lowestLevel(result, caller), Level: caller.AuthLevel})
		}
	}
	return outcomes, nil
}

// LevelTooLow is noted in the timeline where the policy permits an action and the
// caller has logged in at too low a level for it.
type LevelTooLow struct {
	Action   string
	Required string // that would be enough for the caller, 0 to 4, as the policy writes it
	Level    int    // the caller's
}

// Enforce permits what was decided Permit, provided that the caller has the
// authentication level that the obligations demand. A caller with an org claim
// may meet the level for organisations instead.
func Enforce(result Result, caller authentication.Principal) Outcome {
	if result.Decision != "Permit" {
		return Outcome{}
	}
	required, ok := minimumLevel(result.Obligations, categoryMinimumLevel)
	if !ok || meets(caller.AuthLevel, required) {
		return Outcome{Permitted: true}
	}
	if forOrg, ok := minimumLevel(result.Obligations, categoryMinimumLevelOrg); ok && caller.Org != "" && meets(caller.AuthLevel, forOrg) {
		return Outcome{Permitted: true}
	}
	return Outcome{RequiredLevel: required}
}

// lowestLevel is the one that would be enough for the caller, of those that the
// obligations demand of it.
func lowestLevel(result Result, caller authentication.Principal) string {
	required, _ := minimumLevel(result.Obligations, categoryMinimumLevel)
	forOrg, ok := minimumLevel(result.Obligations, categoryMinimumLevelOrg)
	if level, err := strconv.Atoi(forOrg); ok && err == nil && caller.Org != "" && !meets(level, required) {
		return forOrg
	}
	return required
}

func minimumLevel(obligations []Obligation, category string) (string, bool) {
	for _, o := range obligations {
		for _, a := range o.Assignments {
			if a.Category == category {
				return a.Value, true
			}
		}
	}
	return "", false
}

func meets(level int, required string) bool {
	n, err := strconv.Atoi(required)
	return err == nil && level >= n
}
