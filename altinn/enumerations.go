package altinn

import (
	"encoding/json"
	"fmt"
)

// ReadStatus tells whether the owner has looked at an instance. Applications
// write it as a number, Storage as text.
type ReadStatus string

// The read states.
const (
	Unread                 ReadStatus = "Unread"
	Read                   ReadStatus = "Read"
	UpdatedSinceLastReview ReadStatus = "UpdatedSinceLastReview"
)

// UnmarshalJSON implements [json.Unmarshaler] for both flavours.
func (s *ReadStatus) UnmarshalJSON(data []byte) error {
	name, err := enumeration(data, "readStatus", string(Unread), string(Read), string(UpdatedSinceLastReview))
	if err == nil {
		*s = ReadStatus(name)
	}
	return err
}

// PartyType is the kind of a party. Applications write it as a number, some of
// the platform's services as text.
type PartyType string

// The kinds of parties.
const (
	Person           PartyType = "Person"
	Organisation     PartyType = "Organisation"
	SelfIdentified   PartyType = "SelfIdentified"
	SubUnit          PartyType = "SubUnit"
	BankruptcyEstate PartyType = "BankruptcyEstate"
)

// UnmarshalJSON implements [json.Unmarshaler] for both flavours.
func (t *PartyType) UnmarshalJSON(data []byte) error {
	name, err := enumeration(data, "partyTypeName", "", string(Person), string(Organisation),
		string(SelfIdentified), string(SubUnit), string(BankruptcyEstate))
	if err == nil {
		*t = PartyType(name)
	}
	return err
}

// enumeration reads one member of a .NET enumeration: its number, its name, or
// null for none. A name that is not known is kept, so that a new one on the
// platform breaks nobody who does not look at it.
func enumeration(data []byte, member string, names ...string) (string, error) {
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return "", err
	}
	switch v := value.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case float64:
		if i := int(v); float64(i) == v && i >= 0 && i < len(names) {
			return names[i], nil
		}
	}
	return "", fmt.Errorf("read %s: %s is neither a known number nor a name", member, data)
}
