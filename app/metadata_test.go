package app_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
)

func TestParseMetadata(t *testing.T) {
	t.Parallel()
	m, err := app.ParseMetadata([]byte("\ufeff" + `{
		"ID": "fts/prove", "Org": "fts", "title": {"nb": "Prøve"}, "ukjent": {"x": [1,],},
		"partyTypesAllowed": {"person": true}, "autoDeleteOnProcessEnd": null, "disallowUserInstantiation": true,
		"preventInstanceDeletionForDays": 30, "copyInstanceSettings": {"enabled": true, "excludedDataTypes": ["a"]},
		"onEntry": {"show": "select-instance"}, "messageBoxConfig": {"hideSettings": {"hideOnTask": ["Task_1"]}},
		"presentationFields": [{"id": "navn", "path": "Navn", "dataTypeId": "skjema"}],
		"dataTypes": [
			{"id": "skjema", "maxSize": null, "AppLogic": {"AutoCreate": true, "ClassRef": "X.Skjema"}, "allowedContributers": ["app:owned", "org:fts"], "allowedContributors": ["org:fts"]},
			{"id": "kart", "maxSize": 10, "maxCount": 3, "enablePdfCreation": false},
		],
	}`))
	if err != nil {
		t.Fatal(err)
	}
	if m.ID != "fts/prove" || m.Org != "fts" || m.Title["nb"] != "Prøve" || !m.PartyTypesAllowed.Person || !m.DisallowUserInstantiation || m.PreventInstanceDeletionFor != 30 ||
		!m.CopyInstance.Enabled || m.OnEntry.Show != "select-instance" || m.MessageBox.HideSettings.HideOnTask[0] != "Task_1" || m.PresentationFields[0].Path != "Navn" {
		t.Errorf("metadata = %+v", m)
	}
	form, ok := m.DataType("skjema")
	if !ok || !form.IsFormData() || !form.AppLogic.AutoCreate || !form.MakesPDF() || !reflect.DeepEqual(form.AllowedContributors, []string{"org:fts", "app:owned"}) {
		t.Errorf("data type = %+v, %t", form, ok)
	}
	if n, limited := form.MaxBytes(); n != 0 || limited {
		t.Errorf("limit = %d, %t", n, limited)
	}
	kart, ok := m.DataType("kart")
	if n, limited := kart.MaxBytes(); !ok || n != 10*1024*1024 || !limited || kart.MakesPDF() || kart.IsFormData() {
		t.Errorf("limit = %d, %t of %+v", n, limited, kart)
	}
	if _, ok := m.DataType("Skjema"); ok {
		t.Error("ids of data types compare exactly")
	}
}

func TestParseMetadataRefuses(t *testing.T) {
	t.Parallel()
	of := func(dataTypes string) string {
		return `{"id": "fts/prove", "org": "fts", "dataTypes": [` + dataTypes + `]}`
	}
	tests := map[string][]string{
		``:                                  {"the file is empty"},
		`[]`:                                {"a JSON array stands where something else is expected"},
		`{"id": "a/b" // hva}`:              {"line 1: "},
		"{\n\"id\": 5}":                     {`line 2: "id" is a JSON number, which does not fit`},
		"{\n\n\"id\": }":                    {"line 3: "},
		`{}`:                                {`there is no "id"`},
		`{"id": "prove"}`:                   {`the id "prove" is not of the form`},
		`{"id": "fts/Prøve"}`:               {"lower-case letters"},
		`{"id": "fts/prove"}`:               {`there is no "org"; it should be "fts"`},
		`{"id": "fts/prove", "org": "ttd"}`: {`the org is "ttd", but the id "fts/prove" begins with "fts"`},
		of(`{}, {"id": "a"}, {"id": "a"}`):  {"data type number 1 has no id", `the data type "a" is there twice`},
		of("\n" + `{"id": "a", "maxSize": "10"}`):                                           {`data type "a": "maxSize" is a JSON string, which does not fit`},
		of(`{"id": "a", "maxSize": -1}`):                                                    {`the data type "a" has a negative count or size`},
		of(`{"id": "a", "maxSize": 2147483648}`):                                            {`the data type "a" has a count or size above 2147483647`},
		of(`{"id": "a", "minCount": 2147483648}`):                                           {`the data type "a" has a count or size above 2147483647`},
		of(`{"id": "a", "minCount": 2, "maxCount": 1}`):                                     {`needs at least 2 elements and allows at most 1`},
		`{"id": "a/b", "org": "a", "dataFields": [{"id": "x", "dataTypeId": "m"}]}`:         {`the data field "x" reads the data type "m"`},
		`{"id": "a/b", "org": "a", "presentationFields": [{"id": "x", "dataTypeId": "m"}]}`: {`the presentation field "x" reads the data type "m"`},
	}
	for text, wants := range tests {
		_, err := app.ParseMetadata([]byte(text))
		for _, want := range wants {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v; want an error with %q", text, err, want)
			}
		}
	}
}

func TestAllowsContentType(t *testing.T) {
	t.Parallel()
	pdf := app.DataType{AllowedContentTypes: []string{"application/pdf", "image/png"}}
	tests := []struct {
		dataType app.DataType
		media    string
		want     bool
	}{
		{pdf, "application/pdf", true}, {pdf, "application/pdf; version=1.7", true}, {pdf, "image/png", true},
		{pdf, "Application/PDF", false}, {pdf, "image/jpeg", false}, {pdf, "", false}, {pdf, ";application/pdf", false},
		{app.DataType{}, "image/jpeg", true},
		{app.DataType{AllowedContentTypes: []string{"text/plain", "application/octet-stream"}}, "image/jpeg", true},
	}
	for _, test := range tests {
		if got := test.dataType.AllowsContentType(test.media); got != test.want {
			t.Errorf("%q allows %q: %t", test.dataType.AllowedContentTypes, test.media, got)
		}
	}
}

func TestPartyTypes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		allowed                         app.PartyTypes
		person, company, branch, estate bool
	}{
		{app.PartyTypes{}, true, true, true, true},
		{app.PartyTypes{Person: true}, true, false, false, false},
		{app.PartyTypes{Organisation: true}, false, true, false, false},
		{app.PartyTypes{SubUnit: true}, false, false, true, false},
		{app.PartyTypes{BankruptcyEstate: true}, false, false, false, true},
	}
	for _, test := range tests {
		got := [...]bool{
			test.allowed.AllowsPerson(), test.allowed.AllowsOrganisation("AS"),
			test.allowed.AllowsOrganisation("BEDR") && test.allowed.AllowsOrganisation("AAFY"), test.allowed.AllowsOrganisation("KBO"),
		}
		if want := [...]bool{test.person, test.company, test.branch, test.estate}; got != want {
			t.Errorf("%+v allows %v, want %v", test.allowed, got, want)
		}
	}
}

// Metadata that can be read has an id of two parts, and data types that are found.
func FuzzParseMetadata(f *testing.F) {
	text, err := os.ReadFile("testdata/app/config/applicationmetadata.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"id": "a/b", "org": "a", "dataTypes": [{"id": "x", "allowedContributers": ["y"],},],}`))
	f.Add([]byte(`{/* no */ "id": "a/b"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := app.ParseMetadata(data)
		if err != nil {
			return
		}
		if org, name, ok := strings.Cut(m.ID, "/"); !ok || org != m.Org || name == "" {
			t.Errorf("id %q, org %q", m.ID, m.Org)
		}
		for _, d := range m.DataTypes {
			if found, ok := m.DataType(d.ID); !ok || found.ID != d.ID {
				t.Errorf("data type %q is not found", d.ID)
			}
		}
	})
}
