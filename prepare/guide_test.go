package prepare_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stafett/stafett/prepare"
)

func TestCheckClientID(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want, problem string }{
		{"3f0f5b0e-8a54-4c0e-9d49-0b1f6d1f7a11", "3f0f5b0e-8a54-4c0e-9d49-0b1f6d1f7a11", ""},
		{"  oidc_fts_api\r\n", "oidc_fts_api", ""},
		{`"3f0f5b0e-8a54-4c0e-9d49-0b1f6d1f7a11"`, "3f0f5b0e-8a54-4c0e-9d49-0b1f6d1f7a11", ""},
		{" \n", "", "empty"},
		{`{"kty":"RSA","kid":"a"}`, "", "looks like a key"},
		{"https://sjolvbetjening.test.samarbeid.digdir.no/clients/3f0f5b0e", "", "an address"},
		{aKey().Encoded().Reveal(), "", "looks like a key"},
		{"-----BEGIN PRIVATE KEY-----", "", "looks like a key"},
		{strings.Repeat("MIIEvQ9x", 8), "", "looks like a key"},
		{strings.Repeat("oidc-fts", 13), "", "104 characters"},
		{"klienten 3f0f5b0e", "", "white space"},
		{"klient-æ", "", "characters that no client id has"},
		{orgNumber, "", "organisation number"},
	} {
		got, err := prepare.CheckClientID(test.text)
		if got != test.want || (err == nil) != (test.problem == "") {
			t.Errorf("%.20q: %q, %v", test.text, got, err)
		}
		if err == nil {
			continue
		}
		if _, ok := errors.AsType[*prepare.ClientIDError](err); !ok || !strings.Contains(err.Error(), test.problem) {
			t.Errorf("%.20q: %v, want %q", test.text, err, test.problem)
		}
		if len(test.text) > 9 && strings.Contains(err.Error(), test.text[:9]) {
			t.Errorf("the error shows what was pasted: %v", err)
		}
	}
}

func TestPortalPage(t *testing.T) {
	t.Parallel()
	if got := prepare.PortalPage("test"); got != "https://sjolvbetjening.test.samarbeid.digdir.no" {
		t.Error(got)
	}
	if got := prepare.PortalPage("prod"); got != "https://sjolvbetjening.samarbeid.digdir.no" {
		t.Error(got)
	}
}
