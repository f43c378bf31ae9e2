package fit

import "github.com/tailscale/hujson"

// inType is a change of one data type.
func inType(id string, change func(*document, hujson.Value)) func(*document) {
	return func(d *document) {
		types, _ := member(d.root, "dataTypes")
		array, ok := types.Value.(*hujson.Array)
		if !ok {
			return
		}
		for _, t := range array.Elements {
			if name, _ := member(t, "id"); textOf(name) == id {
				change(d, t)
				return
			}
		}
	}
}

// addDataTypes adds whole data types.
func (d *document) addDataTypes(types []any) {
	array, _ := member(d.root, "dataTypes")
	if _, ok := array.Value.(*hujson.Array); !ok { // absent, or null
		d.set(d.root, "dataTypes", types)
		return
	}
	d.add(array, types...)
}

// addContentTypes adds to a list that is there, since an absent one refuses
// nothing.
func (d *document) addContentTypes(dataType hujson.Value, contentTypes []string) {
	array, _ := member(dataType, "allowedContentTypes")
	values := make([]any, len(contentTypes))
	for i, t := range contentTypes {
		values[i] = t
	}
	d.add(array, values...)
}

// addContributor adds to the list that is there, in either spelling.
func (d *document) addContributor(dataType hujson.Value, who string) {
	for _, name := range []string{"allowedContributers", "allowedContributors"} {
		array, _ := member(dataType, name)
		if a, ok := array.Value.(*hujson.Array); ok && len(a.Elements) > 0 {
			d.add(array, who)
			return
		}
	}
}
