package handover

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/stafett/stafett/project"
)

const (
	// Stamp is the name of the data value by which a receiving instance carries
	// the key of its handover.
	Stamp = "stafett.handoverKey"
	// TestStamp is the name of the data value, "true", by which a receiving
	// instance tells that it was made in test mode and may be removed.
	TestStamp = "stafett.test"
)

// Key returns the key of a handover: SHA-256 in hexadecimal over the
// definition's id, the source instance's id ("{party id}/{guid}", in any case)
// and the recipient, each with its length before it so that no two handovers
// run together. It depends on nothing else, so every process, now or later,
// computes the same one.
//
// A definition that adopts another id keeps to the keys of the first that it
// adopts.
func Key(definitionID, sourceID string, recipient project.Recipient) string {
	return keyOf(definitionID, sourceID, recipientID(recipient))
}

func keyOf(definitionID, sourceID, recipient string) string {
	hash := sha256.New()
	for _, part := range []string{"stafett/handover/v1", definitionID, strings.ToLower(sourceID), recipient} {
		_ = binary.Write(hash, binary.BigEndian, uint64(len(part))) // a hash never fails
		hash.Write([]byte(part))
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// key is the key of the definition's handover of a source to a recipient.
func (d *Definition) key(sourceID string, r project.Recipient) string {
	return keyOf(d.keyID(), sourceID, recipientID(r))
}

// skippedKey is the key of the one record of a source that is not handed over.
func (d *Definition) skippedKey(sourceID string) string { return keyOf(d.keyID(), sourceID, "") }

// keyID is the definition's part of its keys. No id has a slash, so a test
// never shares a key with the real thing.
func (d *Definition) keyID() string {
	id := d.id
	if len(d.adopts) > 0 {
		id = d.adopts[0]
	}
	if d.test {
		return testKeyID(id)
	}
	return id
}

func testKeyID(id string) string { return "test/" + id }

// stamps are the data values of a new receiving instance.
func (d *Definition) stamps(key string) map[string]string {
	stamps := map[string]string{Stamp: key}
	if d.test {
		stamps[TestStamp] = "true"
	}
	return stamps
}

// The kinds of recipient, as [Record.Recipient] begins.
const (
	partyPrefix        = "party:"
	organisationPrefix = "organisation:"
)

// recipientID names the recipient's party as its definition does.
func recipientID(r project.Recipient) string {
	if r.PartyID != "" {
		return partyPrefix + r.PartyID
	}
	return organisationPrefix + r.OrganisationNumber
}

// parseRecipient reads what recipientID has written.
func parseRecipient(text string) (project.Recipient, error) {
	if party, ok := strings.CutPrefix(text, partyPrefix); ok && party != "" {
		return project.Recipient{PartyID: party}, nil
	}
	if number, ok := strings.CutPrefix(text, organisationPrefix); ok && number != "" {
		return project.Recipient{OrganisationNumber: number}, nil
	}
	return project.Recipient{}, fmt.Errorf("read a recipient: %q names none", text)
}
