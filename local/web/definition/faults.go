package definition

import (
	"fmt"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/web/form"
)

// Faults returns what is wrong with the layouts of an application's folder, in
// English: what the pages of its forms would tell in the components' places.
func Faults(folder *app.Folder) ([]form.Fault, error) {
	var faults []form.Fault
	for _, set := range folder.LayoutSets {
		if set.DataType == "" && len(set.Tasks) > 0 {
			set.DataType = dataTypeOf(folder.Metadata, set.Tasks[0])
		}
		read, err := form.New(form.Source{
			AppID: folder.ID, Set: set, Options: folder.Options, Schema: folder.Models[set.DataType], DataTypes: folder.Metadata.DataTypes,
		})
		if err != nil {
			return nil, fmt.Errorf("read the layouts of %s: %w", folder.ID, err)
		}
		faults = append(faults, read.Faults("en")...)
	}
	return faults, nil
}
