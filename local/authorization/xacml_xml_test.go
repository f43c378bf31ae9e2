package authorization_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/authorization"
)

// xacml writes a request in XML for a manager of Ferdselstilsynet.
func xacml(attributes, action, app string) string {
	const stringType = `DataType="http://www.w3.org/2001/XMLSchema#string"`
	one := func(id, value, include string) string {
		return `<Attribute AttributeId="` + id + `" IncludeInResult="` + include + `"><AttributeValue ` + stringType + `>` + value + `</AttributeValue></Attribute>`
	}
	return `<?xml version="1.0" encoding="utf-8"?>
<Request xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" ` + attributes + `>
<Attributes Category="` + authorization.CategorySubject + `">` + one("urn:altinn:userid", "20011", "false") + `</Attributes>
<Attributes Category="` + authorization.CategoryResource + `">` + one("urn:altinn:org", "fts", "false") + one("urn:altinn:app", app, "false") + one("urn:altinn:partyid", "70001", "true") + `</Attributes>
<Attributes Category="` + authorization.CategoryAction + `">` + one(actionID, action, "false") + `</Attributes>
<Attributes Category="urn:oasis:names:tc:xacml:3.0:attribute-category:environment"/>
</Request>`
}

const plain = `ReturnPolicyIdList="false" CombinedDecision="false"`

func (w *world) postXML(t *testing.T, body string) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, decisionURL, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/xml")
	rec := httptest.NewRecorder()
	w.server.ServeHTTP(rec, r)
	// The platform makes the document as a string, and names it as one.
	if rec.Code != http.StatusOK || rec.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Fatalf("%d %s", rec.Code, rec.Header())
	}
	return rec.Body.String()
}

// TestXMLIsAnsweredInXML holds the form of the answer to what the platform's
// source writes.
func TestXMLIsAnsweredInXML(t *testing.T) {
	t.Parallel()
	w := newWorld(t, os.DirFS("testdata"))
	for name, body := range map[string]string{
		"permit.xml":        xacml(plain, "read", "saksmottak"),
		"notapplicable.xml": xacml(plain, "instantiate", "saksmottak"),
		"syntaxerror.xml":   "<Request",
	} {
		got := w.postXML(t, body)
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, []byte(got+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got+"\n" != string(want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestXMLThatIsNoRequestIsIndeterminate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, os.DirFS("testdata"))
	for name, body := range map[string]string{
		"another namespace":          strings.Replace(xacml(plain, "read", "saksmottak"), "wd-17", "wd-18", 1),
		"another element":            strings.NewReplacer("<Request", "<Policy", "</Request", "</Policy").Replace(xacml(plain, "read", "saksmottak")),
		"no CombinedDecision":        xacml(`ReturnPolicyIdList="false"`, "read", "saksmottak"),
		"no ReturnPolicyIdList":      xacml(`CombinedDecision="false"`, "read", "saksmottak"),
		"several decisions in one":   xacml(`ReturnPolicyIdList="false" CombinedDecision="true"`, "read", "saksmottak"),
		"an attribute not described": strings.Replace(xacml(plain, "read", "saksmottak"), ` IncludeInResult="true"`, "", 1),
		"JSON":                       `{"request":{}}`,
		"an unknown application":     xacml(plain, "read", "unknown"),
	} {
		if got := w.postXML(t, body); !strings.Contains(got, "Indeterminate") || !strings.Contains(got, "status:syntax-error") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestOnlyCallersFromOutsideAreToldWhatIsWrong: the internal endpoint says no more
// than that there is something.
func TestOnlyCallersFromOutsideAreToldWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, os.DirFS("testdata"))
	const unknown = `{"request":{"resource":[{"attribute":[{"attributeId":"urn:altinn:org","value":"x"},{"attributeId":"urn:altinn:app","value":"y"}]}]}}`
	_, inside := w.post(t, decisionURL, "", unknown)
	status := inside.Response[0].Status
	if status.StatusCode.Value != "urn:oasis:names:tc:xacml:1.0:status:syntax-error" || status.StatusMessage != "" {
		t.Errorf("inside: %+v", status)
	}
	code, outside := w.post(t, "/authorization/api/v1/authorize", "authorized", unknown)
	if code != http.StatusOK || outside.Response[0].Status.StatusCode.Value != "urn:oasis:names:tc:xacml:1.0:status:processing-error" ||
		!strings.Contains(outside.Response[0].Status.StatusMessage, "x/y") {
		t.Errorf("outside: %d %+v", code, outside)
	}
	if code, _ := w.post(t, "/authorization/api/v1/authorize", "authorized", `<Request/>`); code != http.StatusBadRequest {
		t.Errorf("outside, no JSON: %d", code)
	}
}

// TestMembersAreReadInBothCases sends PascalCase, as the platform's own services
// do, and several decisions at once; the answer is in camelCase and in the order
// asked, and repeats what it was asked to.
func TestMembersAreReadInBothCases(t *testing.T) {
	t.Parallel()
	w := newWorld(t, os.DirFS("testdata"))
	body := `{"Request":{"ReturnPolicyIdList":false,
		"AccessSubject":[{"Id":"s1","Attribute":[{"AttributeId":"urn:altinn:userid","Value":"20011","DataType":"string"}]}],
		"Action":[{"Id":"a1","Attribute":[{"AttributeId":"` + actionID + `","Value":"read"}]},{"Id":"a2","Attribute":[{"AttributeId":"` + actionID + `","Value":"instantiate"}]}],
		"Resource":[{"Id":"r1","Attribute":[{"AttributeId":"urn:altinn:org","Value":"fts"},{"AttributeId":"urn:altinn:app","Value":"saksmottak"},{"AttributeId":"urn:altinn:partyid","Value":"70001","IncludeInResult":true}]}],
		"MultiRequests":{"RequestReference":[{"ReferenceId":["s1","a2","r1"]},{"ReferenceId":["s1","a1","r1"]}]}}}`
	r := httptest.NewRequest(http.MethodPost, decisionURL, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	rec := httptest.NewRecorder()
	w.server.ServeHTTP(rec, r)
	var answer struct {
		Response []struct {
			Decision string
			Category []struct {
				Attribute []struct{ AttributeID, Value string }
			}
		}
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil || len(answer.Response) != 2 {
		t.Fatalf("%v: %s", err, rec.Body)
	}
	if answer.Response[0].Decision != "NotApplicable" || answer.Response[1].Decision != "Permit" {
		t.Errorf("not in the order asked: %s", rec.Body)
	}
	for _, result := range answer.Response {
		if len(result.Category) != 1 || result.Category[0].Attribute[0].Value != "70001" {
			t.Errorf("nothing repeated: %s", rec.Body)
		}
	}
	for _, member := range []string{`"response":`, `"statusCode":`, `"attributeId":`, `"attributeAssignment":`} {
		if !strings.Contains(rec.Body.String(), member) {
			t.Errorf("no %s in %s", member, rec.Body)
		}
	}
}
