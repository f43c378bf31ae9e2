package doctor

import (
	"context"
	"errors"
	"fmt"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/project"
)

// filesChecks are the checks of stage files.
func filesChecks() []check {
	return []check{
		{id: "files.project", title: "stafett.yaml can be read", run: readProject},
		{id: "files.original", title: "the original application's folder is whole", needs: []string{"files.project"}, run: readOriginal},
		{id: "files.receiving", title: "the receiving application's folder is whole", needs: []string{"files.project"}, run: readReceiving},
	}
}

func readProject(_ context.Context, f *facts) findings {
	if f.world.Load == nil {
		return skip("no project file was named")
	}
	p, err := f.world.Load()
	if err != nil {
		var found findings
		for _, one := range oneByOne(err) {
			found = append(found, finding{status: Fail, evidence: one.Error(), cause: "nothing is known without it", remedy: projectRemedy(one)})
		}
		return found
	}
	if f.altinn, err = altinn.LookupEnvironment(p.Environment); err != nil {
		return fault(Fail, err.Error(), "the environment says which systems are asked", by("set environment in %s to tt02 or prod", p.Path))
	}
	if f.issuer, err = maskinporten.LookupEnvironment(f.altinn.MaskinportenEnvironment); err != nil {
		return fault(Fail, err.Error(), "no token can be had", remedyOf(err, by("set environment in %s to tt02 or prod", p.Path)))
	}
	f.project = p
	return ok("%s: %s in %s", p.Path, p.Owner.Org, p.Environment)
}

func projectRemedy(err error) Remedy {
	if fault, found := errors.AsType[*project.Fault](err); found {
		return by("mend line %d of %s", fault.Position.Line, fault.Path)
	}
	return remedyOf(err, by("name the project file with --project, or write one; examples/stafett.yaml explains each line: https://github.com/stafett/stafett/blob/main/examples/stafett.yaml"))
}

func readOriginal(_ context.Context, f *facts) findings {
	folder, found := readFolder("original", f.project.Applications.Original, f.project)
	if folder != nil && folder.Org != f.project.Owner.Org {
		return fault(Fail, fmt.Sprintf("%s is the application %s", folder.Dir, folder.ID),
			fmt.Sprintf("the owner in %s is %s, and an organisation can only read the forms of its own applications", f.project.Path, f.project.Owner.Org),
			by("set owner.org and owner.organisationNumber in %s to those of %s, or applications.original to another folder", f.project.Path, folder.Org))
	}
	f.original = folder
	return found
}

func readReceiving(_ context.Context, f *facts) findings {
	folder, found := readFolder("receiving", f.project.Applications.Receiving, f.project)
	if folder != nil && folder.Org != f.project.Owner.Org {
		found = fault(Warn, fmt.Sprintf("%s is the application %s", folder.Dir, folder.ID),
			fmt.Sprintf("the owner in %s is %s, which acts on behalf of itself only: %s sees it as a stranger", f.project.Path, f.project.Owner.Org, folder.ID),
			by("if that is meant, let the policy of %s name the organisation %s; else set applications.receiving in %s to another folder", folder.ID, f.project.Owner.Org, f.project.Path))
	}
	f.receiving = folder
	return found
}

// readFolder loads an application's folder.
func readFolder(role, dir string, p *project.Project) (*app.Folder, findings) {
	folder, err := app.Load(dir)
	if err != nil {
		var found findings
		for _, one := range oneByOne(err) {
			found = append(found, finding{
				status: Fail, evidence: one.Error(), cause: "Altinn would not deploy it, or not as it is meant",
				remedy: remedyOf(one, by("mend the file that is named, or set applications.%s in %s to the application's folder", role, p.Path)),
			})
		}
		return nil, found
	}
	return folder, ok("%s in %s", folder.ID, dir)
}

// oneByOne takes joined errors apart.
func oneByOne(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, part := range joined.Unwrap() {
		all = append(all, oneByOne(part)...)
	}
	return all
}

// remedyOf is what an error itself says to do, else the other remedy.
func remedyOf(err error, other Remedy) Remedy {
	var known interface{ Remedy() string }
	if errors.As(err, &known) && known.Remedy() != "" {
		return Remedy{Text: known.Remedy()}
	}
	return other
}
