package inbox

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stafett/stafett/local/web/frame"
)

// stamp is the data value by which an instance that was handed over carries the
// key of its handover.
const stamp = "stafett.handoverKey"

// instanceID is how one instance names another in its data.
var instanceID = regexp.MustCompile(`^([0-9]{1,10})/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

// origin tells where an instance was handed over from.
type origin struct {
	Key string // of the handover
	// Sources are the instances that the form names, usually the one that it was
	// made from: the key itself tells nobody which that was.
	Sources []source
}

// source is an instance that a form names.
type source struct {
	ID string // {party}/{guid}
	// Path leads to it if the person may see it, and Title is its application's.
	Path, Title string
}

// originOf returns nil for an instance that was not handed over.
func originOf(c *frame.Call, o opened, data map[string]any) *origin {
	key, ok := o.DataValues[stamp]
	if !ok {
		return nil
	}
	found := &origin{Key: key}
	known := newApplications(c)
	for _, id := range instancesIn(data) {
		if id == o.ID {
			continue
		}
		made := source{ID: id}
		// Only where the person has any business is it asked for: a refusal that
		// nobody has asked for would stand in the timeline.
		if mine(c, id) {
			if in, err := o.client.Stored(c.Context(), id); err == nil {
				made.Path, made.Title = "/inbox/"+id, titleOf(known.of(in.AppID), in.AppID, c.Language)
			}
		}
		found.Sources = append(found.Sources, made)
	}
	return found
}

// mine tells whether an instance belongs to a party for whom the person may act.
func mine(c *frame.Call, id string) bool {
	owner, _, _ := strings.Cut(id, "/")
	party, err := strconv.Atoi(owner)
	if err != nil {
		return false
	}
	_, ok := c.Person.Party(party)
	return ok
}

// instancesIn lists the texts in form data that are ids of instances, each once,
// by the order of their fields' names.
func instancesIn(value any) []string {
	var found []string
	add := func(ids ...string) {
		for _, id := range ids {
			if !slices.Contains(found, id) {
				found = append(found, id)
			}
		}
	}
	switch value := value.(type) {
	case string:
		if instanceID.MatchString(value) {
			add(value)
		}
	case []any:
		for _, item := range value {
			add(instancesIn(item)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			add(instancesIn(value[name])...)
		}
	}
	return found
}
