package inbox

import (
	"net/url"

	"github.com/stafett/stafett/local/web/api"
)

// folder is one of the parts of an inbox.
type folder string

const (
	active   folder = "active"   // begun and not sent in
	archived folder = "archived" // sent in
	deleted  folder = "deleted"  // soft deleted; those that are gone for good are listed nowhere
)

// folders are all of them, in the order in which they are shown.
var folders = [...]folder{active, archived, deleted}

// folderOf reads a folder from a query; what is not known is the first.
func folderOf(query url.Values) folder {
	asked := folder(query.Get("folder"))
	for _, f := range folders {
		if f == asked {
			return f
		}
	}
	return active
}

// folderWith is the folder that an instance is in.
func folderWith(in api.Instance) folder {
	switch {
	case in.Status.IsSoftDeleted:
		return deleted
	case in.Status.IsArchived:
		return archived
	}
	return active
}

// query chooses a folder's instances from those in Storage.
func (f folder) query() api.Query {
	yes, no := true, false
	switch f {
	case archived:
		return api.Query{Archived: &yes, SoftDeleted: &no}
	case deleted:
		return api.Query{SoftDeleted: &yes}
	case active:
	}
	return api.Query{Archived: &no, SoftDeleted: &no}
}

// path is the address of a folder in a party's inbox.
func (f folder) path(party string) string {
	if f == active {
		return "/inbox/" + party
	}
	return "/inbox/" + party + "?folder=" + string(f)
}
