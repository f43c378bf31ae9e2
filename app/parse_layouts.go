package app

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// LayoutSettings is Settings.json of a layout set, as far as Stafett uses it.
type LayoutSettings struct {
	DefaultDataType string   // the data type that the components are bound to; empty = not said here
	Order           []string // names of the pages in the order in which they are shown; empty = not said
}

// ParseLayoutSets reads ui/layout-sets.json, or an application's answer with it.
// The sets have no pages yet; see [ParseLayouts].
func ParseLayoutSets(data []byte) ([]LayoutSet, error) {
	var list struct {
		Sets []struct {
			ID       string   `json:"id"`
			DataType string   `json:"dataType"`
			Tasks    []string `json:"tasks"`
		} `json:"sets"`
	}
	if err := decodeJSON(data, &list); err != nil {
		return nil, err
	}
	sets := make([]LayoutSet, len(list.Sets))
	for i, s := range list.Sets {
		sets[i] = LayoutSet{ID: s.ID, DataType: s.DataType, Tasks: s.Tasks}
	}
	return sets, nil
}

// ParseLayoutSettings reads Settings.json of a layout set. Pages in groups come
// after those in no group.
func ParseLayoutSettings(data []byte) (LayoutSettings, error) {
	var in struct {
		DefaultDataType string `json:"defaultDataType"`
		Pages           struct {
			Order  []string `json:"order"`
			Groups []struct {
				Order []string `json:"order"`
			} `json:"groups"`
		} `json:"pages"`
	}
	if err := decodeJSON(data, &in); err != nil {
		return LayoutSettings{}, err
	}
	settings := LayoutSettings{DefaultDataType: in.DefaultDataType, Order: in.Pages.Order}
	for _, g := range in.Pages.Groups {
		settings.Order = append(settings.Order, g.Order...)
	}
	return settings, nil
}

// ParseLayout reads one page: a file ui/{set}/layouts/{name}.json.
func ParseLayout(name string, data []byte) (Page, error) {
	var layout struct {
		Data struct {
			Hidden json.RawMessage `json:"hidden"`
			Layout []Component     `json:"layout"`
		} `json:"data"`
	}
	if err := decodeJSON(data, &layout); err != nil {
		return Page{}, err
	}
	return Page{Name: name, Hidden: layout.Data.Hidden, Components: layout.Data.Layout}, nil
}

// ParseLayouts reads an application's answer with all layouts of a set, an object
// with a member for each page. The pages come in the order given, and those that
// it does not name are left out; without an order they come by name.
func ParseLayouts(data []byte, order []string) ([]Page, error) {
	var layouts map[string]json.RawMessage
	if err := decodeJSON(data, &layouts); err != nil {
		return nil, err
	}
	if len(order) == 0 {
		order = slices.Sorted(maps.Keys(layouts))
	}
	var pages []Page
	for _, name := range order {
		layout, ok := layouts[name]
		if !ok {
			return nil, fmt.Errorf("the page %q has no layout", name)
		}
		page, err := ParseLayout(name, layout)
		if err != nil {
			return nil, fmt.Errorf("page %q: %w", name, err)
		}
		pages = append(pages, page)
	}
	return pages, nil
}

// ParseTexts reads config/texts/resource.{language}.json, or an application's
// answer with it.
func ParseTexts(data []byte) (Texts, error) {
	var texts Texts
	err := decodeJSON(data, &texts)
	return texts, err
}

// ParseOptions reads an option list: a file options/{id}.json, or an
// application's answer with it.
func ParseOptions(data []byte) ([]Option, error) {
	var options []Option
	err := decodeJSON(data, &options)
	return options, err
}
