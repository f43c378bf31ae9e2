package probes

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Run runs the suite. Instances that it creates are removed where the policy
// lets the organisation delete.
func Run(t *testing.T, target Target) {
	owner := fmt.Sprintf(`"instanceOwner":{"organisationNumber":%q}`, target.Recipient)
	create := func(rest string) string { return "{" + owner + rest + "}" }

	t.Run("a token is needed", func(t *testing.T) {
		if got := target.create(t, "", create("")); got.status != http.StatusUnauthorized || len(got.body) != 0 {
			t.Errorf("answers %d %q, want 401 and nothing", got.status, got.body)
		}
	})
	t.Run("a person without a role is refused with an empty body", func(t *testing.T) {
		if got := target.create(t, target.PersonToken, create("")); got.status != http.StatusForbidden || len(got.body) != 0 {
			t.Errorf("answers %d %q, want 403 and nothing", got.status, got.body)
		}
	})
	t.Run("the organisation creates an instance", func(t *testing.T) {
		made := target.mustCreate(t, target.orgToken(t), create(""))
		if made.location == "" || made.location != made.SelfLinks.Apps {
			t.Errorf("Location is %q, selfLinks.apps is %q", made.location, made.SelfLinks.Apps)
		}
	})
	t.Run("an unknown organisation is not found", func(t *testing.T) {
		got := target.create(t, target.orgToken(t), fmt.Sprintf(`{"instanceOwner":{"organisationNumber":%q}}`, unknownOrganisation))
		wantText(t, got, http.StatusNotFound, "Cannot lookup party")
	})
	t.Run("prefill reaches the model and an unknown key is ignored", func(t *testing.T) {
		token := target.orgToken(t)
		made := target.mustCreate(t, token, create(fmt.Sprintf(`,"prefill":{%q:"probe čáŋ","No.Such.Field":"x"}`, target.Field)))
		form := target.do(t, http.MethodGet, target.Receiving+"/instances/"+made.ID+"/data/"+made.element(t, target.Model), token, "", nil)
		if form.status != http.StatusOK || !strings.Contains(string(form.body), "probe čáŋ") || strings.Contains(string(form.body), "Such") {
			t.Errorf("the model is %d %s", form.status, form.body)
		}
	})
	t.Run("a prefill value that is no text is refused", func(t *testing.T) {
		if got := target.create(t, target.orgToken(t), create(`,"prefill":{"x":1}`)); got.status != http.StatusBadRequest {
			t.Errorf("answers %d %s, want 400", got.status, got.body)
		}
	})
	t.Run("a party id that is a number is refused", func(t *testing.T) {
		if got := target.create(t, target.orgToken(t), `{"instanceOwner":{"partyId":1}}`); got.status != http.StatusBadRequest {
			t.Errorf("answers %d %s, want 400", got.status, got.body)
		}
	})
	t.Run("an owner is needed", func(t *testing.T) {
		if got := target.create(t, target.orgToken(t), `{}`); got.status != http.StatusBadRequest {
			t.Errorf("answers %d %s, want 400", got.status, got.body)
		}
	})
	t.Run("creating is not idempotent", func(t *testing.T) {
		token := target.orgToken(t)
		if first, second := target.mustCreate(t, token, create("")), target.mustCreate(t, token, create("")); first.ID == second.ID {
			t.Errorf("two requests gave the one instance %s", first.ID)
		}
	})
	t.Run("dataValues of a multipart create are in the list at once", func(t *testing.T) { target.probeStamp(t, owner) })
	t.Run("a part of a type that is not allowed is refused", func(t *testing.T) {
		body, contentType := multipartBody(t,
			part{name: "instance", contentType: "application/json", content: create("")},
			part{name: target.Attachment, filename: "note.txt", contentType: "text/plain", content: "hello"})
		got := target.do(t, http.MethodPost, target.Receiving+"/instances", target.orgToken(t), contentType, body)
		wantText(t, got, http.StatusBadRequest, "Error when comparing content to application metadata: ")
	})
	t.Run("a part of an unknown data type is refused", func(t *testing.T) {
		body, contentType := multipartBody(t,
			part{name: "instance", contentType: "application/json", content: create("")},
			part{name: "no-such-type", filename: "a.pdf", contentType: "application/pdf", content: "%PDF-"})
		got := target.do(t, http.MethodPost, target.Receiving+"/instances", target.orgToken(t), contentType, body)
		wantText(t, got, http.StatusBadRequest, "Error when comparing content to application metadata: ")
	})
	t.Run("listing needs the read scope", func(t *testing.T) {
		got := target.list(t, target.OrgToken(t, writeScope), url.Values{"appId": {target.ReceivingID}})
		if got.status != http.StatusForbidden {
			t.Errorf("answers %d %s, want 403", got.status, got.body)
		}
	})
	t.Run("listing needs an org or an application", func(t *testing.T) {
		if got := target.list(t, target.orgToken(t), nil); got.status != http.StatusBadRequest {
			t.Errorf("answers %d %s, want 400", got.status, got.body)
		}
	})
	t.Run("a task is confirmed only by who may", func(t *testing.T) { target.probeConfirmation(t) })
}

