package storage_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
)

func TestSign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	w.apps[lenient].Metadata.DataTypes = append(w.apps[lenient].Metadata.DataTypes, app.DataType{ID: "senere", TaskID: "Task_9"})
	i := w.create(lenient, token, template(karisParty))
	e := w.upload(i.ID, token, "vedlegg", "bytes", "")
	at := base + "/instances/" + i.ID
	request := func(change func(map[string]any)) map[string]any {
		body := map[string]any{
			"signatureDocumentDataType": "vedlegg", "generatedFromTask": "Task_1", "signee": map[string]any{"userId": "20011"},
			"dataElementSignatures": []map[string]any{{"dataElementId": e.ID, "signed": true}},
		}
		if change != nil {
			change(body)
		}
		return body
	}
	for range 2 { // the second takes the place of the first
		if got := w.want(201, w.call("POST", at+"/sign", token, request(nil))); got.body != `"SignDocument is created"` {
			t.Errorf("answer %s", got.body)
		}
	}
	other := func(body map[string]any) { body["signee"] = map[string]any{"systemUserId": "s1"} }
	w.want(201, w.call("POST", at+"/sign", token, request(other)))

	data := w.get(i.ID, token).Data
	if len(data) != 3 || data[1].Filename != "vedlegg.json" || data[1].ContentType != "application/json" ||
		len(data[1].References) != 1 || data[1].References[0].Value != "Task_1" {
		t.Fatalf("data %+v", data)
	}
	got := decode[struct {
		ID, InstanceGUID      string
		SigneeInfo            struct{ UserID string }
		DataElementSignatures []struct {
			DataElementID, SHA256Hash string
			Signed                    bool
		}
	}](w, w.want(200, w.call("GET", at+"/data/"+data[1].ID, token, nil)))
	hash := fmt.Sprintf("%x", sha256.Sum256([]byte("bytes")))
	if got.ID != data[1].ID || !strings.HasSuffix(i.ID, got.InstanceGUID) || got.SigneeInfo.UserID != "20011" ||
		len(got.DataElementSignatures) != 1 || got.DataElementSignatures[0].DataElementID != e.ID ||
		got.DataElementSignatures[0].SHA256Hash != hash || !got.DataElementSignatures[0].Signed {
		t.Errorf("document %+v", got)
	}
	if types := eventTypes(w, i.ID, token, "?eventTypes=Signed"); len(types) != 3 {
		t.Errorf("events %v", types)
	}

	w.wantEmpty(403, w.call("POST", at+"/sign", w.person(kari), request(nil)))
	for name, tc := range map[string]struct {
		status int
		change func(map[string]any)
	}{
		"nobody signs":             {400, func(b map[string]any) { b["signee"] = map[string]any{} }},
		"a type that is not there": {405, func(b map[string]any) { b["signatureDocumentDataType"] = "ukjent" }},
		"a type of another task":   {405, func(b map[string]any) { b["signatureDocumentDataType"] = "senere" }},
		"data that is not there":   {404, func(b map[string]any) { b["dataElementSignatures"] = []map[string]any{{"dataElementId": "x"}} }},
	} {
		t.Run(name, func(t *testing.T) {
			w.wantProblem(tc.status, w.call("POST", at+"/sign", token, request(tc.change)))
		})
	}
	if files := blobs(t, w); len(files) != 3 {
		t.Errorf("a refused signature leaves its bytes: %v", files)
	}
}
