package handover

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"github.com/stafett/stafett/project"
)

// Stamp is the name of the data value by which a receiving instance carries the
// key of its handover.
const Stamp = "stafett.handoverKey"

// Key returns the key of a handover: SHA-256 in hexadecimal over the
// definition's id, the source instance's id ("{party id}/{guid}", in any case)
// and the recipient, each with its length before it so that no two handovers
// run together. It depends on nothing else, so every process, now or later,
// computes the same one.
func Key(definitionID, sourceID string, recipient project.Recipient) string {
	hash := sha256.New()
	for _, part := range []string{"stafett/handover/v1", definitionID, strings.ToLower(sourceID), recipientID(recipient)} {
		_ = binary.Write(hash, binary.BigEndian, uint64(len(part))) // a hash never fails
		hash.Write([]byte(part))
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// recipientID names the recipient's party as its definition does.
func recipientID(r project.Recipient) string {
	if r.PartyID != "" {
		return "party:" + r.PartyID
	}
	return "organisation:" + r.OrganisationNumber
}
