package doctor

import (
	"bytes"
	"cmp"
	"reflect"
	"slices"

	"github.com/stafett/stafett/app"
)

// differences names what the deployed application has otherwise than the folder,
// of what a handover depends on.
func differences(folder, deployed *app.Folder) []string {
	var different []string
	if !sameText(folder.PolicyXML, deployed.PolicyXML) {
		different = append(different, "policy")
	}
	if !sameText(folder.ProcessXML, deployed.ProcessXML) {
		different = append(different, "process")
	}
	if folder.Metadata.PartyTypesAllowed != deployed.Metadata.PartyTypesAllowed {
		different = append(different, "party types")
	}
	for _, one := range folder.Metadata.DataTypes {
		if other, found := deployed.Metadata.DataType(one.ID); !found || !sameType(one, other) {
			different = append(different, "data type "+one.ID)
		}
	}
	for _, one := range deployed.Metadata.DataTypes {
		if _, found := folder.Metadata.DataType(one.ID); !found {
			different = append(different, "data type "+one.ID)
		}
	}
	slices.Sort(different)
	return different
}

// sameText passes over what files get and lose on their way: a byte order mark,
// and the kind and number of line ends.
func sameText(a, b []byte) bool {
	plain := func(text []byte) []byte {
		text = bytes.TrimPrefix(text, []byte("\ufeff"))
		return bytes.TrimSpace(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
	}
	return bytes.Equal(plain(a), plain(b))
}

// sameType compares what two data types mean: a deployed application writes out
// the members that the folder leaves to their defaults.
func sameType(a, b app.DataType) bool { return reflect.DeepEqual(meaning(a), meaning(b)) }

func meaning(t app.DataType) app.DataType {
	makesPDF := t.MakesPDF()
	t.EnablePDFCreation, t.Description, t.Grouping = &makesPDF, nil, ""
	for _, list := range []*[]string{&t.AllowedContentTypes, &t.AllowedContributors, &t.EnabledFileAnalysers, &t.EnabledFileValidators} {
		*list = slices.Sorted(slices.Values(*list)) // nil for an empty one
	}
	if t.AppLogic = cmp.Or(t.AppLogic, new(app.AppLogic)); t.AppLogic.SchemaRef != "" {
		logic := *t.AppLogic
		logic.SchemaRef = "" // names a file of the folder
		t.AppLogic = &logic
	}
	return t
}
