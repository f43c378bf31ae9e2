package portal_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/selfservice"
)

func asPEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// pkix is the public key as `openssl rsa -pubout` writes it.
func pkix(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	must(t, err)
	return der
}

func TestPastedKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.login(manager, agency)
	id := w.create()
	paste := func(text string) shown { return w.post("/clients/"+id+"/keys/new", "key", text) }
	encoded, err := json.Marshal(selfservice.NewKey("fts-1", publicKey()))
	must(t, err)
	jwk := string(encoded)
	with := func(more string) string { return strings.TrimSuffix(jwk, "}") + "," + more + "}" }
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)

	const hush = "hush-hush-private-part"
	const private = "privat nøkkel"
	for name, c := range map[string]struct{ text, want string }{
		"nothing":               {" \n", "Lim inn den offentlige nøkkelen"},
		"a word":                {"nøkkel", "verken en JWK eller PEM"},
		"a list":                {"[" + jwk + "]", "uten klammene"},
		"a set":                 {`{"keys":[` + jwk + `]}`, "nøkkelsett"},
		"cut short":             {jwk[:60], "verken en JWK eller PEM"},
		"two":                   {jwk + jwk, "verken en JWK eller PEM"},
		"no kid":                {strings.Replace(jwk, `"kid":"fts-1",`, "", 1), "mangler kid"},
		"a number":              {with(`"kid":5`), "ikke en JWK"},
		"wrong use":             {strings.Replace(jwk, `"sig"`, `"enc"`, 1), "Ikke godtatt: use must be sig"},
		"a certificate in it":   {with(`"x5c":["MIIF"]`), "Sertifikater"},
		"private":               {with(`"d":"` + hush + `"`), private},
		"private in a list":     {`[` + with(`"dp" : "`+hush+`"`) + `]`, private},
		"private in a set":      {`{"keys":[` + with(`"qi":"`+hush+`"`) + `]}`, private},
		"private, cut short":    {strings.TrimSuffix(with(`"d":"`+hush+`"`), `"}`), private},
		"private in base64":     {base64.StdEncoding.EncodeToString([]byte(with(`"d":"` + hush + `"`))), private},
		"private PEM":           {asPEM("RSA PRIVATE KEY", []byte(hush)), private},
		"private PEM, PKCS#8":   {"Bag Attributes\n" + asPEM("PRIVATE KEY", []byte(hush)), private},
		"a certificate":         {asPEM("CERTIFICATE", []byte("x")), "Sertifikater"},
		"PEM of something else": {asPEM("EC PARAMETERS", []byte("x")), "verken en JWK eller PEM"},
		"PEM, cut short":        {asPEM("PUBLIC KEY", pkix(t, publicKey()))[:100], "én offentlig nøkkel"},
		"two PEM":               {asPEM("PUBLIC KEY", pkix(t, publicKey())) + asPEM("PUBLIC KEY", pkix(t, publicKey())), "én offentlig nøkkel"},
		"PEM of garbage":        {asPEM("PUBLIC KEY", []byte("x")), "én offentlig nøkkel"},
		"an EC key":             {asPEM("PUBLIC KEY", pkix(t, &ec.PublicKey)), "ikke en RSA-nøkkel"},
	} {
		page := paste(c.text)
		w.says(name, page, 422, "Feil: Legg til nøkkel", c.want)
		if strings.Contains(page.html, hush) || strings.Contains(page.html, publicKey().N.String()[:20]) || strings.Contains(page.html, "kty") {
			t.Errorf("%s: what was pasted is shown again", name)
		}
	}
	w.says("none was taken", w.get("/clients/"+id+"/keys"), 200, "Klienten har ingen nøkler")

	w.says("a JWK", paste("\ufeff "+jwk+"\n"), 200, "Nøkkelen fts-1 er lagt til")
	kid := regexp.MustCompile(`\(kid\) ([0-9a-f-]{36}):`)
	for name, text := range map[string]string{
		"PKIX": asPEM("PUBLIC KEY", pkix(t, publicKey())), "PKCS#1": asPEM("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(publicKey())),
	} {
		page := paste(text)
		w.says(name, page, 200, "Portalen har gitt den nøkkel-id (kid)")
		found := kid.FindStringSubmatch(page.text())
		registered, err := w.registry.Registration(id)
		must(t, err)
		if found == nil {
			t.Fatalf("%s: no kid in %s", name, page.text())
		}
		if key, ok := registered.Keys.Key(found[1]); !ok || !key.PublicKey().Equal(publicKey()) {
			t.Errorf("%s: registered %v", name, registered.Keys.Keys)
		}
	}
	w.says("another key by the same kid", paste(strings.Replace(jwk, `"n":"`, `"n":"w`, 1)), 422, "har allerede en nøkkel med kid fts-1")
	for _, kid := range []string{"fts-2", "fts-3"} {
		w.says(kid, paste(strings.Replace(jwk, "fts-1", kid, 1)), 200)
	}
	w.says("a sixth", paste(strings.Replace(jwk, "fts-1", "fts-6", 1)), 422, "at most 5 keys")

	// The same key once more has a whole year again.
	soon := now.Add(24 * time.Hour)
	must(t, w.registry.SetKeyExpiry(id, "fts-1", soon))
	w.says("renewed", paste(jwk), 200, "lagt inn på nytt")
	registered, err := w.registry.Registration(id)
	must(t, err)
	if key, _ := registered.Keys.Key("fts-1"); key.Expires != now.AddDate(1, 0, 0).Unix() {
		t.Errorf("renewed until %d", key.Expires)
	}
	must(t, w.registry.SetKeyExpiry(id, "fts-1", now))
	w.says("an old key", w.get("/clients/"+id+"/keys"), 200, "utløpt")
	other := w.create()
	w.says("a kid of another client", w.post("/clients/"+other+"/keys/new", "key", jwk), 422, "in use by another client")
}
