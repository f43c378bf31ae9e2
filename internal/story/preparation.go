package story

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/prepare"
)

// readVault lists the vault and reads the two secrets, which are not there yet,
// before anything else is touched.
func (w *world) readVault(ctx context.Context) (string, error) {
	items, err := w.vault.List(ctx)
	if err != nil {
		return "", err
	}
	clientID, encodedJWK := keyvault.SecretNames(w.project.Section)
	for _, name := range []string{clientID, encodedJWK} {
		switch _, err := w.vault.Get(ctx, name); {
		case err == nil:
			return "", fmt.Errorf("the secret %s should not be there yet", name)
		case !errors.Is(err, keyvault.ErrNotFound):
			return "", err
		}
	}
	return fmt.Sprintf("%s holds %d secrets, and not yet the two that are wanted", w.vault.Host(), len(items)), nil
}

// apply plans anew and does the first actions for which wanted holds, as a run
// after a crash would: each step starts from the state of the world. It returns
// what was done.
func (w *world) apply(ctx context.Context, wanted func(prepare.Action) bool) ([]prepare.Action, error) {
	state, err := prepare.Read(ctx, w.systems, w.target)
	if err != nil {
		return nil, err
	}
	plan, err := prepare.NewPlan(state)
	if err != nil {
		return nil, err
	}
	end := slices.IndexFunc(plan.Actions, func(a prepare.Action) bool { return !wanted(a) })
	if end < 0 {
		end = len(plan.Actions)
	}
	if end == 0 {
		return nil, errors.New("the plan holds nothing to do for this step")
	}
	plan.Actions = plan.Actions[:end]
	result, err := prepare.Apply(ctx, w.systems, plan, nil)
	return result.Done, err
}

func (w *world) makeKey(ctx context.Context) (string, error) {
	_, err := w.apply(ctx, func(a prepare.Action) bool {
		_, ok := a.(prepare.MakeKey)
		return ok
	})
	if err != nil {
		return "", err
	}
	if err := onlyTheVault(w.observed.all(), w.vault.Host()); err != nil {
		return "", err
	}
	key, err := w.vaultKey(ctx)
	if err != nil {
		return "", err
	}
	if err := searchForKey(key, w.dir, w.keep); err != nil {
		return "", err
	}
	thumbprint, err := key.Public().Thumbprint()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("key %s, thumbprint %s; the vault was the first thing written, and no file holds the key", key.KeyID(), thumbprint), nil
}

// vaultKey reads the key back as an Altinn library reads it.
func (w *world) vaultKey(ctx context.Context) (*jwk.Key, error) {
	_, name := keyvault.SecretNames(w.project.Section)
	secret, err := w.vault.Get(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("read the key back: %w", err)
	}
	key, err := jwk.ParseEncoded(secret.Value)
	if err != nil {
		return nil, fmt.Errorf("read the key back from secret %s: %w", name, err)
	}
	return key, nil
}

func (w *world) registerIntegration(ctx context.Context) (string, error) {
	_, err := w.apply(ctx, func(a prepare.Action) bool { return a.System() == prepare.Samarbeidsportal })
	proof := (*prepare.ProofError)(nil)
	if err != nil && !errors.As(err, &proof) {
		return "", err
	}
	key, keyErr := w.vaultKey(ctx)
	if keyErr != nil {
		return "", keyErr
	}
	wanted, keyErr := key.Public().Thumbprint()
	if keyErr != nil {
		return "", keyErr
	}
	integrations, listErr := w.portal.List(ctx)
	if listErr != nil {
		return "", listErr
	}
	for _, integration := range integrations {
		if integration.Name != w.target.Integration {
			continue
		}
		w.document.Integration = Integration{ClientID: integration.ClientID, Scopes: integration.Scopes}
		for _, scope := range w.target.Scopes {
			if !slices.Contains(integration.Scopes, scope) {
				return "", fmt.Errorf("integration %s lacks the scope %s", integration.ClientID, scope)
			}
		}
		set, err := w.portal.Keys(ctx, integration.ClientID)
		if err != nil {
			return "", err
		}
		for _, registered := range set.Keys {
			if thumbprint, err := registered.Thumbprint(); err == nil && thumbprint == wanted {
				return fmt.Sprintf("%s has client id %s, %s and key %s", integration.Name, integration.ClientID, strings.Join(integration.Scopes, " and "), registered.KeyID), nil
			}
		}
		return "", fmt.Errorf("the key registered on %s is not the one in the vault (thumbprint %s)", integration.ClientID, wanted)
	}
	return "", errors.Join(fmt.Errorf("samarbeidsportalen has no integration %s", w.target.Integration), err)
}

