package definition

import (
	"context"
	"fmt"

	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/form"
)

// Element returns the data element that the form fills in; false where the
// instance has none.
func (d *Definition) Element(in api.Instance) (api.DataElement, bool) {
	if d.DataType == "" {
		return api.DataElement{}, false
	}
	found := in.DataOf(d.DataType)
	if len(found) == 0 {
		return api.DataElement{}, false
	}
	return found[0], true
}

// State reads what the form holds. The form is as yet for reading only: whoever
// wants more sets Write, Actions and Now.
func (d *Definition) State(ctx context.Context, client *api.Client, in api.Instance) (form.State, error) {
	state := form.State{Instance: instance(in), Files: Files(d, in), Language: client.Language}
	if element, ok := d.Element(in); ok {
		var err error
		if state.Data, err = client.FormData(ctx, d.AppID, in.ID, element.ID); err != nil {
			return form.State{}, fmt.Errorf("read what the form holds: %w", err)
		}
	}
	return state, nil
}

// Files returns the elements of an instance that are files and not forms, in the
// order in which they were stored.
func Files(d *Definition, in api.Instance) []form.File {
	var files []form.File
	for _, element := range in.Data {
		if dataType, ok := d.Metadata.DataType(element.DataType); ok && dataType.IsFormData() {
			continue
		}
		files = append(files, form.File{
			ID: element.ID, DataType: element.DataType, Name: element.Filename,
			ContentType: element.ContentType, Size: element.Size,
		})
	}
	return files
}

func instance(in api.Instance) form.Instance {
	return form.Instance{
		ID: in.ID, AppID: in.AppID, OwnerPartyID: in.InstanceOwner.PartyID,
		OwnerName: in.OwnerName, OwnerType: ownerType(in.InstanceOwner),
	}
}

func ownerType(owner storage.InstanceOwner) string {
	switch {
	case owner.PersonNumber != "":
		return "person"
	case owner.OrganisationNumber != "":
		return "org"
	case owner.Username != "":
		return "selfIdentified"
	}
	return "unknown"
}
