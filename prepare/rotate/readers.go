package rotate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stafett/stafett/app/dotnet"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/project"
)

// Reader is somebody who reads the section's secrets.
type Reader struct {
	Name string // such as "fts/barmarkskjoring" or "stafett serve"
	// Rereads is how often it reads them again; 0 means when it starts only.
	Rereads time.Duration
}

// application stands for readers that nobody has named.
const application = "the application"

// NewReaders lists who reads the section's secrets: Stafett's own service, as the
// project says, and the original application, as its code says; where that cannot
// be told, when it starts. An application that takes its client from the file which
// Altinn mounts reads no secrets of the vault, and is not among them.
//
// Items are the vault's, and nil where they are not known. When they have the
// section's key for both clients, it is being moved from one to the other, and the
// application that runs may be older than its folder: it is then one that reads its
// secrets when it starts.
func NewReaders(p *project.Project, appID string, code *dotnet.Code, settings appsettings.MaskinportenSection, items []keyvault.Item) []Reader {
	readers := []Reader{{Name: "stafett serve", Rereads: p.Service.RereadSecrets}}
	own := Reader{Name: appID}
	family := prepare.FamilyOf(settings, items, code)
	if code != nil && !hasBothKeys(settings.Name, items) {
		switch code.SecretReading(family == appsettings.BuiltIn).How {
		case dotnet.Mounted:
			return readers
		case dotnet.EveryFiveMinutes:
			own.Rereads = 5 * time.Minute
		}
	}
	return append(readers, own)
}

// hasBothKeys reports whether the vault has the section's key under the names of
// both clients.
func hasBothKeys(section string, items []keyvault.Item) bool {
	for _, family := range []appsettings.Family{appsettings.ClientLibrary, appsettings.BuiltIn} {
		name := prepare.NamesOf(family, section).Key
		if !slices.ContainsFunc(items, func(item keyvault.Item) bool { return item.Enabled && strings.EqualFold(item.Name, name) }) {
			return false
		}
	}
	return true
}

func (t Target) readers() []Reader {
	if len(t.Readers) == 0 {
		return []Reader{{Name: application}}
	}
	return t.Readers
}

// await returns when nobody can be using the replaced key any more. It waits for
// readers that read again by themselves as long as it may.
func (r *run) await(ctx context.Context) error {
	awaited := r.awaited()
	if len(awaited) == 0 {
		return nil
	}
	start := now(r.systems)
	var until time.Time
	byItself := true
	for _, one := range awaited {
		until = later(until, one.Until)
		byItself = byItself && !one.Until.IsZero()
	}
	wait := until.Sub(start)
	if !byItself || wait > r.target.Wait {
		return &AwaitError{ClientID: r.clientID, KeyIDs: r.leaving(), Awaited: awaited}
	}
	r.report(prepare.Event{Stage: prepare.Waiting, Detail: fmt.Sprintf("until %s: %s", until.UTC().Format(time.RFC3339), awaited[0])})
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// awaited is who is still awaited, now that the new key is published.
func (r *run) awaited() []Awaited {
	if len(r.plan.Awaiting) == 0 {
		return nil
	}
	var all []Awaited
	for _, one := range r.plan.Awaiting {
		if one.Secret != "" {
			one.Since = r.published
			all = append(all, one)
		}
	}
	return append(all, r.target.awaited(r.published, now(r.systems), r.target.Finish && !r.stored)...)
}

// leaving are the keys that the plan removes.
func (r *run) leaving() []string {
	var ids []string
	for _, action := range r.plan.Actions {
		switch a := action.(type) {
		case RemoveKey:
			ids = append(ids, a.KeyID)
		case RemoveKeyByHand:
			ids = append(ids, a.KeyID)
		}
	}
	return ids
}
