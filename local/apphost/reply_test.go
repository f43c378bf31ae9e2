package apphost_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// reply is an answer, read whole.
type reply struct {
	t      testing.TB
	status int
	header http.Header
	body   string
}

// send sends a request to an application, or to the platform if the path begins
// with https.
func (w *world) send(token, method, path string, header http.Header, body io.Reader) reply {
	w.t.Helper()
	address := path
	if !strings.HasPrefix(path, "https://") {
		address = "https://" + appsHost + "/" + path
	}
	r, err := http.NewRequest(method, address, body)
	must(w.t, err)
	for name, values := range header {
		r.Header[name] = values
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := w.client.Do(r)
	must(w.t, err)
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	must(w.t, err)
	return reply{w.t, resp.StatusCode, resp.Header, string(content)}
}

func (w *world) json(token, method, path, body string) reply {
	w.t.Helper()
	if body == "" {
		return w.send(token, method, path, nil, nil)
	}
	return w.send(token, method, path, http.Header{"Content-Type": {"application/json"}}, strings.NewReader(body))
}

// create makes an instance of an application through instances/create.
func (w *world) create(token, appID, body string) instance {
	w.t.Helper()
	r := w.json(token, http.MethodPost, appID+"/instances/create", body)
	r.want(http.StatusCreated)
	return r.instance()
}

func (r reply) want(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("status %d, want %d; body %q", r.status, status, r.body)
	}
	return r
}

// wantEmpty demands a status with no body at all.
func (r reply) wantEmpty(status int) {
	r.t.Helper()
	r.want(status)
	if r.body != "" {
		r.t.Errorf("body %q, want none", r.body)
	}
}

// wantText demands a JSON string with a prefix.
func (r reply) wantText(status int, prefix string) string {
	r.t.Helper()
	r.want(status)
	if got := r.header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		r.t.Errorf("content type %q", got)
	}
	var text string
	if err := json.Unmarshal([]byte(r.body), &text); err != nil || !strings.HasPrefix(text, prefix) {
		r.t.Errorf("body %q, want a JSON string beginning with %q", r.body, prefix)
	}
	return text
}

// wantProblem demands a problem with a title.
func (r reply) wantProblem(status int, title string) map[string]any {
	r.t.Helper()
	r.want(status)
	var p map[string]any
	if err := json.Unmarshal([]byte(r.body), &p); err != nil || p["title"] != title || p["status"] != float64(status) {
		r.t.Errorf("body %q, want a problem with title %q", r.body, title)
	}
	return p
}

func (r reply) into(v any) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.body), v); err != nil {
		r.t.Fatalf("read %q: %v", r.body, err)
	}
}

// instance is an instance as a client reads it from an application.
type instance struct {
	ID            string `json:"id"`
	InstanceOwner struct {
		PartyID            string  `json:"partyId"`
		PersonNumber       *string `json:"personNumber"`
		OrganisationNumber *string `json:"organisationNumber"`
		Party              *struct {
			PartyID  int    `json:"partyId"`
			TypeName int    `json:"partyTypeName"`
			Name     string `json:"name"`
		} `json:"party"`
	} `json:"instanceOwner"`
	SelfLinks struct{ Apps, Platform string } `json:"selfLinks"`
	Process   struct {
		CurrentTask *struct {
			ElementID string `json:"elementId"`
			Flow      int    `json:"flow"`
		} `json:"currentTask"`
		Ended *time.Time `json:"ended"`
	} `json:"process"`
	Status struct {
		ReadStatus    int  `json:"readStatus"`
		IsArchived    bool `json:"isArchived"`
		IsSoftDeleted bool `json:"isSoftDeleted"`
		IsHardDeleted bool `json:"isHardDeleted"`
		Substatus     *struct{ Label string }
	} `json:"status"`
	Data              []element         `json:"data"`
	PresentationTexts map[string]string `json:"presentationTexts"`
	DataValues        map[string]string `json:"dataValues"`
	CreatedBy         string            `json:"createdBy"`
	DueBefore         *time.Time        `json:"dueBefore"`
}

type element struct {
	ID          string              `json:"id"`
	DataType    string              `json:"dataType"`
	Filename    *string             `json:"filename"`
	ContentType string              `json:"contentType"`
	Size        int64               `json:"size"`
	Locked      bool                `json:"locked"`
	References  []map[string]string `json:"references"`
}

func (r reply) instance() instance {
	r.t.Helper()
	var in instance
	r.into(&in)
	return in
}

// of finds the only element of a data type.
func (in instance) of(t testing.TB, dataType string) element {
	t.Helper()
	var found []element
	for _, e := range in.Data {
		if e.DataType == dataType {
			found = append(found, e)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d elements of %s, want 1", len(found), dataType)
	}
	return found[0]
}

func (w *world) get(token, appID, id string) instance {
	w.t.Helper()
	return w.json(token, http.MethodGet, appID+"/instances/"+id, "").want(http.StatusOK).instance()
}

// stored lists the instances of an application in Storage, hard-deleted ones too.
func (w *world) stored(appID string) []instance {
	w.t.Helper()
	w.alone()
	var list struct{ Instances []struct{ ID string } }
	w.json(w.agency(), http.MethodGet, "https://"+platformHost+"/storage/api/v1/instances?appId="+appID, "").want(http.StatusOK).into(&list)
	out := make([]instance, len(list.Instances))
	for i, in := range list.Instances {
		out[i].ID = in.ID
	}
	return out
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ownerOf(partyID int) string {
	return `{"instanceOwner":{"partyId":"` + strconv.Itoa(partyID) + `"}}`
}

func ownerNumber(number string) string {
	return `{"instanceOwner":{"organisationNumber":"` + number + `"}}`
}
