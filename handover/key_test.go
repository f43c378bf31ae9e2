package handover

import (
	"testing"

	"github.com/stafett/stafett/project"
)

const keySource = "51000001/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11"

// TestKeyIsForEver holds keys that are on instances out there already.
func TestKeyIsForEver(t *testing.T) {
	t.Parallel()
	r := project.Recipient{OrganisationNumber: "313547264"}
	const want = "a3248a497bbc80d6048a985b9e7b3cbbd617fa10ef587472f32c363491bbdd63"
	if got := Key("til-mottak", keySource, r); got != want {
		t.Errorf("the key became %s", got)
	}
	renamed := &Definition{id: "saker", adopts: []string{"til-mottak", "mottak"}}
	if got := renamed.key(keySource, r); got != want {
		t.Errorf("after two new names the key is %s", got)
	}
}

func TestKeysDiffer(t *testing.T) {
	t.Parallel()
	r := project.Recipient{PartyID: "51000017"}
	d, inTest := &Definition{id: "a"}, &Definition{id: "a", test: true}
	seen := map[string]int{}
	for i, key := range []string{
		d.key(keySource, r), inTest.key(keySource, r), d.skippedKey(keySource), inTest.skippedKey(keySource),
		d.key(keySource, project.Recipient{OrganisationNumber: "51000017"}), d.key("51000002"+keySource[8:], r),
	} {
		if other, ok := seen[key]; ok {
			t.Errorf("keys %d and %d are the same", other, i)
		}
		seen[key] = i
	}
}

func TestStampsTellOfTests(t *testing.T) {
	t.Parallel()
	if stamps := (&Definition{id: "a"}).stamps("k"); len(stamps) != 1 || stamps[Stamp] != "k" {
		t.Errorf("got %v", stamps)
	}
	if stamps := (&Definition{id: "a", test: true}).stamps("k"); len(stamps) != 2 || stamps[Stamp] != "k" || stamps[TestStamp] != "true" {
		t.Errorf("in a test: got %v", stamps)
	}
}

func TestRecipientIDs(t *testing.T) {
	t.Parallel()
	for _, r := range []project.Recipient{{PartyID: "51000017"}, {OrganisationNumber: "313547264"}} {
		if got, err := parseRecipient(recipientID(r)); err != nil || got != r {
			t.Errorf("%v became %v, %v", r, got, err)
		}
	}
	for _, text := range []string{"", "party:", "organisation:", "person:1", "51000017"} {
		if got, err := parseRecipient(text); err == nil {
			t.Errorf("%q gave %v", text, got)
		}
	}
}
