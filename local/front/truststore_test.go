package front_test

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"testing"

	"github.com/stafett/stafett/local/front"
)

// keytool of OpenJDK 17 reads what has this form; Java's TLS trusts it.
func TestTrustStoreHasTheFormOfJava(t *testing.T) {
	t.Parallel()
	authority, err := front.NewAuthority([]string{"test.maskinporten.no"})
	if err != nil {
		t.Fatal(err)
	}
	store, certificate := authority.TrustStore(), authority.Certificate()
	content, digest := store[:len(store)-sha1.Size], store[len(store)-sha1.Size:]

	head, rest, found := bytes.Cut(content, certificate.Raw)
	if !found || len(rest) != 0 {
		t.Fatalf("the certificate is not the end of the content")
	}
	if got, want := hex.EncodeToString(head[:12]), "feedfeed"+"00000002"+"00000001"; got != want {
		t.Errorf("begins with %s, want %s", got, want)
	}
	if !bytes.Contains(head, []byte("\x00\x00\x00\x02\x00\x16stafett local platform")) || !bytes.Contains(head, []byte("\x00\x05X.509\x00\x00")) {
		t.Errorf("no trusted certificate with an alias: %q", head)
	}
	// The password's characters have two bytes each.
	want := sha1.Sum(append([]byte("\x00c\x00h\x00a\x00n\x00g\x00e\x00i\x00tMighty Aphrodite"), content...))
	if !bytes.Equal(digest, want[:]) {
		t.Error("the digest does not fit the content")
	}
}
