package doctor

import (
	"context"
	"errors"
	"net/http"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/prepare/fit"
)

const (
	docsReceiving = "https://docs.altinn.studio/altinn-studio/v8/guides/development/multi-app-solution/"
	docsPolicy    = "https://docs.altinn.studio/altinn-studio/v8/reference/configuration/authorization/"
	docsMetadata  = "https://docs.altinn.studio/api/models/app-metadata/"
)

// receivingChecks are the checks of stage receiving: whether the receiving
// application lets the organisation in.
func receivingChecks() []check {
	return []check{
		{id: "receiving.policy", title: "the receiving application's policy lets the organisation make and fill instances", docs: docsPolicy, needs: []string{"files.original", "files.receiving"}, run: checkReceivingPolicy},
		{id: "receiving.others", title: "nobody else makes instances of the receiving application", docs: docsPolicy, needs: []string{"files.original", "files.receiving"}, run: checkOthers},
		{id: "receiving.party-types", title: "the recipients may own instances of the receiving application", docs: docsMetadata, needs: []string{"files.original", "files.receiving"}, run: checkPartyTypes},
		{id: "receiving.reachable", title: "the receiving application answers", docs: docsReceiving, online: true, needs: []string{"files.receiving"}, run: reachReceiving},
		{id: "receiving.deployed", title: "what is deployed of it is what the folder holds", docs: docsReceiving, needs: []string{"receiving.reachable", "files.original"}, run: checkReceivingDeployed},
		{id: "receiving.storage", title: "Storage shows its instances to the organisation", docs: docsReceiving, online: true, needs: []string{"files.receiving", "exchange.org"}, run: listReceiving},
	}
}

// faults compiles the definitions against two applications and returns what is
// wrong with them.
func (f *facts) faults(original, receiving *app.Folder) []*handover.Fault {
	var all []*handover.Fault
	for _, definition := range f.project.Handovers {
		for _, one := range oneByOne(handover.Check(definition, original, receiving)) {
			if fault, ok := errors.AsType[*handover.Fault](one); ok {
				all = append(all, fault)
			}
		}
	}
	return all
}

// about returns one finding for each fault that is about a subject; nil when
// there is none.
func (f *facts) about(subject handover.Subject, cause string, remedy func(*handover.Fault) Remedy) findings {
	var found findings
	for _, one := range f.faults(f.original, f.receiving) {
		if one.Subject == subject {
			found = append(found, finding{status: Fail, evidence: one.Error(), cause: cause, remedy: remedy(one)})
		}
	}
	return found
}

func checkReceivingPolicy(_ context.Context, f *facts) findings {
	if found := f.lacking(fit.Receiving, "Altinn would answer 403", aboutPolicy); found != nil {
		return found
	}
	if found := f.about(handover.AboutReceivingPolicy, "Altinn would answer 403", func(*handover.Fault) Remedy {
		return by("let a rule of config/authorization/policy.xml in %s give %s the action, and deploy it", f.project.Applications.Receiving, f.project.Owner.Org)
	}); found != nil {
		return found
	}
	return f.compared(ok("%s may instantiate, read and write in its first task", f.project.Owner.Org))
}

func checkOthers(_ context.Context, f *facts) findings {
	if f.fit().err != nil {
		return f.compared(nil)
	}
	if others := fit.Others(f.fitting.input); others != "" {
		return fault(Warn, others, "instances can come into being that no handover made", by("take the action instantiate out of those rules in config/authorization/policy.xml of %s, unless it is meant", f.project.Applications.Receiving))
	}
	return ok("%s alone may instantiate", f.project.Owner.Org)
}

func checkPartyTypes(_ context.Context, f *facts) findings {
	const cause = "the application would answer 403 with a message about the instance's owner"
	if found := f.lacking(fit.Receiving, cause, needs(fit.NeedPartyType)); found != nil {
		return found
	}
	if found := f.about(handover.AboutRecipients, cause, func(*handover.Fault) Remedy {
		return by("allow it in partyTypesAllowed of config/applicationmetadata.json in %s, and deploy it", f.project.Applications.Receiving)
	}); found != nil {
		return found
	}
	return f.compared(ok("partyTypesAllowed of %s", f.receiving.ID))
}

func reachReceiving(ctx context.Context, f *facts) findings {
	deployed, found := f.readDeployed(ctx, f.receiving)
	if found != nil {
		return found
	}
	f.deployed = deployed
	return ok("%s", f.altinn.AppURL(f.receiving.ID))
}

func checkReceivingDeployed(_ context.Context, f *facts) findings {
	return f.checkDeployed(f.receiving, f.deployed, messages(f.faults(f.original, f.deployed)), messages(f.faults(f.original, f.receiving)))
}

func messages(faults []*handover.Fault) []string {
	texts := make([]string, len(faults))
	for i, fault := range faults {
		texts[i] = fault.Error()
	}
	return texts
}

func listReceiving(ctx context.Context, f *facts) findings {
	return f.list(ctx, f.receiving.ID)
}

// list asks Storage for one instance of an application as the organisation.
func (f *facts) list(ctx context.Context, appID string) findings {
	client := altinn.NewStorageClient(altinn.StorageConfig{Environment: f.altinn, HTTPClient: f.client(), Tokens: f.tokens.exchange})
	for _, err := range client.Instances(ctx, altinn.Query{AppID: appID, Size: 1}) {
		if err != nil {
			return f.storageFault(appID, err)
		}
		break
	}
	return ok("%s/storage/api/v1/instances?appId=%s", f.altinn.Platform, appID)
}

func (f *facts) storageFault(appID string, err error) findings {
	status, answered := errors.AsType[*altinn.StatusError](err)
	switch {
	case !answered:
		return unreachable("Storage", err)
	case status.Status == http.StatusForbidden:
		return fault(Fail, err.Error(), "Storage lists instances only for the application's owner, and only with the scope altinn:serviceowner/instances.read; the token has "+f.tokens.altinn.Scope,
			by("add altinn:serviceowner/instances.read to maskinporten.scopes in %s, then run: stafett prepare", f.project.Path))
	case status.Status == http.StatusNotFound:
		return fault(Fail, err.Error(), appID+" is not known to Storage: it has never been deployed in "+f.altinn.Name, by("deploy %s to %s in Altinn Studio", appID, f.altinn.Name))
	case status.Status == http.StatusUnauthorized:
		return fault(Fail, err.Error(), "Storage does not take the token that Altinn's own authentication has just given", by("look whether a proxy on the way changes the header Authorization"))
	}
	return fault(Fail, err.Error(), "Storage is out of order or overloaded", by("try again in a while; see https://status.altinn.no"))
}
