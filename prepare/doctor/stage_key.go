package doctor

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/secret"
)

// keyChecks are the checks of stage key.
func keyChecks() []check {
	fromVault := []string{"vault.names", "vault.enabled", "vault.read"}
	return []check{
		{
			id: "key.client-id", title: "the client id is one", needs: fromVault,
			unless: func(f *facts) bool { return f.section.ClientID.Text != "" }, run: readClientID,
		},
		{
			id: "key.readable", title: "the key can be read by both of Altinn's libraries, and its numbers belong together", needs: fromVault,
			unless: func(f *facts) bool { _, key := keySetting(f.section); return !key.Value.IsEmpty() }, run: readKey,
		},
		{
			id: "key.form", title: "every library that reads such keys takes its form", needs: []string{"key.readable"}, run: keyNotes,
		},
		{
			id: "key.families", title: "the section has one key, by whichever name", needs: []string{"key.readable"}, run: keyFamilies,
		},
	}
}

// clientIDForm is wide enough for the client ids of today (UUIDs) and for old
// ones (oidc_orgx_api), and too narrow for a key.
var clientIDForm = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,100}$`)

// readClientID shows nothing that is no client id: it may be a key.
func readClientID(_ context.Context, f *facts) findings {
	id := f.section.ClientID
	shown := setting(f.section.Name, "ClientId", id.Origin)
	switch trimmed := strings.TrimSpace(id.Text); {
	case trimmed == "":
		return fault(Fail, shown+" is empty", "the application has no client id", running("let preparing make what is missing", preparing...))
	case trimmed != id.Text && clientIDForm.MatchString(trimmed):
		return fault(Fail, shown+" has white space at an end", "it is sent to Maskinporten as it stands, which knows no such client (MP-100)",
			by("%s: store %s without white space or line break", f.place(id.Origin), trimmed))
	case !clientIDForm.MatchString(id.Text) && looksLikeKey(id.Text):
		return fault(Fail, shown+" holds a key", "the secrets of client id and key have been swapped, or one was stored twice",
			by("%s: store the client id there, as Samarbeidsportalen shows it, and the key in its own secret; the key has been where client ids are shown, so change it afterwards: stafett rotate", f.place(id.Origin)))
	case !clientIDForm.MatchString(id.Text):
		return fault(Fail, shown+" is no client id", "Maskinporten knows no such client (MP-100)",
			by("%s: store the client id there, as Samarbeidsportalen shows it", f.place(id.Origin)))
	}
	f.clientID = secret.New(id.Text)
	return ok("%s is %s", shown, id.Text)
}

// looksLikeKey reports whether a text is JSON, base64 of JSON, or a PEM file.
func looksLikeKey(text string) bool {
	text = strings.TrimSpace(text)
	return strings.HasPrefix(text, "{") || strings.HasPrefix(text, "ey") || strings.HasPrefix(text, "-----BEGIN")
}

// parseKey reads the text of a key as the setting of that name has it.
func parseKey(name string, text secret.String) (*jwk.Key, error) {
	if name == "Jwk" {
		return jwk.ParsePrivate(text)
	}
	return jwk.ParseEncoded(text)
}

func readKey(_ context.Context, f *facts) findings {
	name, value := keySetting(f.section)
	shown := setting(f.section.Name, name, value.Origin)
	if value.Value.IsEmpty() {
		if f.section.Certificate != "" {
			return fault(Fail, fmt.Sprintf("%s is empty, and %s:%s is set", shown, f.section.Name, f.section.Certificate), "signing with a certificate is not supported here",
				running("use a key: let preparing make one", preparing...))
		}
		return fault(Fail, shown+" is empty", "the application cannot sign", running("let preparing make what is missing", preparing...))
	}
	key, err := parseKey(name, value.Value)
	if format, isFormat := errors.AsType[*jwk.FormatError](err); isFormat {
		if text := strings.TrimSpace(value.Value.Reveal()); clientIDForm.MatchString(text) && !looksLikeKey(text) {
			return fault(Fail, shown+" holds what may be a client id", "the secrets of client id and key have been swapped, or one was stored twice",
				by("%s: store the key there, and the client id in its own secret", f.place(value.Origin)))
		}
		return fault(Fail, fmt.Sprintf("%s: %s", shown, format.Detail), "the libraries cannot sign with it ("+string(format.Problem)+")",
			by("%s: %s", f.place(value.Origin), format.Remedy()))
	}
	if err != nil {
		return fault(Fail, fmt.Sprintf("%s: %v", shown, err), "the libraries cannot sign with it", by("store the key again in %s", f.place(value.Origin)))
	}
	thumbprint, err := key.Public().Thumbprint()
	if err != nil {
		return fault(Fail, fmt.Sprintf("%s: %v", shown, err), "the key has no thumbprint, by which it is compared", by("store the key again in %s", f.place(value.Origin)))
	}
	f.key, f.keyID = key, key.KeyID()
	if set := f.section.KeyID; set.Text != "" {
		if !isShowable(set.Text) {
			return fault(Fail, setting(f.section.Name, "Kid", set.Origin)+" is "+quoted(set.Text), "it takes the place of the key's own id, and Maskinporten knows no such key",
				by("%s: remove Kid, unless the key is registered under another id than its own", f.place(set.Origin)))
		}
		f.keyID = set.Text
	}
	return ok("%s: %d bits, kid %s, thumbprint %s", shown, key.PrivateKey().N.BitLen(), f.keyID, thumbprint)
}

func keyNotes(_ context.Context, f *facts) findings {
	name, value := keySetting(f.section)
	var found findings
	for _, note := range f.key.Notes() {
		found = append(found, finding{
			status: Warn, evidence: setting(f.section.Name, name, value.Origin) + ": " + note, cause: "some programs that read such keys stumble over it",
			remedy: by("change the key, which writes it in the form that all read: stafett rotate"),
		})
	}
	if found == nil {
		return ok("twelve text members and nothing else that matters")
	}
	return found
}

// keyFamilies compares the key with one that the section has for the other
// library.
func keyFamilies(_ context.Context, f *facts) findings {
	other, value := "JwkBase64", f.section.JWKBase64
	if f.section.Family == appsettings.BuiltIn {
		other, value = "EncodedJwk", f.section.EncodedJWK
	}
	if value.Value.IsEmpty() {
		return ok("%s is not set", other)
	}
	shown := setting(f.section.Name, other, value.Origin)
	key, err := parseKey(other, value.Value)
	if err == nil && key.Public().Modulus == f.key.Public().Modulus {
		return ok("%s holds the same key", shown)
	}
	return fault(Warn, shown+" holds another key, or none", "the two libraries of Altinn would sign as different clients with one client id, of which one fails",
		by("remove %s if the application does not use that library; else store the same key there: %s", other, f.place(value.Origin)))
}
