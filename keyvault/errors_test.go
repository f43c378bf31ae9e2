package keyvault_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/secret"
)

const order = "agencies with applications on Altinn order it at Samarbeidsportalen: Altinn → Tilganger → Altinn 3.0 Apps"

func TestRefusals(t *testing.T) {
	t.Parallel()
	const noPolicy = "The user, group or application 'appid=66666666-7777-8888-9999-000000000000;oid=x;iss=y' does not have secrets get permission on key vault 'kv;location=norwayeast'."
	get := func(v *keyvault.Vault) error { _, err := v.Get(context.Background(), "s"); return err }
	set := func(v *keyvault.Vault) error {
		_, err := v.Set(context.Background(), "s", secret.New("t0p-s3cret"), keyvault.SetOptions{})
		return err
	}
	list := func(v *keyvault.Vault) error { _, err := v.List(context.Background()); return err }
	versions := func(v *keyvault.Vault) error { _, err := v.Versions(context.Background(), "s"); return err }
	const host = "kv-fts-tt02.vault.azure.net"
	tests := []struct {
		name          string
		call          func(*keyvault.Vault) error
		status        int
		code, inner   string
		message       string
		text, contain string // the error's text, and what its remedy contains
	}{
		{"no access policy", get, 403, "Forbidden", "AccessDenied", noPolicy,
			"get secret s in " + host + `: application 66666666-7777-8888-9999-000000000000 lacks the permission "secrets get" (AccessDenied)`,
			`order the role "Key Vault Secrets User" (with access policies: the permission "secrets get") on the vault; ` + order},
		{"no role for reading", list, 403, "Forbidden", "ForbiddenByRbac", "Caller is not authorized",
			"list secrets in " + host + `: the caller lacks the role "Key Vault Secrets User" (ForbiddenByRbac)`, `the permission "secrets list"`},
		{"no role for versions", versions, 403, "Forbidden", "ForbiddenByRbac", "",
			"list versions of secret s in " + host + `: the caller lacks the role "Key Vault Secrets User" (ForbiddenByRbac)`, `the permission "secrets list"`},
		{"no role for writing", set, 403, "Forbidden", "ForbiddenByRbac", "",
			"set secret s in " + host + `: the caller lacks the role "Key Vault Secrets Officer" (ForbiddenByRbac)`, `order the role "Key Vault Secrets Officer"`},
		{"firewall", get, 403, "Forbidden", "ForbiddenByFirewall", "Client address (1.2.3.4)",
			"get secret s in " + host + ": the vault's firewall does not let this address in (ForbiddenByFirewall)", "Networking"},
		{"no inner code", get, 403, "Forbidden", "", "",
			"get secret s in " + host + `: the caller lacks the permission "secrets get" (Forbidden)`, "secrets get"},
		{"token of another tenant", get, 401, "Unauthorized", "", "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/x/",
			"get secret s in " + host + ": the vault does not accept the token (AKV10032)", "tenant"},
		{"token without code", get, 401, "", "", "", "get secret s in " + host + ": the vault does not accept the token (status 401)", "tenant"},
		{"disabled", get, 403, "Forbidden", "SecretDisabled", "Operation get is not allowed on a disabled secret.",
			"get secret s in " + host + ": the secret is disabled", "az keyvault secret set-attributes --vault-name kv-fts-tt02 --name s --enabled true"},
		{"deleted", set, 409, "Conflict", "ObjectIsDeletedButRecoverable", "",
			"set secret s in " + host + ": a deleted secret that can be recovered has this name", "az keyvault secret recover --vault-name kv-fts-tt02 --name s"},
		{"being deleted", set, 409, "Conflict", "ObjectIsBeingDeleted", "",
			"set secret s in " + host + ": a secret with this name is being deleted", "wait a minute, then: az keyvault secret recover"},
		{"another conflict", set, 409, "Conflict", "", "", "set secret s in " + host + ": status 409 Conflict", ""},
		{"unknown", get, 404, "SecretNotFound", "", "A secret with (name/id) s was not found", "get secret s in " + host + ": the vault has no such secret", ""},
		{"too large", set, 400, "BadParameter", "SecretTooLarge", "t0p-s3cret is beyond the permitted length", "set secret s in " + host + ": status 400 SecretTooLarge", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			v, _ := open(t, func(w http.ResponseWriter, r *http.Request) {
				writeFault(w, test.status, test.code, test.inner, test.message)
			})
			err := test.call(v)
			if err == nil || err.Error() != test.text {
				t.Errorf("error = %v\nwant    %s", err, test.text)
			}
			remedy := ""
			var remediable interface{ Remedy() string }
			if errors.As(err, &remediable) {
				remedy = remediable.Remedy()
			}
			if (test.contain == "") != (remedy == "") || !strings.Contains(remedy, test.contain) {
				t.Errorf("remedy = %q", remedy)
			}
			if printed := fmt.Sprintf("%+v %#v", err, err); strings.Contains(printed, "t0p-s3cret") {
				t.Errorf("the error quotes the answer: %s", printed)
			}
		})
	}
}