// probeStamp is the base of the handover: the stamp is stored in the same write
// as the instance.
func (target Target) probeStamp(t *testing.T, owner string) {
	token := target.orgToken(t)
	stamp := fmt.Sprintf("probe-%d", time.Now().UnixNano())
	body, contentType := multipartBody(t, part{
		name: "instance", contentType: "application/json",
		content: fmt.Sprintf(`{%s,"dataValues":{"stafett.probe":%q}}`, owner, stamp),
	})
	since := time.Now().Add(-5 * time.Minute).UTC().Format(time.RFC3339)
	made := target.created(t, token, target.do(t, http.MethodPost, target.Receiving+"/instances", token, contentType, body))
	query := url.Values{"appId": {target.ReceivingID}, "lastChanged": {"gte:" + since}, "size": {"50"}}
	address := target.Platform + "/storage/api/v1/instances?" + query.Encode()
	for range 100 {
		got := target.do(t, http.MethodGet, address, token, "", nil)
		if got.status != http.StatusOK {
			t.Fatalf("list answers %d %s", got.status, got.body)
		}
		var page struct {
			Next      string     `json:"next"`
			Instances []instance `json:"instances"`
		}
		decode(t, got.body, &page)
		for _, found := range page.Instances {
			if found.DataValues["stafett.probe"] == stamp {
				if !strings.HasSuffix(made.ID, lastSegment(found.ID)) {
					t.Errorf("the stamp stands on %s, not on %s", found.ID, made.ID)
				}
				return
			}
		}
		if page.Next == "" {
			break
		}
		address = page.Next
	}
	t.Errorf("no instance in the list carries the stamp")
}

func lastSegment(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

// probeConfirmation takes an instance of the original form to its confirmation
// and lets others than its owner try.
func (target Target) probeConfirmation(t *testing.T) {
	got := target.do(t, http.MethodPost, target.Original+"/instances/create", target.PersonToken, "application/json",
		strings.NewReader(fmt.Sprintf(`{"instanceOwner":{"partyId":"%d"}}`, target.PersonParty)))
	if got.status != http.StatusCreated {
		t.Fatalf("create answers %d %s, want 201", got.status, got.body)
	}
	var made instance
	decode(t, got.body, &made)
	t.Cleanup(func() { target.remove(t, target.Original, made.ID, target.PersonToken) })
	next := target.Original + "/instances/" + made.ID + "/process/next"
	for who, token := range map[string]string{"a stranger": target.StrangerToken, "nobody": ""} {
		want := http.StatusForbidden
		if token == "" {
			want = http.StatusUnauthorized
		}
		if got := target.do(t, http.MethodPut, next, token, "application/json", strings.NewReader(`{"action":"confirm"}`)); got.status != want {
			t.Errorf("%s confirms: %d %s, want %d", who, got.status, got.body, want)
		}
	}
	// A form that lacks its required answers cannot be sent in, and says why.
	got = target.do(t, http.MethodPut, next, target.PersonToken, "application/json", strings.NewReader(`{}`))
	if got.status != http.StatusConflict || !strings.Contains(string(got.body), "validationIssues") {
		t.Errorf("an empty form is sent in: %d %s, want 409 with validation issues", got.status, got.body)
	}
}
