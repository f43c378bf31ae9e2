package portal

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/selfservice"
)

// FuzzReadPasted: whatever is pasted is either one public key or told what it is;
// a text with a private member never is a key.
func FuzzReadPasted(f *testing.F) {
	made, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		f.Fatal(err)
	}
	encoded, err := json.Marshal(selfservice.NewKey("fts-1", &made.PublicKey))
	if err != nil {
		f.Fatal(err)
	}
	public := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&made.PublicKey)}))
	for _, text := range []string{
		string(encoded), strings.TrimSuffix(string(encoded), "}") + `,"d" : "x"}`, "[" + string(encoded) + "]",
		public, strings.ReplaceAll(public, "PUBLIC", "PRIVATE"), `{"keys":[]}`, `{"kty":5}`, "",
	} {
		f.Add(text)
	}
	private := regexp.MustCompile(`"(d|p|q|dp|dq|qi)":|PRIVATE KEY-----`)
	f.Fuzz(func(t *testing.T, text string) {
		key, fault := readPasted(text)
		if fault != "" {
			if !reflect.DeepEqual(key, selfservice.Key{}) {
				t.Errorf("refused (%s), and a key", fault)
			}
			return
		}
		if private.MatchString(text) {
			t.Error("a private key was taken")
		}
		if key.KeyID == "" && key.PublicKey() == nil && key.Modulus == "" {
			t.Errorf("taken, and no key: %+v", key)
		}
	})
}
