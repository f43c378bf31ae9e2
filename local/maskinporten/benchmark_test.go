package maskinporten_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// BenchmarkToken is a token request from HTTP request to HTTP response. It
// must cost at most one and a half times what BenchmarkVerifyAndSign does.
func BenchmarkToken(b *testing.B) {
	w := newWorld(b)
	bodies := make([]string, 0, b.N)
	for range b.N {
		bodies = append(bodies, url.Values{"grant_type": {grantType}, "assertion": {w.assertion()}}.Encode())
	}
	b.ReportAllocs()
	b.ResetTimer()
	for _, body := range bodies {
		request := httptest.NewRequest(http.MethodPost, issuer+"token", strings.NewReader(body))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if got := w.do(request); got.Code != 200 {
			b.Fatalf("status %d: %s", got.Code, got.Body)
		}
	}
}

// BenchmarkVerifyAndSign is the part of a token request that nothing can save.
func BenchmarkVerifyAndSign(b *testing.B) {
	digest := sha256.Sum256([]byte("digest"))
	signature, err := rsa.SignPKCS1v15(nil, clientKey(), crypto.SHA256, digest[:])
	if err != nil {
		b.Fatal(err)
	}
	issuerKey()
	for b.Loop() {
		if err := rsa.VerifyPKCS1v15(&clientKey().PublicKey, crypto.SHA256, digest[:], signature); err != nil {
			b.Fatal(err)
		}
		if _, err := rsa.SignPKCS1v15(nil, issuerKey(), crypto.SHA256, digest[:]); err != nil {
			b.Fatal(err)
		}
	}
}
