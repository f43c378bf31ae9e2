package local

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"strings"

	"github.com/stafett/stafett/local/register"
)

// OwnerByCode returns the organisation behind an org code. For a few codes it is
// the one of Altinn's public test data; for any other it is made up from the code,
// the same each time, which synthetic tells.
func OwnerByCode(code string) (owner Organisation, synthetic bool) {
	known := []Organisation{
		Example,
		{Code: "ttd", Number: "405003309", Name: "Testdepartementet"},
		{Code: "digdir", Number: digdirNumber, Name: "Digitaliseringsdirektoratet"},
	}
	if at := slices.IndexFunc(known, func(o Organisation) bool { return o.Code == code }); at >= 0 {
		return known[at], false
	}
	hash := sha256.Sum256([]byte("owner " + code))
	source := mathrand.New(mathrand.NewPCG(binary.LittleEndian.Uint64(hash[:8]), binary.LittleEndian.Uint64(hash[8:16]))) //nolint:gosec // numbers of made-up organisations are no secret
	return Organisation{Code: code, Number: register.SyntheticOrganisationNumber(source), Name: strings.ToUpper(code)}, true
}

// owners are all who own applications, the first one first.
func (cfg Config) owners() []Organisation {
	return append([]Organisation{cfg.Owner}, cfg.Others...)
}

// appIDs are all applications that are served, the original first.
func (cfg Config) appIDs() []string {
	var ids []string
	for _, folder := range cfg.Apps {
		ids = append(ids, folder.ID)
	}
	for _, remote := range cfg.Remotes {
		ids = append(ids, remote.ID)
	}
	if at := slices.Index(ids, cfg.Original); at > 0 {
		ids = slices.Insert(slices.Delete(ids, at, at+1), 0, cfg.Original)
	}
	return ids
}

// checkApplications demands that each application is given once and has an owner.
func (cfg Config) checkApplications() error {
	ids, owners := cfg.appIDs(), cfg.owners()
	if len(ids) == 0 {
		return errors.New("no application is given")
	}
	for n, owner := range owners {
		if slices.ContainsFunc(owners[:n], func(o Organisation) bool { return o.Code == owner.Code || o.Number == owner.Number }) {
			return fmt.Errorf("the owner %s (%s) is given twice", owner.Code, owner.Number)
		}
	}
	for n, id := range ids {
		if slices.Contains(ids[:n], id) {
			return fmt.Errorf("application %s is given twice", id)
		}
		if org := orgOf(id); !slices.ContainsFunc(owners, func(o Organisation) bool { return o.Code == org }) {
			return fmt.Errorf("application %s belongs to %q, but the owner is %q; set owner.org in stafett.yaml to the org in config/applicationmetadata.json", id, org, codes(owners))
		}
	}
	for _, remote := range cfg.Remotes {
		if err := remote.Check(); err != nil {
			return err
		}
	}
	return nil
}

// orgs are the owners who have applications.
func (cfg Config) orgs() []string {
	var orgs []string
	for _, id := range cfg.appIDs() {
		if org := orgOf(id); !slices.Contains(orgs, org) {
			orgs = append(orgs, org)
		}
	}
	return orgs
}

func orgOf(appID string) string {
	org, _, _ := strings.Cut(appID, "/")
	return org
}

func codes(owners []Organisation) string {
	list := make([]string, len(owners))
	for n, owner := range owners {
		list[n] = owner.Code
	}
	return strings.Join(list, ", ")
}
