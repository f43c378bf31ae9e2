package handover_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/project"
)

// compile makes a definition of members, indented by four, between the two
// applications after replacing old by new in turn.
func compile(t *testing.T, members string, original, receiving []string) (*handover.Definition, error) {
	t.Helper()
	text := projectYAML[:strings.Index(projectYAML, "    recipient:")] + members
	p, err := project.Parse("stafett.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return handover.Compile(p.Handovers[0], folder(t, originalFiles, original...), folder(t, receivingFiles, receiving...))
}

func mustCompile(t *testing.T, members string, original, receiving []string) *handover.Definition {
	t.Helper()
	d, err := compile(t, members, original, receiving)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// source is a completed instance with some files.
func source(files ...altinn.DataElement) altinn.Instance {
	return altinn.Instance{
		ID: "51000001/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11", AppID: "fts/soknad",
		Process: &altinn.Process{Ended: time.Date(2026, 1, 31, 11, 0, 0, 0, time.UTC)}, Data: files,
	}
}

const toEverybody = `"partyTypesAllowed":{"organisation":true}`

func TestRecipients(t *testing.T) {
	t.Parallel()
	const (
		a, b, c = "organisation:313547264", "organisation:310000094", "organisation:200000035"
		form    = `{"Soker":{"Navn":"310 000 094","Alder":"51000017"},"Turer":[{"Omrade":"313547264"},{"Omrade":null},{"Omrade":"310000094"},{},{"Omrade":"313547264"}],"Antall":51000018}`
	)
	cases := []struct {
		name, recipient string
		want            []string
	}{
		{"fixed", `{organisationNumber: "313547264"}`, []string{a}},
		{"a field, with spaces", `{organisationNumber: {field: Soker.Navn}}`, []string{b}},
		{"a field, as a number", `{partyId: {field: Antall}}`, []string{"party:51000018"}},
		{"a field in a list", `{organisationNumber: {field: Turer.Omrade}}`, []string{a, b}},
		{"a field in one item of a list", `{organisationNumber: {field: "Turer[2].Omrade"}}`, []string{b}},
		{"an expression", `{partyId: [if, [equals, [dataModel, Antall], 51000018], "7", else, "8"]}`, []string{"party:7"}},
		{"the source's owner", `source`, []string{"party:51000001"}},
		{"several", `[{partyId: {field: Soker.Alder}}, source, {organisationNumber: {field: Turer.Omrade}}, {organisationNumber: "313547264"}]`,
			[]string{"party:51000017", "party:51000001", a, b}},
		{"one of several that is not there", `[{organisationNumber: {field: "Turer[3].Omrade"}}, source]`, []string{"party:51000001"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := mustCompile(t, "    recipient: "+tc.recipient+"\n", nil, []string{toEverybody, `"partyTypesAllowed":{}`})
			p, err := handover.PlanOf(d, source(), form)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range p.Recipients {
				if r.PartyID != "" {
					got = append(got, "party:"+r.PartyID)
				} else {
					got = append(got, "organisation:"+r.OrganisationNumber)
				}
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
			fixed := handover.TargetOf(d).Recipient != project.Recipient{}
			if fixed != (tc.name == "fixed") {
				t.Errorf("where they come into being is %+v", handover.TargetOf(d))
			}
		})
	}
}

// TestNoRecipients also looks for the answers in the errors: an identity number
// may stand where an organisation's should.
func TestNoRecipients(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	for i := range 101 {
		fmt.Fprintf(&many, `{"Omrade":"%d"},`, 51000000+i)
	}
	cases := []struct{ name, recipient, form, want string }{
		{"an identity number", `{organisationNumber: {field: Soker.Navn}}`, `{"Soker":{"Navn":"01819012345"}}`, "fill the recipient: the value is no organisation number"},
		{"a wrong check digit", `{organisationNumber: {field: Soker.Navn}}`, `{"Soker":{"Navn":"313547265"}}`, "is no organisation number"},
		{"an identity number as a party", `{partyId: {field: Soker.Navn}}`, `{"Soker":{"Navn":"01819012345"}}`, "the value is no party id"},
		{"nobody", `[{partyId: {field: Soker.Navn}}, {partyId: {field: Turer.Omrade}}]`, `{"Soker":{"Navn":" "},"Turer":[]}`, "fill the recipient: the form names none"},
		{"too many", `{partyId: {field: Turer.Omrade}}`, `{"Turer":[` + strings.TrimRight(many.String(), ",") + `]}`, "the form names 101, and 100 are the most"},
		{"a group", `{partyId: {field: Soker.Navn}}`, `{"Soker":{"Navn":{"a":"01819012345"}}}`, "the value is a group"},
		{"an expression that fails", `{partyId: [round, [dataModel, Soker.Navn]]}`, `{"Soker":{"Navn":"Kari 01819012345"}}`, "the expression cannot be evaluated"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := handover.PlanOf(mustCompile(t, "    recipient: "+c.recipient+"\n", nil, nil), source(), c.form)
			var mapping *handover.MappingError
			if !errors.As(err, &mapping) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "018190") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRecipientFaults(t *testing.T) {
	t.Parallel()
	person := []string{toEverybody, `"partyTypesAllowed":{"person":true}`}
	cases := []struct {
		name, recipient string
		into            []string
		want            string // "" = no fault
	}{
		{"field", `{partyId: {field: Soker.Namn}}`, nil, "line 10): the recipient: the form data of fts/soknad has no field Soker.Namn; did you mean Soker.Navn?"},
		{"group", `{partyId: {field: Turer}}`, nil, "the recipient: Turer is a group; name a field in it"},
		{"expression", `{partyId: [dataModel, Sted]}`, nil, "the recipient: the form data of fts/soknad has no field Sted"},
		{"organisation among persons", `{organisationNumber: {field: Soker.Navn}}`, person, "does not allow organisations"},
		{"persons among organisations", `source`, nil, "fts/mottak does not allow persons to own instances (partyTypesAllowed), but persons fill in fts/soknad"},
		{"persons among persons", `source`, person, ""},
		{"bankruptcy estates", `{organisationNumber: "313547264"}`, []string{toEverybody, `"partyTypesAllowed":{"bankruptcyEstate":true}`}, ""},
		{"party", `{partyId: 7}`, person, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := compile(t, "    recipient: "+c.recipient+"\n", nil, c.into)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	const members = "    recipient: {organisationNumber: \"313547264\"}\n"
	p, err := handover.PlanOf(mustCompile(t, members, nil, nil), source(), `{}`)
	if err != nil || !p.VisibleAfter.IsZero() || !p.DueBefore.IsZero() {
		t.Errorf("without dates: got %+v, %v", p, err)
	}
	d := mustCompile(t, members+"    visibleAfter: P14D\n    dueBefore: P1MT12H\n    confirm: true\n    adopts: [a, b]\n", nil, nil)
	for range 2 { // the same whenever it is asked for
		p, err = handover.PlanOf(d, source(), `{}`)
		if err != nil || !p.VisibleAfter.Equal(time.Date(2026, 2, 14, 11, 0, 0, 0, time.UTC)) || !p.DueBefore.Equal(time.Date(2026, 2, 28, 23, 0, 0, 0, time.UTC)) {
			t.Errorf("got %+v, %v", p, err)
		}
	}
	if !d.Confirms() || !slices.Equal(d.Adopts(), []string{"a", "b"}) || !d.Since().Equal(time.Date(1999, 12, 31, 23, 0, 0, 0, time.UTC)) {
		t.Errorf("got %t, %v, %v", d.Confirms(), d.Adopts(), d.Since())
	}
}

func TestTestMode(t *testing.T) {
	t.Parallel()
	d := mustCompile(t, "    recipient: {partyId: {field: Soker.Navn}}\n    confirm: true\n", nil, nil)
	tests := project.Recipient{OrganisationNumber: "310000094"}
	inTest, err := d.ForTest(tests)
	if err != nil || !inTest.IsTest() || d.IsTest() || inTest.ID() != d.ID() || inTest.Confirms() || !d.Confirms() {
		t.Fatalf("got %+v, %v", inTest, err)
	}
	p, err := handover.PlanOf(inTest, source(), `{"Soker":{"Navn":"7"}}`)
	if err != nil || !slices.Equal(p.Recipients, []project.Recipient{tests}) || handover.TargetOf(inTest).Recipient != tests {
		t.Errorf("got %+v, %v", p, err)
	}
	if handover.KeyOf(d, source().ID, tests) == handover.KeyOf(inTest, source().ID, tests) {
		t.Error("a test has the key of the real thing")
	}
	for _, r := range []project.Recipient{{}, {PartyID: "x"}, {OrganisationNumber: "1"}, {PartyID: "1", OrganisationNumber: "310000094"}} {
		if _, err := d.ForTest(r); err == nil {
			t.Errorf("%+v was taken as a recipient", r)
		}
	}
	persons := mustCompile(t, "    recipient: {partyId: 7}\n", nil, []string{toEverybody, `"partyTypesAllowed":{"person":true}`})
	if _, err := persons.ForTest(tests); err == nil || !strings.Contains(err.Error(), "does not allow organisations") {
		t.Errorf("got %v", err)
	}
	if _, err := persons.ForTest(project.Recipient{PartyID: "7"}); err != nil {
		t.Error(err)
	}
}
