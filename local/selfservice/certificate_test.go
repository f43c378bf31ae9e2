package selfservice_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/selfservice"
)

// certificateOf is the x5c member of a key: a chain of one self-signed certificate.
func certificateOf(key *rsa.PrivateKey) string {
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return `["` + base64.StdEncoding.EncodeToString(der) + `"]`
}

// A key may be bound to a certificate, and a 4096 bit key is as good as another.
func TestKeysThatAreAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.create()
	bound := certificateOf(clientKey())
	long := new(big.Int).Lsh(big.NewInt(1), 4095)
	modulus := base64.RawURLEncoding.EncodeToString(long.SetBit(long, 0, 1).Bytes())
	var set selfservice.KeySet
	w.ok("POST", "/clients/"+id+"/jwks", keySet(key("bound", "x5c", bound), key("long", "n", `"`+modulus+`"`), key("other", "alg", `"RS512"`)), &set)
	w.ok("GET", "/clients/"+id+"/jwks", "", &set)
	if len(set.Keys) != 3 || len(set.Keys[0].Certificates) != 1 || !strings.Contains(bound, set.Keys[0].Certificates[0]) {
		t.Errorf("keys are %v", set.Keys)
	}
}
