package authentication

import (
	"encoding/json"
	"net/http"
)

// Org is one service owner.
type Org struct {
	Code   string            // such as "fts"
	Number string            // nine digits
	Name   map[string]string // by language: nb, nn, en
}

// OrgList is the list of service owners that the platform knows. As a handler
// it serves the document at https://altinncdn.no/orgs/altinn-orgs.json,
// whatever the path. It must not be changed while in use.
type OrgList []Org

// Code finds the code of the service owner with an organisation number.
func (l OrgList) Code(number string) (string, bool) {
	for _, o := range l {
		if o.Number == number {
			return o.Code, true
		}
	}
	return "", false
}

// Number finds the organisation number of the service owner with a code.
func (l OrgList) Number(code string) (string, bool) {
	for _, o := range l {
		if o.Code == code {
			return o.Number, true
		}
	}
	return "", false
}

// ServeHTTP serves the list to GET, open to everybody.
func (l OrgList) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	type entry struct {
		Name         map[string]string `json:"name"`
		Number       string            `json:"orgnr"`
		Environments []string          `json:"environments"`
	}
	doc := struct {
		Orgs map[string]entry `json:"orgs"`
	}{map[string]entry{}}
	for _, o := range l {
		name := o.Name
		if name == nil {
			name = map[string]string{}
		}
		doc.Orgs[o.Code] = entry{name, o.Number, []string{"tt02", "production"}}
	}
	writeJSON(w, http.StatusOK, doc)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	// A failed write means that the caller has gone.
	_ = json.NewEncoder(w).Encode(v)
}
