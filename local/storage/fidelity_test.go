package storage_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/storage"
)

// TestMissingInstance: endpoints that ask for the right before they look answer
// 403 for what is not there; the others each have their own 404.
func TestMissingInstance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	const guid = "00000000-0000-4000-8000-000000000000"
	const at = base + "/instances/70001/" + guid
	const element = "/data/" + guid
	for _, tc := range []struct {
		method, path, body string
		status             int
		text               string // empty: no body; a title for a problem
	}{
		{"GET", "", "", 404, "Unable to find instance " + guid},
		{"DELETE", "", "", 403, ""},
		{"POST", "/complete", "", 403, ""},
		{"PUT", "/readstatus?status=Read", "", 403, ""},
		{"PUT", "/substatus", `{"label":"x"}`, 404, "Unable to find instance 70001/" + guid + "."},
		{"PUT", "/presentationtexts", `{"texts":{}}`, 404, "Unable to find instance 70001/" + guid + "."},
		{"PUT", "/datavalues", `{"values":{}}`, 404, "Unable to find instance 70001/" + guid + "."},
		{"PUT", "/datavalues", `{}`, 400, "Missing parameter value: dataValues is misformed or empty"},
		{"POST", "/sign", `{}`, 403, ""},
		{"POST", "/lock", `{}`, 404, "Instance not found."},
		{"POST", "/lock", `{"ttlSeconds":-1}`, 400, "TtlSeconds cannot be negative."},
		{"POST", "/data?dataType=vedlegg", "x", 403, ""},
		{"GET", element, "", 404, "Unable to find any instance with id: 70001/" + guid + "."},
		{"PUT", element, "x", 403, ""},
		{"DELETE", element, "", 403, ""},
		{"PUT", element + "/lock", "", 403, ""},
		{"DELETE", element + "/lock", "", 403, ""},
		{"GET", "/dataelements", "", 404, "Unable to find any instance with id: 70001/" + guid + "."},
		{"PUT", "/dataelements/" + guid, "{}", 403, ""},
		{"PUT", "/process", "{}", 404, "Not Found"},
		{"PUT", "/process/instanceandevents", `{"state":{}}`, 404, "Not Found"},
		{"GET", "/process/history", "", 403, ""},
		{"GET", "/events", "", 403, ""},
		{"POST", "/events", "{}", 403, ""},
	} {
		got := w.call(tc.method, at+tc.path, token, tc.body)
		if got.StatusCode != tc.status || tc.text == "" && got.body != "" || !strings.Contains(got.body, tc.text) {
			t.Errorf("%s %s: %d %q, want %d %q", tc.method, tc.path, got.StatusCode, got.body, tc.status, tc.text)
		}
	}
	// What has not the form of an id is no address at all.
	for _, path := range []string{"/instances/fts/" + guid, "/instances/70001/1", "/instances/1", "/instances/70001/" + guid + "/data/1", "/nothing"} {
		w.wantEmpty(404, w.call("GET", base+path, token, nil))
	}
	w.wantEmpty(405, w.call("PATCH", at, token, nil))
}

// TestDeletedDataIsForTheOwner: what waits for its removal is shown to the
// service owner alone.
func TestDeletedDataIsForTheOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apps[lenient].Metadata.DataTypes = append(w.apps[lenient].Metadata.DataTypes,
		app.DataType{ID: "kladd", AppLogic: &app.AppLogic{AutoDeleteOnProcessEnd: true}})
	owner, person := w.fts(), w.person(kari)
	i := w.create(lenient, owner, template(karisParty))
	e := w.upload(i.ID, owner, "kladd", "bytes", "")
	at := base + "/instances/" + i.ID
	element := at + "/data/" + e.ID
	w.wantInvalid(w.call("DELETE", element+"?delay=perhaps", owner, nil))
	w.want(200, w.call("DELETE", element+"?delay=true", owner, nil))
	w.advance(time.Second)
	again := decode[storage.DataElement](w, w.want(200, w.call("DELETE", element+"?delay=true", owner, nil)))
	if again.DeleteStatus.HardDeleted.Equal(w.now()) {
		t.Error("deleted a second time")
	}
	w.wantText(409, w.call("PUT", element, owner, "new"))

	for token, want := range map[string]int{owner: 1, person: 0} {
		all := decode[struct{ DataElements []storage.DataElement }](w, w.want(200, w.call("GET", at+"/dataelements", token, nil)))
		page := w.list(token, "instanceOwner.partyId=50011&appId="+lenient)
		if got := w.get(i.ID, token); len(got.Data) != want || len(all.DataElements) != want || len(page.Instances[0].Data) != want {
			t.Errorf("%d, %d and %d elements, want %d", len(got.Data), len(all.DataElements), len(page.Instances[0].Data), want)
		}
	}
	w.wantProblem(404, w.call("GET", element, person, nil))
	w.wantProblem(404, w.call("DELETE", element, person, nil))
	w.want(200, w.call("GET", element, owner, nil))
	w.want(200, w.call("DELETE", element, owner, nil))
	w.wantText(404, w.call("GET", element, owner, nil))
}

