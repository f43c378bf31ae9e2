package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/prepare/fit"
)

const docsDefinitions = "https://docs.altinn.studio/altinn-studio/v8/guides/development/multi-app-solution/"

// handoverChecks are the checks of stage handover: the definitions of
// stafett.yaml against both applications.
func handoverChecks() []check {
	both := []string{"files.original", "files.receiving"}
	return []check{
		{id: "handover.definitions", title: "there is something to hand over", needs: []string{"files.project"}, run: checkDefinitions},
		{id: "handover.applications", title: "the definitions name the applications in the folders", needs: both, run: checkApplications},
		{id: "handover.scopes", title: "the scopes are those that a handover needs", needs: []string{"files.project"}, run: checkNeededScopes},
		{id: "handover.original-policy", title: "the original application's policy lets people fill in, and the organisation read the forms", docs: docsPolicy, needs: both, run: checkOriginalPolicy},
		{id: "handover.fields", title: "what is carried is in the forms, and fits the receiving model", docs: docsDefinitions, needs: both, run: checkFields},
		{id: "handover.attachments", title: "the receiving application takes the files that are carried", docs: docsMetadata, needs: both, run: checkAttachments},
		{id: "handover.kept", title: "the forms are still there when they have been sent in", docs: docsMetadata, needs: both, run: checkKept},
		{id: "handover.original", title: "the original application answers, and is what the folder holds", docs: docsDefinitions, online: true, needs: both, run: checkOriginalDeployed},
		{id: "handover.forms", title: "Storage shows the forms to the organisation", docs: docsDefinitions, online: true, needs: []string{"files.original", "exchange.org"}, run: listOriginal},
	}
}

func checkDefinitions(_ context.Context, f *facts) findings {
	if len(f.project.Handovers) == 0 {
		return fault(Warn, f.project.Path+" has no handovers", "nothing is handed over", by("write a definition under handovers in %s; docs/definitions.md has examples", f.project.Path))
	}
	return ok("%s", f.definitions())
}

// definitions lists the definitions' ids.
func (f *facts) definitions() string {
	ids := make([]string, len(f.project.Handovers))
	for i, definition := range f.project.Handovers {
		ids[i] = definition.ID
	}
	return strings.Join(ids, ", ")
}

// inProject is the remedy for what stands in a definition.
func (f *facts) inProject(fault *handover.Fault) Remedy {
	return by("mend line %d of %s", fault.Position.Line, f.project.Path)
}

func checkApplications(_ context.Context, f *facts) findings {
	if found := f.about(handover.AboutApplications, "the definition is for other applications than those that have been read", f.inProject); found != nil {
		return found
	}
	return ok("from %s to %s", f.original.ID, f.receiving.ID)
}

// The scopes without which no instance can be found, and none be made.
const (
	readScope  = "altinn:serviceowner/instances.read"
	writeScope = "altinn:serviceowner/instances.write"
)

func checkNeededScopes(_ context.Context, f *facts) findings {
	var missing []string
	for _, scope := range []string{readScope, writeScope} {
		if !slices.Contains(f.project.Integration.Scopes, scope) {
			missing = append(missing, scope)
		}
	}
	if missing == nil {
		return ok("%s %s", readScope, writeScope)
	}
	return fault(Fail, fmt.Sprintf("maskinporten.scopes in %s lacks %s", f.project.Path, strings.Join(missing, " ")), "without the one no form is found, and without the other no new instance is made",
		by("add %s to maskinporten.scopes in %s, then run: stafett prepare", strings.Join(missing, " and "), f.project.Path))
}

// unfillable is [fit.Unfillable] where the folders could be read.
func (f *facts) unfillable() string {
	if f.fit().err != nil {
		return ""
	}
	return fit.Unfillable(f.fit().input)
}

func checkOriginalPolicy(_ context.Context, f *facts) findings {
	if problem := f.unfillable(); problem != "" {
		return fault(Fail, problem, "its rules are about another application, or have no role or access package as subject",
			by("let the rules of config/authorization/policy.xml in %s be about %s, and one of them give a role the action write; then deploy it", f.project.Applications.Original, f.original.ID))
	}
	if found := f.lacking(fit.Original, "Altinn would answer 403", aboutPolicy); found != nil {
		return found
	}
	if found := f.about(handover.AboutOriginalPolicy, "Altinn would answer 403", func(*handover.Fault) Remedy {
		return by("let a rule of config/authorization/policy.xml in %s give %s the action, and deploy it", f.project.Applications.Original, f.project.Owner.Org)
	}); found != nil {
		return found
	}
	return f.compared(ok("%s may read", f.project.Owner.Org))
}

func checkFields(_ context.Context, f *facts) findings {
	if found := f.about(handover.AboutFields, "the handover cannot fill the receiving form", f.inProject); found != nil {
		return found
	}
	return ok("every field of %s", f.definitions())
}

func checkAttachments(_ context.Context, f *facts) findings {
	const cause = "the receiving application would refuse the files, or never get them"
	carried := needs(fit.NeedDataType, fit.NeedContentTypes, fit.NeedSize, fit.NeedCount, fit.NeedContributor, fit.NeedPDF)
	if found := append(f.lacking(fit.Original, cause, carried), f.lacking(fit.Receiving, cause, carried)...); found != nil {
		return found
	}
	if found := f.about(handover.AboutAttachments, cause, func(fault *handover.Fault) Remedy {
		return by("fit the data type in config/applicationmetadata.json in %s, and deploy it; or mend line %d of %s", f.project.Applications.Receiving, fault.Position.Line, f.project.Path)
	}); found != nil {
		return found
	}
	return f.compared(ok("data types, sizes, counts and content types"))
}

func checkKept(_ context.Context, f *facts) findings {
	if found := f.lacking(fit.Original, "a handover comes after the end of the process, and finds nothing", needs(fit.NeedKeep)); found != nil {
		return found
	}
	return f.compared(ok("%s deletes nothing when a form is sent in", f.original.ID))
}

func checkOriginalDeployed(ctx context.Context, f *facts) findings {
	deployed, found := f.readDeployed(ctx, f.original)
	if found != nil {
		return found
	}
	return f.checkDeployed(f.original, deployed, messages(f.faults(deployed, f.receiving)), messages(f.faults(f.original, f.receiving)))
}

func listOriginal(ctx context.Context, f *facts) findings { return f.list(ctx, f.original.ID) }
