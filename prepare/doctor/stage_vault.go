package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/rotate"
)

const docsVault = "https://docs.altinn.studio/altinn-studio/guides/administration/access-management/apps/"

// vaultChecks are the checks of stage vault.
func vaultChecks() []check {
	read := []string{"vault.list", "settings.section"}
	return []check{
		{
			id: "vault.environment", title: "the vault's name fits the environment",
			needs: []string{"files.project"}, run: vaultEnvironment,
		},
		{
			id: "vault.list", title: "the vault answers and tells which secrets it has", docs: docsVault,
			needs: []string{"files.project"}, online: true, run: listVault,
		},
		{
			id: "vault.names", title: "the section's secrets are there, by the names that an application looks for",
			needs: read, online: true, run: secretNames,
		},
		{
			id: "vault.enabled", title: "the section's secrets are enabled", needs: read, run: secretsEnabled,
		},
		{
			id: "vault.dates", title: "the section's secrets are within their dates", needs: read, run: secretDates,
		},
		{
			id: "vault.read", title: "every secret can be read, as an application reads them when it starts", docs: docsVault,
			needs: read, online: true, run: readVault,
		},
		{
			id: "vault.overrides", title: "no secret puts a setting of the section out of order",
			needs: []string{"vault.read"}, run: vaultOverrides,
		},
		{
			id: "vault.rotation", title: "no rotation of the key has been left in the middle",
			needs: []string{"vault.read"}, run: begunRotation,
		},
		{
			id: "vault.sources", title: "client id and key come from one place",
			needs: []string{"vault.read"}, run: vaultSources,
		},
	}
}

// vaultEnvironment looks for the other environment's name in the vault's.
func vaultEnvironment(_ context.Context, f *facts) findings {
	name, _, _ := strings.Cut(strings.TrimPrefix(f.project.Vault, "https://"), ".")
	others := []string{"prod", "prd", "production", "produksjon"}
	if f.issuer.Name == "prod" {
		others = []string{"test", "tst", "tt02", "at21", "at22", "at23", "at24", "yt01", "dev", "stage", "staging"}
	}
	for _, part := range strings.Split(strings.ToLower(name), "-") {
		if slices.Contains(others, part) {
			return fault(Warn, fmt.Sprintf("the vault is called %s, and the environment is %s", name, f.project.Environment),
				"a client id and a key of the one environment do not exist in the other, and should not lie where it can read them",
				by("set maskinporten.vault in %s to the vault of this environment", f.project.Path))
		}
	}
	return ok("%s", f.project.Vault)
}

func listVault(ctx context.Context, f *facts) findings {
	if f.world.Vault == nil {
		return skip("no way to the vault was given")
	}
	vault := f.inspect(ctx)
	switch {
	case vault.openErr != nil:
		return fault(Fail, vault.openErr.Error(), "the vault cannot be asked", remedyOf(vault.openErr, by("mend maskinporten.vault in %s", f.project.Path)))
	case vault.err != nil:
		return vaultFault(vault.err, f.project.Vault)
	}
	f.vault, f.items = vault.opened, vault.items
	return ok("%s has %d secrets", f.vault.Host(), len(f.items))
}

// vaultFault decodes what the vault, or the way to it, refused with.
func vaultFault(err error, address string) findings {
	access, refused := errors.AsType[*keyvault.AccessError](err)
	credential, isCredential := errors.AsType[*keyvault.CredentialError](err)
	status, hasStatus := errors.AsType[*keyvault.StatusError](err)
	switch {
	case refused:
		return fault(Fail, err.Error(), fmt.Sprintf("the caller lacks the permission %q, which the role %q gives", access.Permission(), access.Role()), by("%s", access.Remedy()))
	case isCredential:
		return fault(Fail, err.Error(), "Microsoft Entra gives no token, and the vault was not asked", by("%s", credential.Remedy()))
	case hasStatus:
		return fault(Fail, err.Error(), fmt.Sprintf("the vault is out of order (HTTP %d)", status.Status), by("try again in a while"))
	default:
		return unreachable("the vault "+address, err)
	}
}

// wanted are the secrets that the section's client looks for.
func (f *facts) wanted() []wantedSecret {
	names := prepare.NamesOf(prepare.FamilyOf(f.section, f.items, f.code), f.section.Name)
	return []wantedSecret{{names.ClientID, settingOf(names.ClientID)}, {names.Key, settingOf(names.Key)}}
}