func (w *world) fitSettings(ctx context.Context) (string, error) {
	done, err := w.apply(ctx, func(prepare.Action) bool { return true })
	if err != nil {
		return "", err
	}
	items, err := w.vault.List(ctx)
	if err != nil {
		return "", err
	}
	for _, item := range items {
		w.document.Secrets = append(w.document.Secrets, item.Name)
	}
	slices.Sort(w.document.Secrets)
	clientName, keyName := keyvault.SecretNames(w.project.Section)
	if !slices.Equal(w.document.Secrets, []string{clientName, keyName}) {
		return "", fmt.Errorf("the vault holds %v, not exactly %s and %s", w.document.Secrets, clientName, keyName)
	}
	stored, err := w.vault.Get(ctx, clientName)
	if err != nil {
		return "", err
	}
	if stored.Value.Reveal() != w.document.Integration.ClientID {
		return "", fmt.Errorf("secret %s is not the client id of the integration", clientName)
	}
	fitted, err := os.ReadFile(filepath.Join(w.project.Applications.Original, "appsettings.json"))
	if err != nil {
		return "", err
	}
	if err := checkFit(fitted); err != nil {
		return "", err
	}
	state, err := prepare.Read(ctx, w.systems, w.target)
	if err != nil {
		return "", err
	}
	plan, err := prepare.NewPlan(state)
	if err != nil {
		return "", err
	}
	if !plan.IsEmpty() {
		return "", fmt.Errorf("a second run would still change something: %s", plan)
	}
	reasons, err := reasonsOf(done)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s and %s\n%s\nevery other byte is untouched, and a second run has nothing to do", clientName, keyName, reasons), nil
}

// reasonsOf tells each change of a settings file with its reason. A change
// without one is an error: nobody should have to guess why their file changed.
func reasonsOf(actions []prepare.Action) (string, error) {
	var lines []string
	for _, action := range actions {
		edit, ok := action.(prepare.EditFile)
		if !ok {
			continue
		}
		for _, change := range edit.Changes {
			if change.Reason == "" {
				return "", fmt.Errorf("the change of %s in %s has no reason", change.Name, edit.Name)
			}
			lines = append(lines, fmt.Sprintf("%s: %s: %s", edit.Name, change.Name, change.Reason))
		}
	}
	if len(lines) == 0 {
		return "", errors.New("no settings file was fitted")
	}
	return strings.Join(lines, "\n"), nil
}

// checkFit compares the fitted file with the guide's: the three edits, and not
// a byte more.
func checkFit(fitted []byte) error {
	want := bytes.Replace(guideSettings, []byte(`"Environment": "ver2"`), []byte(`"Environment": "test"`), 1)
	want = bytes.Replace(want, []byte(`altinn:serviceowner/instances.read"`), []byte(`altinn:serviceowner/instances.read altinn:serviceowner/instances.write"`), 1)
	want = bytes.Replace(want, []byte(",\n    \"EnableDebugLog\": true"), nil, 1)
	if !bytes.Equal(fitted, want) {
		return errors.New("appsettings.json is not the guide's with the three edits and nothing else")
	}
	return nil
}

// proveToken starts a handover process, which reads the settings as an
// application does at start-up, and looks at the token that it gets.
func (w *world) proveToken(ctx context.Context) (string, error) {
	first, err := w.startProcess(ctx, "first")
	if err != nil {
		return "", err
	}
	w.first = first
	token, err := first.integration.Altinn().Token(ctx)
	if err != nil {
		return "", err
	}
	claims, err := altinn.ParseClaims(token)
	if err != nil {
		return "", err
	}
	w.document.Token = Token{Org: claims.Org, OrgNumber: claims.OrgNumber}
	owner := w.project.Owner
	if claims.Org != owner.Org || claims.OrgNumber != owner.OrganisationNumber {
		return "", fmt.Errorf("the token names org %q and number %q, not %s and %s", claims.Org, claims.OrgNumber, owner.Org, owner.OrganisationNumber)
	}
	if warnings := first.integration.Warnings(); len(warnings) > 0 {
		return "", fmt.Errorf("an application would fail with these settings: %s", strings.Join(warnings, "; "))
	}
	return fmt.Sprintf("settings loaded as at start-up; Maskinporten granted, Altinn exchanged;\nurn:altinn:org=%s, urn:altinn:orgNumber=%s", claims.Org, claims.OrgNumber), nil
}
