package cli

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/internal/isolate"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/selfservice"
)

// explanation is what a person is told about an error.
type explanation struct {
	code string // stable, English, for programs
	hint string // what to do
	docs string
	exit int
}

const (
	docsMaskinporten = "https://docs.digdir.no/docs/Maskinporten/maskinporten_feilsoking"
	docsSelfService  = "https://docs.digdir.no/docs/idporten/oidc/oidc_api_admin"
	docsVaultAccess  = "https://docs.altinn.studio/altinn-studio/guides/administration/access-management/apps/"
	docsMultiApp     = "https://docs.altinn.studio/altinn-studio/v8/guides/development/multi-app-solution/"
)

// explain finds the first error in the chain that is known here.
func explain(err error) explanation {
	told := explanation{code: "FAILED", exit: exitFailed, hint: remedy(err)}
	var (
		usage      *usageError
		local      *notRunningError
		elsewhere  *notServedError
		production *productionError
		listen     *listenError
		program    *programError
		isolation  *isolate.UnavailableError
		steering   *control.Error
		access     *keyvault.AccessError
		deleted    *keyvault.SoftDeletedError
		disabled   *keyvault.DisabledError
		credential *keyvault.CredentialError
		key        *jwk.FormatError
		grant      *maskinporten.Error
		retired    *maskinporten.RetiredError
		portal     *selfservice.Error
		status     *altinn.StatusError
		input      *needsInputError
		story      *storyError
		file       *fs.PathError
	)
	switch {
	case errors.As(err, new(*errandError)): // before what it wraps: why the last answer did not hold
		told.code, told.exit = "PORTAL", exitNeedsInput
	case errors.As(err, &usage):
		told.code, told.exit = "USAGE", exitUsage
	case errors.As(err, &input):
		told.code, told.exit = "NEEDS-INPUT", exitNeedsInput
	case errors.As(err, &story):
		told.code, told.hint = "STORY", "see the requests: stafett demo --keep DIR; and more of what happened: --verbose"
	case errors.As(err, &local):
		told.code, told.hint = "LOCAL-NOT-RUNNING", "start it in another terminal: stafett local up"
	case errors.As(err, &elsewhere):
		told.code, told.hint = "NOT-SERVED", "start the local platform with the same stafett.yaml (stafett local up --project FILE), or mend the name where it is set"
	case errors.As(err, &steering):
		told.code = "LOCAL-CONTROL"
	case explainProject(err, &told):
	case errors.As(err, &production):
		told.code, told.exit = "PRODUCTION", exitUsage
	case errors.As(err, &listen):
		told.code = listen.code
	case errors.As(err, &isolation):
		told.code = "ISOLATION"
	case errors.As(err, &program):
		told.code, told.exit = "PROGRAM", program.code
	case errors.As(err, &access):
		told.code, told.exit, told.docs = "VAULT-ACCESS", exitDenied, docsVaultAccess
	case errors.As(err, &credential):
		told.code, told.exit = "AZURE-CREDENTIAL", exitDenied
	case errors.As(err, &deleted):
		told.code = "SECRET-DELETED"
	case errors.As(err, &disabled):
		told.code = "SECRET-DISABLED"
	case errors.As(err, &key):
		told.code = "KEY-FORMAT"
	case errors.As(err, &retired):
		told.code = "RETIRED-ENVIRONMENT"
	case errors.As(err, &grant):
		told.code, told.exit, told.docs = "MASKINPORTEN", exitDenied, docsMaskinporten
		if grant.MPCode != "" {
			told.code = grant.MPCode
		}
		if grant.Temporary() {
			told.exit = exitUnavailable
		}
	case errors.As(err, &portal):
		told.code, told.exit, told.docs = "SELF-SERVICE", exitForStatus(portal.Status), docsSelfService
	case explainPlan(err, &told):
	case explainHandover(err, &told):
	case errors.As(err, &status):
		told.code, told.exit, told.docs = "ALTINN", exitForStatus(status.Status), docsMultiApp
		if told.hint == "" {
			told.hint = hintForStatus(status.Status)
		}
	case cannotServe(err):
		told.code, told.hint = "ADDRESS", "choose another address (--listen, --metrics-listen, or service.listen of stafett.yaml), or none: --listen none"
	case unreachable(err):
		told.code, told.exit = "UNAVAILABLE", exitUnavailable
		if name := (*net.DNSError)(nil); errors.As(err, &name) && name.IsNotFound {
			told.hint = cmp.Or(told.hint, "check the name "+name.Name+" where it is set (the vault's in stafett.yaml), and that this machine has a network")
		}
		if told.hint == "" {
			told.hint = "try again; behind a proxy or firewall, check HTTPS_PROXY and that the host is allowed"
		}
	case errors.As(err, new(*integration.SettingError)), errors.As(err, new(*appsettings.FlagError)):
		told.code = "SETTING"
	case errors.As(err, &file):
		told.code = "FILE"
		switch {
		case told.hint != "":
		case errors.Is(err, syscall.ENOSPC):
			told.hint = "make room on the disk of " + file.Path
		default:
			told.hint = "check that " + file.Path + " and its folder are there, and that you may use them"
		}
	}
	return told
}

// remedy returns what the error itself, or one that it wraps, says to do; of
// several settings, what each does.
func remedy(err error) string {
	if faults := integration.Faults(err); len(faults) > 1 {
		var lines []string
		for _, fault := range faults {
			lines = append(lines, fault.Setting+": "+fault.Remedy())
		}
		return strings.Join(lines, "\n")
	}
	var known interface{ Remedy() string }
	if errors.As(err, &known) {
		return known.Remedy()
	}
	return ""
}

func hintForStatus(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "the token was not accepted: check that the section's Environment and stafett.yaml's environment go together"
	case http.StatusForbidden:
		return "look at the token's scopes (stafett token), and at the rules for urn:altinn:org in the application's config/authorization/policy.xml"
	case http.StatusNotFound:
		return "check the id, and that it belongs to this environment"
	}
	if exitForStatus(status) == exitUnavailable {
		return "try again later"
	}
	return ""
}

func exitForStatus(status int) int {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return exitDenied
	case status == http.StatusTooManyRequests || status >= http.StatusInternalServerError:
		return exitUnavailable
	default:
		return exitFailed
	}
}

// cannotServe reports whether an address to listen on is taken, or cannot be had.
func cannotServe(err error) bool {
	var network *net.OpError
	return errors.As(err, &network) && network.Op == "listen"
}

// unreachable reports whether no answer came at all. Only errors of the network
// count: those of files have the methods of net.Error too.
func unreachable(err error) bool {
	var network *net.OpError
	var request *url.Error
	var name *net.DNSError
	return errors.As(err, &network) || errors.As(err, &name) || errors.As(err, &request) || errors.Is(err, context.DeadlineExceeded)
}
