package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/stafett/stafett/app"
)

// maxDeployed bounds one document that is fetched, in bytes.
const maxDeployed = 8 << 20

// openFiles are the files of an application's folder that the deployed
// application shows to everybody, in the order in which they are asked for
// (docs.altinn.studio, App API).
var openFiles = []struct{ address, name string }{
	{"/api/v1/applicationmetadata?checkOrgApp=false", "config/applicationmetadata.json"},
	{"/api/v1/meta/authorizationpolicy", "config/authorization/policy.xml"},
	{"/api/v1/meta/process", "config/process/process.bpmn"},
}

// statusError is an answer other than 200 to an open request.
type statusError struct {
	address string
	status  int
}

func (e *statusError) Error() string { return fmt.Sprintf("GET %s: HTTP %d", e.address, e.status) }

// fetch reads what is open to everybody. It sends no token.
func (f *facts) fetch(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := f.client().Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, &statusError{address, response.StatusCode}
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxDeployed+1))
	if err == nil && len(body) > maxDeployed {
		err = fmt.Errorf("GET %s: the answer is over %d bytes", address, maxDeployed)
	}
	return body, err
}

// readDeployed reads an application as it is deployed. What it does not show,
// such as its models, is taken from the folder.
func (f *facts) readDeployed(ctx context.Context, folder *app.Folder) (*app.Folder, findings) {
	base := f.altinn.AppURL(folder.ID)
	laid := make(map[string][]byte, len(openFiles))
	for _, open := range openFiles {
		content, err := f.fetch(ctx, base+open.address)
		if err != nil {
			return nil, f.notDeployed(folder, err)
		}
		laid[path.Join(folder.Root, open.name)] = content
	}
	deployed, err := app.LoadFS(laidFS{os.DirFS(folder.Dir), laid})
	if err != nil {
		return nil, fault(Fail, fmt.Sprintf("%s as it is deployed: %v", folder.ID, err), "what is deployed and the folder do not belong together",
			by("deploy %s from this folder, or set applications in %s to the folder that is deployed", folder.ID, f.project.Path))
	}
	return deployed, nil
}

// notDeployed explains why an application does not show its files.
func (f *facts) notDeployed(folder *app.Folder, err error) findings {
	deploying := by("deploy %s to %s in Altinn Studio, or set environment in %s to where it is deployed", folder.ID, f.altinn.Name, f.project.Path)
	if name, isName := errors.AsType[*net.DNSError](err); isName && name.IsNotFound {
		return fault(Fail, err.Error(), fmt.Sprintf("%s has no application in %s", folder.Org, f.altinn.Name), deploying)
	}
	status, answered := errors.AsType[*statusError](err)
	switch {
	case !answered:
		return unreachable(folder.ID, err)
	case status.status == http.StatusNotFound:
		return fault(Fail, err.Error(), folder.ID+" is not deployed in "+f.altinn.Name, deploying)
	case status.status >= http.StatusInternalServerError:
		return fault(Fail, err.Error(), folder.ID+" is deployed and does not run; an application that cannot read its vault or its settings stops at start-up",
			by("look at the application's log in Altinn Studio or Grafana"))
	}
	return fault(Fail, err.Error(), folder.ID+" does not show its metadata, which is open to everybody", by("look whether a proxy stands between this machine and %s", status.address))
}

// checkDeployed compares an application as it is deployed with its folder, and
// tells what handovers would stumble over that the folder alone does not show.
func (f *facts) checkDeployed(folder, deployed *app.Folder, faults, already []string) findings {
	different := differences(folder, deployed)
	if len(different) == 0 {
		return ok("%s in %s is what the folder holds", folder.ID, f.altinn.Name)
	}
	deploying := by("deploy %s to %s; or, if the folder is the older one, get the newer", folder.ID, f.altinn.Name)
	evidence := "deployed otherwise than in the folder: " + strings.Join(different, ", ")
	for _, one := range faults {
		if !slices.Contains(already, one) {
			return fault(Fail, evidence, "with what is deployed, "+one, deploying)
		}
	}
	return fault(Warn, evidence, "what is said here of the folder may not be true of the application that runs", deploying)
}
