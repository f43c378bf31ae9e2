package handover_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/project"
)

// FuzzPlan makes plans of whatever an application may give as form data. A plan
// is the same whenever it is made, its recipients are valid and its form is
// well-formed.
func FuzzPlan(f *testing.F) {
	const members = `    recipient: [source, {organisationNumber: {field: Turer.Omrade}}, {partyId: [dataModel, Antall]}]
    condition: [notEquals, [dataModel, Soker.Navn], Ingen]
    model: copy
    prefill:
      Tittel: [concat, [dataModel, Soker.Navn], "!"]
      Merknad: {each: Turer, fields: {Navn: [dataModel, Turer.Omrade], Alder: "Dager[0].Km"}}
`
	var compiled [2]*handover.Definition
	for i, media := range []string{"xml", "json"} {
		p, err := project.Parse("stafett.yaml", []byte(projectYAML[:strings.Index(projectYAML, "    recipient:")]+members))
		if err != nil {
			f.Fatal(err)
		}
		receiving := append([]string{`"sak","allowedContentTypes":["application/xml"]`, `"sak","allowedContentTypes":["application/` + media + `"]`, toEverybody, `"partyTypesAllowed":{}`}, caseModel...)
		if compiled[i], err = handover.Compile(p.Handovers[0], folder(f, originalFiles, tripModel...), folder(f, receivingFiles, receiving...)); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(tripForm)
	f.Add(`{"Turer":[[],{"Dager":{"Km":1}},null,7,"x"],"Soker":[{"Navn":"a"}]}`)
	f.Add(`{"Soker":{"Navn":"<\u0000]]>"},"Antall":1e400,"Turer":[{"Omrade":"313 547 264","Merke":["\ud800"]}]}`)
	f.Add(`[]`)
	f.Add(`null`)
	f.Fuzz(func(t *testing.T, form string) {
		for i, d := range compiled {
			p, err := handover.PlanOf(d, source(), form)
			again, errAgain := handover.PlanOf(d, source(), form)
			if !reflect.DeepEqual(p, again) || (err == nil) != (errAgain == nil) {
				t.Fatalf("two plans of one form: %+v and %+v", p, again)
			}
			if err != nil {
				continue
			}
			for _, r := range p.Recipients {
				if !r.Valid() {
					t.Errorf("recipient %+v", r)
				}
			}
			if i == 0 {
				decoder := xml.NewDecoder(strings.NewReader(p.Form))
				for err == nil {
					_, err = decoder.Token()
				}
				if !errors.Is(err, io.EOF) {
					t.Errorf("%v\n%s", err, p.Form)
				}
			} else if !json.Valid([]byte(p.Form)) {
				t.Errorf("this is not JSON: %s", p.Form)
			}
		}
	})
}