// wantedSecret is a secret with the setting of the section that it is.
type wantedSecret struct{ name, setting string }

// settingOf is the part of a secret's name that is the setting's.
func settingOf(secret string) string { return secret[strings.LastIndex(secret, "--")+2:] }

// item finds a secret by name, whose case does not matter.
func (f *facts) item(name string) (keyvault.Item, bool) {
	at := slices.IndexFunc(f.items, func(item keyvault.Item) bool { return strings.EqualFold(item.Name, name) })
	if at < 0 {
		return keyvault.Item{}, false
	}
	return f.items[at], true
}

// own returns those of the wanted secrets that the vault has.
func (f *facts) own() []keyvault.Item {
	var items []keyvault.Item
	for _, wanted := range f.wanted() {
		if item, exists := f.item(wanted.name); exists {
			items = append(items, item)
		}
	}
	return items
}

func secretsEnabled(_ context.Context, f *facts) findings {
	var found findings
	for _, item := range f.own() {
		if !item.Enabled {
			disabled := &keyvault.DisabledError{Secret: item.Name, Vault: f.vault.Host()}
			found = append(found, finding{
				status: Fail, evidence: "the secret " + item.Name + " is disabled", cause: "the application starts without it, as if it were not there",
				remedy: by("%s", disabled.Remedy()),
			})
		}
	}
	if found == nil {
		return ok("%d secrets", len(f.own()))
	}
	return found
}

// soon is how long before its date a secret is worth a warning.
const soon = 60 * 24 * time.Hour

// secretDates warns: neither the vault nor an application enforces the dates, but
// they are there to tell when the key ends.
func secretDates(_ context.Context, f *facts) findings {
	var found findings
	warn := func(evidence, cause string, remedy Remedy) {
		found = append(found, finding{status: Warn, evidence: evidence, cause: cause, remedy: remedy})
	}
	now := f.now()
	var told []string
	for _, item := range f.own() {
		date := func(t time.Time) string { return t.UTC().Format(time.DateOnly) }
		switch {
		case item.NotBefore.After(now):
			warn(fmt.Sprintf("the secret %s is valid from %s", item.Name, date(item.NotBefore)),
				"applications read it all the same, but it says that its key is not to be used yet",
				by("make the right version current, or take the date away: az keyvault secret set-attributes --vault-name %s --name %s --not-before %s",
					strings.TrimSuffix(f.vault.Host(), ".vault.azure.net"), item.Name, now.UTC().Format(time.DateOnly)))
		case item.Expires.IsZero():
			told = append(told, item.Name+" has no date")
		case !item.Expires.After(now):
			warn(fmt.Sprintf("the secret %s expired on %s", item.Name, date(item.Expires)),
				"applications read it all the same, but it says that its key has ended; the stages integration and token tell whether it has",
				running("renew or change the key if it has ended; else let preparing date the secret by the key", preparing...))
		case item.Expires.Sub(now) <= soon:
			warn(fmt.Sprintf("the secret %s expires on %s, in %d days", item.Name, date(item.Expires), int(item.Expires.Sub(now).Hours())/24),
				"a key lives for a year from when it was registered", by("give the same key one more year: stafett renew; or change it without a stop: stafett rotate"))
		default:
			told = append(told, item.Name+" until "+date(item.Expires))
		}
	}
	if found == nil {
		return ok("%s", cmp.Or(strings.Join(told, "; "), "none of them lies in the vault"))
	}
	return found
}

// readVault reads all secrets and loads the configuration anew, now with them.
func readVault(ctx context.Context, f *facts) findings {
	secrets, err := f.vault.Secrets(ctx)
	if err != nil {
		return vaultFault(err, f.project.Vault)
	}
	options := f.settingsOptions()
	options.Vault = func(context.Context) ([]appsettings.VaultSecret, error) {
		all := make([]appsettings.VaultSecret, len(secrets))
		for i, s := range secrets {
			all[i] = appsettings.VaultSecret{Name: s.Name, Value: s.Value, Updated: s.Updated, Enabled: s.Enabled}
		}
		return all, nil
	}
	configuration, err := appsettings.Load(ctx, options)
	if err != nil {
		return fault(Fail, err.Error(), "the application would not start", remedyOf(err, by("mend the file that is named")))
	}
	section, err := appsettings.ReadMaskinporten(configuration, f.project.Section)
	if err != nil {
		return fault(Fail, err.Error(), "the application would not start", remedyOf(err, by("mend the secret that is named")))
	}
	f.secrets, f.configuration, f.section = secrets, configuration, section
	return ok("%d secrets", len(secrets))
}

