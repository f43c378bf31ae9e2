package records

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stafett/stafett/local/redact"
)

// claim is one claim of a token as it is shown.
type claim struct {
	Name  string
	Value string // redacted; JSON where it is more than a text or a number
	// Time is what the value means where it is a time; else zero.
	Time time.Time
	// Meaning is the key of the word that explains the claim; empty for none.
	Meaning string
}

// meanings are the words for claims. Altinn's names are long and have colons.
var meanings = map[string]string{
	"iss": "iss", "aud": "aud", "exp": "exp", "iat": "iat", "nbf": "nbf", "jti": "jti", "sid": "sid", "scope": "scope",
	"client_id": "client_id", "client_amr": "client_amr", "consumer": "consumer", "supplier": "supplier",
	"delegation_source": "delegation_source", "token_type": "token_type", "pid": "pid",
	"urn:altinn:org": "org", "urn:altinn:orgNumber": "orgNumber", "urn:altinn:userid": "userid", "urn:altinn:username": "username",
	"urn:altinn:partyid": "partyid", "urn:altinn:party:uuid": "partyuuid", "urn:altinn:authlevel": "authlevel",
	"urn:altinn:authenticatemethod": "authenticatemethod", "urn:altinn:scope": "scope",
	"appid": "appid", "appidacr": "appidacr", "oid": "oid", "tid": "tid", "sub": "sub", "uti": "jti",
}

// personal are the claims that hold a person's identity number, whatever they look
// like.
var personal = []string{"pid", "urn:altinn:ssn"}

// claimsOf reads the claims of a token by name. Identity numbers are taken out once
// more, since this is where they would be seen.
func claimsOf(object string) []claim {
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(object), &members); err != nil {
		return nil
	}
	var told []claim
	for _, name := range slices.Sorted(maps.Keys(members)) {
		made := claim{Name: redact.Text(name), Value: redact.Text(claimText(members[name]))}
		if meaning, ok := meanings[name]; ok {
			made.Meaning = "claim." + meaning
		}
		var seconds int64
		switch {
		case slices.Contains(personal, name):
			made.Value = redacted
		case slices.Contains([]string{"exp", "iat", "nbf"}, name) && json.Unmarshal(members[name], &seconds) == nil:
			made.Time = time.Unix(seconds, 0)
		}
		told = append(told, made)
	}
	return told
}

const redacted = "[redacted]"

// claimText is a text without quotes, and anything else as JSON on one line.
func claimText(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	var compact bytes.Buffer
	if json.Compact(&compact, value) != nil {
		return strings.TrimSpace(string(value))
	}
	return compact.String()
}
