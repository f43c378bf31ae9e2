package handover_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/handover"
)

func TestCheckAcceptsWhatWorks(t *testing.T) {
	t.Parallel()
	if err := handover.Check(definition(t), folder(t, originalFiles), folder(t, receivingFiles)); err != nil {
		t.Error(err)
	}
	d := compiled(t)
	if d.ID() != "til-mottak" || d.From() != "fts/soknad" || d.To() != "fts/mottak" {
		t.Errorf("got %s from %s to %s", d.ID(), d.From(), d.To())
	}
}

func TestCheckFaults(t *testing.T) {
	t.Parallel()
	type replace = []string
	cases := []struct {
		name                string
		def, original, into replace
		want                []string // one part of each fault
	}{
		{"application of another folder", nil, replace{"fts/soknad", "fts/soknad2"}, nil, []string{
			"it is from fts/soknad, but the folder of the original application holds fts/soknad2", "does not let fts read"}},
		{"unknown source field", replace{"soker.navn", "Soker.Namn"}, nil, nil, []string{"line 14): the form data of fts/soknad has no field Soker.Namn; did you mean Soker.Navn?"}},
		{"unknown field in an expression", replace{"[dataModel, Soker.Navn]]", "[dataModel, Søker.Navn]]"}, nil, nil, []string{"Tittel: the form data of fts/soknad has no field Søker.Navn; did you mean Soker.Navn?"}},
		{"unknown field in the condition", replace{"[dataModel, Soker.Navn], I", "[dataModel, Sted], I"}, nil, nil, []string{"the condition: the form data of fts/soknad has no field Sted"}},
		{"group as a source", replace{"soker.navn", "Soker"}, nil, nil, []string{"Soker is a group; name a field in it"}},
		{"list as a source", replace{"soker.navn", "Turer.Omrade"}, nil, nil, []string{"Turer is a list in fts/soknad; name one item, such as Turer[0]"}},
		{"item of a list as a source", replace{"soker.navn", "Turer[0].Omrade"}, nil, nil, nil},
		{"unknown target field", replace{"Part.Navn:", "Part.Namn:"}, nil, nil, []string{"the form data sak of fts/mottak has no field Part.Namn; did you mean Part.Navn?"}},
		{"group as a target", replace{"Part.Navn:", "Part:"}, nil, nil, []string{"Part is a group"}},
		{"list as a target", replace{"Part.Navn:", "Merknad.Navn:"}, nil, nil, []string{"Merknad.Navn is in the list Merknad; fill that with {each: …, fields: …}"}},
		{"constant of another type", replace{"Antall: Antall", "Antall: {value: to}"}, nil, nil, []string{"Antall: the constant to does not fit Antall, which is of type integer"}},
		{"constant not in the list of values", replace{"value: ny", "value: eldre"}, nil, nil, []string{"Slag: the constant eldre is not one of the values"}},
		{"no form to prefill", nil, nil, replace{`"appLogic":{"autoCreate":true,"classRef":"Fts.Sak"}`, `"appLogic":{"classRef":"Fts.Sak"}`}, []string{"makes no form data in its first task"}},
		{"two forms to prefill", nil, nil, replace{`{"id":"kildePdf"`, `{"id":"sak2","taskId":"Task_1","appLogic":{"autoCreate":true,"classRef":"X","schemaRef":"/models/sak.schema.json"}},{"id":"kildePdf"`}, []string{"makes 2 kinds of form data in its first task; prefill needs exactly one"}},
		{"form of an odd media type", nil, nil, replace{`"sak","allowedContentTypes":["application/xml"]`, `"sak","allowedContentTypes":["text/csv"]`}, []string{"allows neither application/xml nor application/json"}},
		{"unknown attachment type", replace{"from: kart", "from: karta"}, nil, nil, []string{"fts/soknad has no data type karta; did you mean kart?"}},
		{"unknown receiving type", replace{"to: vedlegg", "to: vedlegget"}, nil, nil, []string{"fts/mottak has no data type vedlegget; did you mean vedlegg?"}},
		{"form as an attachment", replace{"from: kart", "from: skjema"}, nil, nil, []string{"skjema is form data of fts/soknad; carry its fields with prefill", "skjema holds application/xml"}},
		{"to a form", replace{"to: vedlegg", "to: sak"}, nil, nil, []string{"sak is form data of fts/mottak; it takes no files", "kart holds application/pdf", "kart holds image/png"}},
		{"to the PDF's own type", replace{"to: kildePdf", "to: ref-data-as-pdf"}, nil, nil, []string{"nothing can be stored as ref-data-as-pdf"}},
		{"no PDF", nil, replace{`"id":"skjema",`, `"id":"skjema","enablePdfCreation":false,`}, nil, []string{"fts/soknad makes no PDF"}},
		{"content type", nil, replace{`"application/pdf","image/png"]`, `"application/pdf","image/png","text/csv"]`}, nil, []string{"kart holds text/csv, which vedlegg of fts/mottak does not allow (it allows application/pdf, image/png)"}},
		{"content type not told", replace{"from: kart", "from: alt"}, nil, nil, nil},
		{"size", nil, nil, replace{`"maxSize":10`, `"maxSize":9`}, []string{"files of kart may have 10 MiB, but vedlegg of fts/mottak takes 9 MiB at most"}},
		{"count", nil, replace{`"maxSize":10`, `"maxSize":10,"maxCount":3`}, replace{`"maxSize":10`, `"maxSize":10,"maxCount":2`}, []string{"there may be 3 files of kart, but vedlegg of fts/mottak takes 2"}},
		{"contributor", nil, nil, replace{"org:fts", "org:ttd"}, []string{"vedlegg of fts/mottak takes files from org:ttd only, not from fts"}},
		{"contributor by number", nil, nil, replace{"org:fts", "orgno:313547264"}, nil},
		{"action to write", nil, nil, replace{`"allowedContributers"`, `"actionRequiredToWrite":"stemple","allowedContributers"`}, []string{"demands the action stemple to write"}},
		{"person as owner only", nil, nil, replace{`{"organisation":true}`, `{"person":true}`}, []string{"fts/mottak does not allow organisations to own instances"}},
		{"party as recipient", replace{`organisationNumber: "313547264"}` + "\n    cond", `partyId: "1"}` + "\n    cond"}, nil, replace{`{"organisation":true}`, `{"person":true}`}, nil},
		{"may not instantiate", nil, nil, replace{">instantiate<", ">other<"}, []string{"the policy of fts/mottak does not let fts instantiate; add the action to a rule for urn:altinn:org = fts"}},
		{"may not write", nil, nil, replace{">write<", ">other<"}, []string{"does not let fts write in its first task"}},
		{"may not read the source", nil, replace{">read<", ">other<"}, nil, []string{"the policy of fts/soknad does not let fts read"}},
		{"may not confirm", replace{"    condition:", "    confirm: true\n    condition:"}, replace{">complete<", ">other<"}, nil, []string{"the policy of fts/soknad does not let fts complete, so its forms cannot be confirmed"}},
		{"need not confirm", nil, replace{">complete<", ">other<"}, nil, nil},
		{"level that Maskinporten cannot reach", nil, nil, replace{"</x:Policy>", obligation("minimum-authenticationlevel", 4) + "</x:Policy>"}, []string{"instantiate", "read", "write"}},
		{"level for organisations", nil, nil, replace{"</x:Policy>", "<x:ObligationExpressions>" + obligationBody("minimum-authenticationlevel", 4) + obligationBody("minimum-authenticationlevel-org", 3) + "</x:ObligationExpressions></x:Policy>"}, nil},
		{"all at once", replace{"soker.navn", "A.B", "Part.Alder:", "C.D:", "from: kart", "from: e"}, nil, replace{">instantiate<", ">other<"}, []string{"A.B", "C.D", "has no data type e", "instantiate"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := handover.Check(definition(t, c.def...), folder(t, originalFiles, c.original...), folder(t, receivingFiles, c.into...))
			var faults []error
			if joined, ok := err.(interface{ Unwrap() []error }); ok {
				faults = joined.Unwrap()
			}
			if len(faults) != len(c.want) {
				t.Fatalf("got %d faults, want %d: %v", len(faults), len(c.want), err)
			}
			for i, f := range faults {
				var fault *handover.Fault
				if !errors.As(f, &fault) || fault.Position.Line == 0 || fault.DefinitionID != "til-mottak" {
					t.Errorf("%v does not say where it is", f)
				}
				if !strings.Contains(f.Error(), c.want[i]) {
					t.Errorf("fault %d is\n  %v\nand does not contain\n  %s", i, f, c.want[i])
				}
			}
		})
	}
}

func TestFaultsTellWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	def := definition(t, "soker.navn", "A.B", "from: kart", "from: e", `organisationNumber: "313547264"}`+"\n    cond", "organisationNumber: [dataModel, Ingen]}\n    cond")
	original := folder(t, originalFiles, ">read<", ">other<")
	original.ID = "fts/soknad2"
	err := handover.Check(def, original, folder(t, receivingFiles, ">instantiate<", ">other<", `{"organisation":true}`, `{"person":true}`))
	var got []handover.Subject
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			if fault, ok := errors.AsType[*handover.Fault](one); ok {
				got = append(got, fault.Subject)
			}
		}
	}
	want := []handover.Subject{
		handover.AboutApplications, handover.AboutFields, handover.AboutAttachments, handover.AboutFields, handover.AboutRecipients,
		handover.AboutOriginalPolicy, handover.AboutReceivingPolicy,
	}
	if !slices.Equal(got, want) {
		t.Errorf("the faults are about %v, want %v: %v", got, want, err)
	}
}

func obligation(category string, level int) string {
	return "<x:ObligationExpressions>" + obligationBody(category, level) + "</x:ObligationExpressions>"
}

func obligationBody(category string, level int) string {
	return `<x:ObligationExpression ObligationId="urn:altinn:obligation:` + category + `" FulfillOn="Permit"><x:AttributeAssignmentExpression AttributeId="urn:altinn:obligation:` + category +
		`-assignment" Category="urn:altinn:` + category + `"><x:AttributeValue DataType="http://www.w3.org/2001/XMLSchema#integer">` + string(rune('0'+level)) +
		`</x:AttributeValue></x:AttributeAssignmentExpression></x:ObligationExpression>`
}