// TestReplacedDataIsUnread: what the service owner replaces nobody has read, and
// an instance of which nothing is read is unread.
func TestReplacedDataIsUnread(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner, person := w.fts(), w.person(kari)
	i := w.create(lenient, owner, template(karisParty))
	first := w.upload(i.ID, person, "vedlegg", "bytes", "")
	second := w.upload(i.ID, person, "vedlegg", "bytes", "")
	at := base + "/instances/" + i.ID
	w.want(200, w.call("PUT", at+"/readstatus?status=Read", person, nil))
	for _, step := range []struct {
		element, token, status string
		read                   bool
	}{
		{first.ID, person, "Read", true}, {first.ID, owner, "Read", false}, {second.ID, owner, "Unread", false},
	} {
		got := decode[storage.DataElement](w, w.want(200, w.call("PUT", at+"/data/"+step.element, step.token, "new")))
		if status := w.get(i.ID, owner).Status.ReadStatus; status != step.status || got.IsRead != step.read {
			t.Errorf("%s, element read %t; want %s, %t", status, got.IsRead, step.status, step.read)
		}
	}
}

// TestMultipartUpload: the first part alone is stored, with its own headers.
func TestMultipartUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	i := w.create(receiving, token, template(ferdsel))
	const body = "--b\r\nContent-Type: image/png\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\nfirst\r\n" +
		"--b\r\n\r\nsecond\r\n--b--\r\n"
	at := base + "/instances/" + i.ID + "/data"
	e := decode[storage.DataElement](w, w.want(201, w.call("POST", at+"?dataType=vedlegg", token, body, "Content-Type", "multipart/form-data; boundary=b")))
	if e.ContentType != "image/png" || e.Filename != "a.png" || e.Size != 5 {
		t.Errorf("element %+v", e)
	}
	if got := w.want(200, w.call("GET", at+"/"+e.ID, token, nil)); got.body != "first" {
		t.Errorf("content %q", got.body)
	}
	w.wantText(400, w.call("POST", at+"?dataType=vedlegg", token, "no part", "Content-Type", "multipart/form-data; boundary=b"))
}

// TestFilenames: a file is named twice, for readers old and new.
func TestFilenames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	i := w.create(receiving, token, template(ferdsel))
	at := base + "/instances/" + i.ID + "/data"
	for sent, want := range map[string]string{
		`attachment; filename=kart.pdf`:                    `attachment; filename=kart.pdf; filename*=UTF-8''kart.pdf`,
		`attachment; filename="to kart.pdf"`:               `attachment; filename="to kart.pdf"; filename*=UTF-8''to%20kart.pdf`,
		`attachment; filename=x; filename*=UTF-8''%C3%A5&`: `attachment; filename=_&; filename*=UTF-8''%C3%A5&`,
		``: ``,
	} {
		e := decode[storage.DataElement](w, w.want(201, w.call("POST", at+"?dataType=vedlegg", token, "x", "Content-Disposition", sent)))
		if got := w.want(200, w.call("GET", at+"/"+e.ID, token, nil)).Header.Get("Content-Disposition"); got != want {
			t.Errorf("%q: %q, want %q", sent, got, want)
		}
	}
}
