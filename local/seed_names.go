package local

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/stafett/stafett/local/register"
)

// The lengths of identity numbers.
const (
	organisationDigits = 9
	personDigits       = 11
)

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// party finds whom a seed names: by a handle, an identity number or a party id.
func (s *seeding) party(name string) (party register.Party, err error) {
	party, ok := s.persons[name]
	switch {
	case ok:
	case name == "":
		return party, fmt.Errorf("name a party: by a handle of the seed, a number or a party id")
	case !isNumber(name):
		return party, fmt.Errorf("no person of the seed has the handle %q", name)
	case len(name) == personDigits:
		if party, ok = s.parties.BySSN(name); !ok {
			return party, fmt.Errorf("there is no person with this number")
		}
	case len(name) == organisationDigits:
		if party, ok = s.parties.ByOrgNumber(name); !ok {
			return party, fmt.Errorf("there is no organisation %s", name)
		}
	default:
		id, _ := strconv.Atoi(name) // of a number that is too large there is no party either
		if party, ok = s.parties.ByID(id); !ok {
			return party, fmt.Errorf("there is no party %s", name)
		}
	}
	return party, nil
}
