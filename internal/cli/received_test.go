package cli

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/stafett/stafett/handover"
)

const storage = "https://platform.tt02.altinn.no/storage/api/v1/instances"

// stored is what these tests need of an instance in Storage.
type stored struct {
	ID         string
	AppID      string
	DataValues map[string]string
	Status     struct{ IsHardDeleted bool }
	Data       []struct{ ID, DataType string }
}

// stamped asks Storage for the live receiving instances with a key, as the
// organisation's daily manager.
func (s *site) stamped(key string) ([]stored, error) {
	token, err := s.wire.login(1)
	if err != nil {
		return nil, err
	}
	var list struct {
		Next      string
		Instances []stored
	}
	if err := s.wire.call(http.MethodGet, storage+"?size=1000&instanceOwner.partyId=50700001", token, "", nil, &list); err != nil {
		return nil, err
	}
	if list.Next != "" {
		return nil, errors.New("there are more receiving instances than one page")
	}
	var found []stored
	for _, i := range list.Instances {
		if i.DataValues[handover.Stamp] == key && !i.Status.IsHardDeleted {
			found = append(found, i)
		}
	}
	return found, nil
}

// complete compares what the person sent in with what the organisation has.
func (s *site) complete(source string, receiving stored) error {
	person, err := s.wire.login(0)
	if err != nil {
		return err
	}
	manager, err := s.wire.login(1)
	if err != nil {
		return err
	}
	var form stored
	if err := s.wire.call(http.MethodGet, storage+"/"+source, person, "", nil, &form); err != nil {
		return err
	}
	sent, err := s.contents(form, person)
	if err != nil {
		return err
	}
	got, err := s.contents(receiving, manager)
	if err != nil {
		return err
	}
	switch {
	case len(receiving.Data) != 3 || len(got) != 3:
		return fmt.Errorf("the receiving instance has %+v, and should have form data, PDF and map", receiving.Data)
	case sent["ref-data-as-pdf"] == "" || got["kildePdf"] != sent["ref-data-as-pdf"]:
		return errors.New("the PDF has other bytes than the original")
	case sent["kart"] == "" || got["vedlegg"] != sent["kart"]:
		return errors.New("the map has other bytes than the original")
	case !strings.Contains(got["sak"], "Čohkolaš") || !strings.Contains(got["sak"], source):
		return fmt.Errorf("the form data is not what was sent: %s", got["sak"])
	}
	return nil
}

// contents reads all data of an instance, by data type.
func (s *site) contents(i stored, token string) (map[string]string, error) {
	contents := make(map[string]string)
	for _, element := range i.Data {
		var content string
		if err := s.wire.call(http.MethodGet, storage+"/"+i.ID+"/data/"+element.ID, token, "", nil, &content); err != nil {
			return nil, err
		}
		contents[element.DataType] = content
	}
	return contents, nil
}