// vaultOverrides judges again what a secret has put in place of the files' value.
func vaultOverrides(_ context.Context, f *facts) findings {
	inVault := func(settings ...appsettings.Setting) bool {
		return slices.ContainsFunc(settings, func(s appsettings.Setting) bool { return s.Origin.Kind == appsettings.KeyVault })
	}
	var found findings
	if s := f.section; inVault(s.Environment, s.Authority, s.TokenExchangeEnvironment) {
		found = sectionEnvironment(f, s)
	}
	if inVault(f.section.Scope) {
		found = append(found, sectionScopes(f, f.section)...)
	}
	found = slices.DeleteFunc(found, func(one finding) bool { return one.status == OK })
	if len(found) == 0 {
		return ok("environment and scopes are in order with the vault's secrets, too")
	}
	return found
}

// keySetting is the setting that the section's key is read from.
func keySetting(section appsettings.MaskinportenSection) (name string, value appsettings.SecretSetting) {
	switch {
	case section.Family != appsettings.BuiltIn:
		return "EncodedJwk", section.EncodedJWK
	case section.JWKBase64.Value.IsEmpty() && !section.JWK.Value.IsEmpty():
		return "Jwk", section.JWK
	default:
		return "JwkBase64", section.JWKBase64
	}
}

func begunRotation(ctx context.Context, f *facts) findings {
	name := rotate.NextSecret(f.section.Name)
	for _, s := range f.secrets {
		if !strings.EqualFold(s.Name, name) {
			continue
		}
		if key, err := jwk.ParseEncoded(s.Value); err == nil {
			evidence := fmt.Sprintf("the secret %s holds key %s, which is not in use yet", s.Name, key.KeyID())
			if old := f.stillReplaced(ctx); old != "" {
				return fault(Warn, evidence, "the rotation before it has not been ended: its old key, "+old+", is registered still, and is removed first",
					running("when everything that reads the secrets has been started again, end that one; then go on with this one: stafett rotate", "stafett", "rotate", "--finish", "--yes"))
			}
			return fault(Warn, evidence, "a rotation was begun and has not been ended; the key in use goes on working until its own end",
				running("go on with it", rotating...))
		}
	}
	return ok("none")
}

// stillReplaced is the id of a key that one of the section's took the place of, and
// that is registered still; "" where there is none. Where the key set cannot be read, the
// secret's note says so.
func (f *facts) stillReplaced(ctx context.Context) string {
	for _, s := range f.secrets {
		keyID, thumbprint := rotate.Replaced(s.Item)
		if thumbprint == "" || !strings.HasPrefix(strings.ToLower(s.Name), strings.ToLower(strings.ReplaceAll(f.section.Name, ":", "--")+"--")) {
			continue
		}
		if f.world.Portal == nil {
			return keyID
		}
		client, err := f.world.Portal(ctx, f.project)
		if err != nil || client == nil {
			return keyID
		}
		set, err := client.Keys(ctx, f.section.ClientID.Text)
		if err != nil || findKey(set, thumbprint) != nil {
			return keyID
		}
	}
	return ""
}

func vaultSources(_ context.Context, f *facts) findings {
	name, key := keySetting(f.section)
	id := f.section.ClientID
	if id.Text == "" || key.Value.IsEmpty() {
		return skip("client id or key is missing")
	}
	evidence := fmt.Sprintf("ClientId comes from %s, %s from %s", id.Origin, name, key.Origin)
	for _, path := range []string{"ClientId", name} {
		if hidden := hiddenBy(f.configuration, f.section.Name+":"+path); hidden != "" {
			evidence += fmt.Sprintf("; of %s, %s", path, hidden)
		}
	}
	same := id.Origin.Kind == key.Origin.Kind && (id.Origin.Kind != appsettings.File || id.Origin.Name == key.Origin.Name)
	if same {
		return ok("%s", evidence)
	}
	return fault(Warn, evidence, "each setting is taken from the last source that has it, so that the id of one client can meet the key of another (unknown kid, wrong signature)",
		by("keep both in the vault, and remove ClientId and %s of section %s everywhere else", name, f.section.Name))
}
