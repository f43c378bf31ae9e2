package local_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/secret"
)

// elevenDigits are what no error holds, but for a UUID, which may end in as many.
var elevenDigits = regexp.MustCompile(`\b[0-9]{11}\b`)

// refusals are of seeds in which one thing cannot be. Each is told with its place, and
// nothing of the seed is there afterwards.
func (w *seeded) refusals() {
	const form, inbox = "fts/barmarkskjoring", "fts/saksmottak"
	ada := w.person("ada")
	soknad := readExample(w.T).Instances[0].Data[0]
	kart := func(filename, contentType string, size int) control.SeedData {
		return control.SeedData{Type: "kart", Filename: filename, ContentType: contentType, Content: bytes.Repeat([]byte("x"), size)}
	}
	one := func(edit func(*control.SeedInstance)) control.Seed {
		in := control.SeedInstance{Application: form, Owner: "cia", Created: hour(1)}
		edit(&in)
		return control.Seed{Instances: []control.SeedInstance{in}}
	}
	with := func(data ...control.SeedData) control.Seed {
		return one(func(in *control.SeedInstance) { in.Data = data })
	}
	inForm := func(group, json string) control.Seed {
		return with(control.SeedData{Type: "skjema", ContentType: "application/json", Content: []byte(`{"` + group + `": ` + json + `}`)})
	}
	rights := func(d control.SeedRight) control.Seed { return control.Seed{DelegatedRights: []control.SeedRight{d}} }
	before, parties := w.count(), len(w.platform.Parties().All())
	for name, tt := range map[string]struct {
		seed control.Seed
		says string
	}{
		"an application of nobody":    {one(func(in *control.SeedInstance) { in.Application = "fts/gone" }), "instances[0]: application: the application fts/gone is not served here"},
		"an owner of no handle":       {one(func(in *control.SeedInstance) { in.Owner = "dan" }), `instances[0]: owner: no person of the seed has the handle "dan"`},
		"an owner of no number":       {one(func(in *control.SeedInstance) { in.Owner = "01899012345" }), "instances[0]: owner: there is no person with this number"},
		"an owner of no organisation": {one(func(in *control.SeedInstance) { in.Owner = "310000027" }), "instances[0]: owner: there is no organisation 310000027"},
		"an owner of no party id":     {one(func(in *control.SeedInstance) { in.Owner = "1" }), "instances[0]: owner: there is no party 1"},
		"no owner":                    {one(func(in *control.SeedInstance) { in.Owner = "" }), "instances[0]: owner: name a party"},
		"an owner who may not be":     {one(func(in *control.SeedInstance) { in.Application = inbox }), "instances[0]: "},
		"a maker without rights":      {one(func(in *control.SeedInstance) { in.By = ada.SSN }), "instances[0]: whoever makes the instance has no right to this; name another under by"},
		"a maker that is no person":   {one(func(in *control.SeedInstance) { in.By = "310000019" }), "instances[0]: by: an organisation makes nothing by itself"},
		"still to come":               {one(func(in *control.SeedInstance) { in.Created = time.Now().AddDate(1, 0, 0) }), "instances[0]: created: it is still to come"},
		"sent before it was made":     {one(func(in *control.SeedInstance) { in.Ended = hour(0) }), "instances[0]: ended: it is before created"},
		"ended, in a task":            {one(func(in *control.SeedInstance) { in.Ended, in.Task = hour(3), "Task_1" }), "instances[0]: task: an instance that has ended"},
		"a task that is none": {one(func(in *control.SeedInstance) {
			in.Task, in.Data = "Task_9", []control.SeedData{soknad}
		}), "instances[0]: task: the process ends and does not come to Task_9"},
		"sent in while it is empty":  {one(func(in *control.SeedInstance) { in.Ended = hour(3) }), "instances[0]: ended: Task_1 cannot be left: Validation failed for task: "},
		"a read status that is none": {one(func(in *control.SeedInstance) { in.ReadStatus = "Seen" }), "instances[0]: readStatus: Invalid read status: Seen"},
		"a substatus of no label":    {one(func(in *control.SeedInstance) { in.Substatus = &control.SeedSubstatus{} }), "instances[0]: substatus: The substatus has no label"},
		"a handle that is a number":  {one(func(in *control.SeedInstance) { in.Handle = "7" }), "instances[0] (7): a handle has other characters"},
		"a type of no application":   {with(control.SeedData{Type: "map"}), `instances[0]: data[0].type: application fts/barmarkskjoring has no data type "map"; it has ref-data-as-pdf, skjema and kart`},
		"a wrong MIME type":          {with(kart("a.png", "", 1), kart("a.txt", "", 1)), "instances[0]: data[1]: the application refuses it as kart: Data type kart does not allow the content type text/plain"},
		"a file of no name":          {with(kart("", "image/png", 1)), "instances[0]: data[0]: the application refuses it as kart: The request has no Content-Disposition with a file name"},
		"a file that is too large":   {with(kart("a.png", "", 10<<20+1)), "instances[0]: data[0]: the application refuses it as kart: The file is larger than the 10485760 bytes that data type kart allows"},
		"too many files":             {with(kart("a.png", "", 1), kart("b.png", "", 1), kart("c.png", "", 1), kart("d.png", "", 1)), "instances[0]: data[3]: the application refuses it as kart: Max Count Exceeded"},
		"too many forms":             {with(soknad, soknad), "instances[0]: data[1]: the application refuses it as skjema: Max Count Exceeded"},
		"a PDF of the application":   {with(control.SeedData{Type: "ref-data-as-pdf", Filename: "a.pdf", Content: []byte("x")}), "instances[0]: data[0]: the application refuses it as ref-data-as-pdf: "},
		"a form of another model":    {with(control.SeedData{Type: "skjema", ContentType: "application/json", Content: []byte(`{"Soker": 1}`)}), "instances[0]: data[0]: the application refuses it as skjema: Failed to deserialize JSON"},

		"a field of no model":      {inForm("Kjoring", `{"AntalTurer": 4}`), `instances[0]: data[0]: the data model has no field "Kjoring.AntalTurer"; did you mean "AntallTurer"?`},
		"a field of another group": {inForm("Turer", `[{"altinnRowId": "x"}]`), `instances[0]: data[0]: the data model has no field "Turer"; the names there are `},

		"a handle that is there twice": {control.Seed{Persons: []control.SeedPerson{{Handle: "cia", Name: "x"}}}, `persons[1], "x": the handle "cia" is there twice`},
		"a number and none":            {control.Seed{Persons: []control.SeedPerson{{SSN: ada.SSN, Name: "x", SelfIdentified: true}}}, `persons[1], "x": whoever has a number`},
		"an SSN for a number":          {control.Seed{Organisations: []control.SeedOrganisation{{Number: ada.SSN, Name: "x"}}}, `organisations[1], "[redacted]": `},
		"an SSN for a name":            {control.Seed{Persons: []control.SeedPerson{{Name: "x", Roles: []control.SeedRole{{Organisation: ada.SSN}}}}}, `persons[1], "x": there is no organisation "[redacted]"`},
		"a prefix of somebody":         {control.Seed{Prefixes: []control.SeedPrefix{{Prefix: "altinn", Organisation: "310000019"}}}, "prefixes[0]: "},
		"access to nothing":            {control.Seed{Access: []control.SeedAccess{{Scope: "a:b", Organisation: "310000019"}}}, "access[0]: "},
		"denied to nobody":             {control.Seed{Access: []control.SeedAccess{{Scope: "proeve:les", Organisation: "310000035", Denied: true}}}, "access[0]: "},
		"a system user of nobody":      {control.Seed{SystemUsers: []control.SeedSystemUser{{System: "s", Organisation: "310000035"}}}, `systemUsers[0]: there is no organisation "310000035"`},
		"a system user of no client":   {control.Seed{SystemUsers: []control.SeedSystemUser{{System: "s", Organisation: "310000019", Clients: []string{"gone"}}}}, "systemUsers[0]: find client gone"},
		"a system user of no clients":  {control.Seed{SystemUsers: []control.SeedSystemUser{{Handle: "robot", System: "s", Organisation: "310000019"}}}, "systemUsers[0] (robot): it has no clients"},
		"a consent from nobody":        {control.Seed{Consents: []control.SeedConsent{{ID: "c", From: "dan", To: "310000019"}}}, "consents[0]: from: no person"},
		"a consent to nobody":          {control.Seed{Consents: []control.SeedConsent{{ID: "c", From: "cia", To: "dan"}}}, "consents[0]: add consent"},
		"a right of nobody":            {rights(control.SeedRight{From: "dan"}), "delegatedRights[0]: from: no person"},
		"a right to nobody":            {rights(control.SeedRight{From: "cia"}), "delegatedRights[0]: to: name a party"},
		"a right to do nothing":        {rights(control.SeedRight{From: "cia", To: "310000019"}), "delegatedRights[0]: delegate from party"},
		"a right of no system user":    {rights(control.SeedRight{From: "cia", SystemUser: "robot"}), `delegatedRights[0]: there is no system user "robot"`},
		"a right in no application":    {rights(control.SeedRight{From: "cia", To: "310000019", Application: "fts/gone", Actions: []string{"read"}}), "delegatedRights[0]: the application fts/gone is not served here"},
		"a right in no instance":       {rights(control.SeedRight{From: "cia", To: "310000019", Application: form, Actions: []string{"read"}, Instance: "gone"}), `delegatedRights[0]: no instance of the seed has the handle "gone"`},
		"a right in another's":         {rights(control.SeedRight{From: "cia", To: "310000019", Application: form, Actions: []string{"read"}, Instance: w.born["sent"]}), `delegatedRights[0]: the instance "` + w.born["sent"] + `" is another party's than that which from names`},
	} {
		tt.seed.Organisations = append([]control.SeedOrganisation{{Number: "310000043", Name: "first"}}, tt.seed.Organisations...)
		tt.seed.Persons = append([]control.SeedPerson{{Handle: "cia", Name: "Cia Prøve"}}, tt.seed.Persons...)
		tt.seed.Secrets = append(tt.seed.Secrets, control.SeedSecret{Name: "hidden", Value: secret.New("hunter2")})
		tt.seed.Clients = append(tt.seed.Clients, control.SeedClient{ID: "hidden", Name: "x"})
		_, err := w.platform.AddSeed(w.Context(), tt.seed)
		if err == nil || !strings.HasPrefix(err.Error(), "add the seed: "+tt.says) || elevenDigits.MatchString(fmt.Sprint(err)) {
			w.Errorf("%s: %v", name, err)
		}
		if len(w.platform.Parties().All()) != parties {
			w.Errorf("%s: something of it stayed", name)
		}
	}
	ended, end := context.WithCancel(w.Context())
	end()
	if _, err := w.platform.AddSeed(ended, one(func(in *control.SeedInstance) { in.Owner = fmt.Sprint(ada.PartyID) })); !errors.Is(err, context.Canceled) {
		w.Errorf("interrupted: %v", err)
	}
	if status, body := send(w.T, w.platform, http.MethodGet, w.platform.Seed().Vault+"/secrets/hidden?api-version=7.4", vaultToken(w.T, w.platform), ""); status != http.StatusNotFound {
		w.Errorf("a secret stayed: %d %s", status, body)
	}
	if _, err := w.platform.Registry().Registration("hidden"); err == nil {
		w.Error("a client stayed")
	}
	if w.count() != before {
		w.Error("an instance stayed")
	}
}
