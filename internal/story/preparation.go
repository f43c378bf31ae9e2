package story

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
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
		if _, err := w.vault.Get(ctx, name); !errors.Is(err, keyvault.ErrNotFound) {
			return "", fmt.Errorf("read secret %s, which should not be there yet: %v", name, err)
		}
	}
	if writes := w.observed.all(); len(writes) != 0 {
		return "", fmt.Errorf("something was written before the vault was read: %s %s", writes[0].method, writes[0].host)
	}
	return fmt.Sprintf("%s holds %d secrets; nothing has been written anywhere", w.vault.Host(), len(items)), nil
}

// apply plans anew and does the first actions for which wanted holds, as a run
// after a crash would: each step starts from the state of the world.
func (w *world) apply(ctx context.Context, wanted func(prepare.Action) bool) error {
	state, err := prepare.Read(ctx, w.systems, w.target)
	if err != nil {
		return err
	}
	plan, err := prepare.NewPlan(state)
	if err != nil {
		return err
	}
	end := slices.IndexFunc(plan.Actions, func(a prepare.Action) bool { return !wanted(a) })
	if end < 0 {
		end = len(plan.Actions)
	}
	if end == 0 {
		return errors.New("the plan holds nothing to do for this step")
	}
	plan.Actions = plan.Actions[:end]
	_, err = prepare.Apply(ctx, w.systems, plan, nil)
	return err
}

func (w *world) makeKey(ctx context.Context) (string, error) {
	err := w.apply(ctx, func(a prepare.Action) bool {
		_, ok := a.(prepare.MakeKey)
		return ok
	})
	if err != nil {
		return "", err
	}
	writes := w.observed.all()
	if len(writes) != 1 || writes[0].host != w.vault.Host() {
		return "", fmt.Errorf("the first thing written must be the vault, and the only one so far; written were %v", writes)
	}
	key, err := w.vaultKey(ctx)
	if err != nil {
		return "", err
	}
	if err := w.searchFiles(key); err != nil {
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

// searchFiles looks for the private key in every file of the project.
func (w *world) searchFiles(key *jwk.Key) error {
	encoded := []byte(key.Encoded().Reveal())
	return filepath.WalkDir(filepath.Join(w.dir, "examples"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path) //nolint:gosec // the story's own folder
		if err == nil && bytes.Contains(content, encoded) {
			return fmt.Errorf("the private key is in the file %s", entry.Name())
		}
		return err
	})
}

func (w *world) registerIntegration(ctx context.Context) (string, error) {
	err := w.apply(ctx, func(a prepare.Action) bool { return a.System() == prepare.Samarbeidsportal })
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
	if err := w.apply(ctx, func(prepare.Action) bool { return true }); err != nil {
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
	return fmt.Sprintf("%s and %s\nappsettings.json: Environment ver2 → test (ver2 closed), Scope + instances.write (creating needs it),\nEnableDebugLog gone (no library reads it); every other byte is untouched, and a second run has nothing to do", clientName, keyName), nil
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
