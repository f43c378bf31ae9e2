package apphost_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/secret"
)

// TestStatelessData: forms that are stored nowhere, with what the registers know.
func TestStatelessData(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withFolder(receiving, func(f *app.Folder) {
		f.Prefill = map[string][]byte{"sak": []byte(`{"ER":{"Name":"Sak.Soker"}}`)}
	}))
	ask := func(token, method, query, party, body string) reply {
		h := http.Header{"Content-Type": {"application/json"}}
		if party != "" {
			h.Set("party", party)
		}
		return w.send(token, method, receiving+"/v1/data"+query, h, strings.NewReader(body))
	}
	agency := w.agency()
	maret, _ := w.parties.ByID(maretParty)
	for party, want := range map[string]int{
		"":                                     http.StatusOK, // the caller's own
		"partyid:" + strconv.Itoa(agencyParty): http.StatusOK,
		"PartyId:" + strconv.Itoa(agencyParty): http.StatusOK,
		"org:" + agencyNumber:                  http.StatusOK,
		"person:" + maret.SSN:                  http.StatusOK,
		"PERSON:" + maret.SSN:                  http.StatusOK,
		"person:1":                             http.StatusBadRequest,
		"org:999999999":                        http.StatusBadRequest,
		"partyid:1":                            http.StatusBadRequest,
		"name:x":                               http.StatusBadRequest,
		"partyid":                              http.StatusBadRequest,
		"org:" + agencyNumber + ",org:1":       http.StatusBadRequest,
	} {
		if r := ask(agency, http.MethodGet, "?dataType=sak", party, ""); r.status != want {
			t.Errorf("party %q: status %d, want %d; %s", party, r.status, want, r.body)
		}
	}
	if form := ask(agency, http.MethodGet, "?dataType=sak", "", "").want(http.StatusOK).body; !strings.Contains(form, `"Soker":"Ferdselstilsynet"`) {
		t.Errorf("without the register: %s", form)
	}
	if form := ask(agency, http.MethodPost, "?dataType=sak", "", `{"Sak":{"Tittel":"a","Soker":"b"}}`).want(http.StatusOK).body; !strings.Contains(form, `"Tittel":"a"`) || !strings.Contains(form, `"Soker":"b"`) {
		t.Errorf("sent: %s", form)
	}
	ask("", http.MethodGet, "?dataType=sak", "", "").wantEmpty(http.StatusUnauthorized)
	ask(w.maret(), http.MethodGet, "?dataType=sak", "", "").wantEmpty(http.StatusForbidden)
	for _, dataType := range []string{"", "?dataType=nothing", "?dataType=vedlegg"} {
		ask(agency, http.MethodGet, dataType, "", "").wantText(http.StatusBadRequest, "Invalid dataType")
		ask("", http.MethodGet, "/anonymous"+dataType, "", "").wantText(http.StatusBadRequest, "Invalid dataType")
	}
	ask(agency, http.MethodPost, "?dataType=sak", "", `[]`).wantText(http.StatusBadRequest, "")
	ask(agency, http.MethodGet, "?dataType=sak&prefill=%7B%7D", "", "").wantProblem(http.StatusBadRequest, "Validation error")
	if form := ask("", http.MethodGet, "/anonymous?dataType=sak", "", "").want(http.StatusOK).body; !strings.Contains(form, `"Sak":null`) {
		t.Errorf("anonymous: %s", form)
	}
	ask("", http.MethodPost, "/anonymous?dataType=sak", "", `{"Sak":{"Tittel":"a"}}`).want(http.StatusOK)
	if left := w.stored(receiving); len(left) != 0 {
		t.Errorf("%d instances were stored", len(left))
	}
}

// TestEventsReceiver: the code comes first, then the type.
func TestEventsReceiver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(s *settings) {
		s.host.EventCode = func(context.Context) (secret.String, error) { return secret.New("kode"), nil }
	})
	post := func(code, body string) reply {
		return w.json("", http.MethodPost, receiving+"/api/v1/eventsreceiver"+code, body)
	}
	post("", `{"type":"a"}`).wantEmpty(http.StatusUnauthorized)
	post("?code=feil", `{}`).wantEmpty(http.StatusUnauthorized)
	post("?code=kode", `{}`).wantEmpty(http.StatusBadRequest)
	post("?code=kode", `{`).want(http.StatusBadRequest)
	post("?code=kode", `{"type":"app.instance.created"}`).wantText(http.StatusBadRequest, "No eventhandler found that supports app.instance.created")
	post("?code=kode", `{"type":"platform.events.validatesubscription"}`).wantEmpty(http.StatusOK)
	without := newWorld(t)
	without.json("", http.MethodPost, receiving+"/api/v1/eventsreceiver?code=kode", `{"type":"a"}`).wantEmpty(http.StatusInternalServerError)
}

// TestNotification: what is to be sent is read and checked in both creates.
func TestNotification(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	const texts = `{"nb":"a","nn":"b","en":"c"}`
	for name, c := range map[string]struct {
		notification string
		right        bool
	}{
		"empty":                {`{}`, true},
		"everything":           {`{"notificationChannel":"Sms","allowSendingAfterWorkHours":true,"language":"nb","requestedSendTime":"2027-03-02T10:00:00Z","customSms":{"senderName":"FTS","text":` + texts + `},"customEmail":{"subject":` + texts + `,"body":` + texts + `},"reminders":[{"sendAfterDays":7}]}`, true},
		"an unknown channel":   {`{"notificationChannel":"Pigeon"}`, false},
		"a text too few":       {`{"customSms":{"senderName":"FTS","text":{"nb":"a"}}}`, false},
		"no sender":            {`{"customSms":{"text":` + texts + `}}`, false},
		"no body":              {`{"customEmail":{"subject":` + texts + `}}`, false},
		"a wrong reminder":     {`{"reminders":[{"customEmail":{}}]}`, false},
		"another type":         {`{"reminders":[{"sendAfterDays":"7"}]}`, false},
		"an impossible moment": {`{"requestedSendTime":"soon"}`, false},
	} {
		want := http.StatusBadRequest
		if c.right {
			want = http.StatusCreated
		}
		body := `{"instanceOwner":{"organisationNumber":"` + agencyNumber + `"},"notification":` + c.notification + `}`
		if r := w.json(w.agency(), http.MethodPost, receiving+"/instances/create", body); r.status != want {
			t.Errorf("%s, simplified: status %d; %s", name, r.status, r.body)
		}
		if r := w.multipart(w.agency(), receiving, template(""), part{"notification", "", "application/json", c.notification}); r.status != want {
			t.Errorf("%s, multipart: status %d; %s", name, r.status, r.body)
		}
	}
	w.multipart(w.agency(), receiving, template(""), part{"notification", "", "application/json", `{} x`}).wantText(http.StatusBadRequest, "The notification cannot be read")
}
