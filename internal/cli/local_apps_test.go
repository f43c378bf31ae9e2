package cli

import (
	"testing"

	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/project"
)

// The example's number under another code is another owner, or the applications of
// that code would belong to nobody.
func TestOwnerOfAProject(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]local.Organisation{
		local.Example.Code: local.Example,
		"ska":              {Code: "ska", Number: local.Example.Number, Name: "ska"},
	} {
		known := &project.Project{}
		known.Owner.Org, known.Owner.OrganisationNumber = code, local.Example.Number
		if got := ownerOf(known); got != want {
			t.Errorf("the owner %s is %+v, want %+v", code, got, want)
		}
	}
}