func TestTypesOfRefusals(t *testing.T) {
	t.Parallel()
	answer := func(status int, code, inner string) error {
		v, _ := open(t, func(w http.ResponseWriter, r *http.Request) { writeFault(w, status, code, inner, "") })
		_, err := v.Get(context.Background(), "s")
		return err
	}
	if err := answer(404, "SecretNotFound", ""); !errors.Is(err, keyvault.ErrNotFound) {
		t.Errorf("not found = %v", err)
	}
	var access *keyvault.AccessError
	if err := answer(403, "Forbidden", "ForbiddenByRbac"); !errors.As(err, &access) ||
		access.Operation != keyvault.OpGet || access.Secret != "s" || access.Vault != "kv-fts-tt02.vault.azure.net" || access.Status != 403 || access.Code != "ForbiddenByRbac" {
		t.Errorf("access = %+v", access)
	}
	var soft *keyvault.SoftDeletedError
	if err := answer(409, "Conflict", "ObjectIsDeletedButRecoverable"); !errors.As(err, &soft) || soft.Deleting {
		t.Errorf("soft deleted = %+v", soft)
	}
	var status *keyvault.StatusError
	if err := answer(418, "", ""); !errors.As(err, &status) || status.Status != 418 || status.Code != "" || !strings.HasSuffix(err.Error(), "status 418") {
		t.Errorf("status = %v", err)
	}
}

func TestAnswersThatAreNoJSON(t *testing.T) {
	t.Parallel()
	v, _ := open(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(403)
		_, _ = w.Write([]byte("<html>proxy says no</html>"))
	})
	var access *keyvault.AccessError
	if _, err := v.Get(context.Background(), "s"); !errors.As(err, &access) || access.Code != "" || !strings.Contains(err.Error(), "(status 403)") {
		t.Errorf("error = %v", err)
	}
}

func TestChallengesThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, header, want string }{
		{"no tenant", `Bearer authorization="https://login.microsoftonline.com", resource="https://vault.azure.net"`, "names no tenant"},
		{"only a slash", `Bearer authorization="https://login.microsoftonline.com/", resource="https://vault.azure.net"`, "names no tenant"},
		{"not https", `Bearer authorization="http://login.microsoftonline.com/t", resource="https://vault.azure.net"`, "names no tenant"},
		{"another service's resource", `Bearer authorization="https://login.microsoftonline.com/` + tenant + `", resource="https://graph.microsoft.com"`, "token for another service"},
		{"no resource", `Bearer authorization="https://login.microsoftonline.com/` + tenant + `"`, "resource"},
		{"none", "", "does not accept the token"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			v, n := openRaw(t, func(w http.ResponseWriter, r *http.Request) {
				if test.header != "" {
					w.Header().Set("WWW-Authenticate", test.header)
				}
				w.WriteHeader(401)
			}, clientSecret)
			_, err := v.Get(context.Background(), "s")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v", err)
			}
			if strings.Contains(err.Error(), "DisableChallengeResourceVerification") {
				t.Error("the error advises to switch a check off")
			}
			if len(n.record) != 1 {
				t.Errorf("%d requests, want one", len(n.record))
			}
		})
	}
}

func TestCancelledAndBrokenConnections(t *testing.T) {
	t.Parallel()
	v, _ := open(t, func(http.ResponseWriter, *http.Request) {})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := v.Get(ctx, "s"); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
}
