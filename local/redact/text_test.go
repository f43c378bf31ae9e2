package redact_test

import (
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stafett/stafett/local/redact"
)

func TestText(t *testing.T) {
	t.Parallel()
	key := base64.StdEncoding.EncodeToString([]byte(`{"kty":"RSA","d":"` + strings.Repeat("secret", 40) + `"}`))
	wrapped := func(width int, with string) string {
		var lines []string
		for rest := key; rest != ""; rest = rest[min(width, len(rest)):] {
			lines = append(lines, rest[:min(width, len(rest))])
		}
		return strings.Join(lines, with)
	}
	token := "eyJhbGciOiJSUzI1NiJ9.eyJzY29wZSI6IngifQ.c2lnbmF0dXJl"
	pem := "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE KEY-----"
	for text, want := range map[string]string{
		"a " + token + " b":              "a [redacted] b",
		`"` + token + `"`:                `"[redacted]"`,
		token + ".fourth.fifth":          "[redacted]",
		"eyJhbGciOiJSUzI1NiJ9.":          "[redacted]",
		key:                              "[redacted]",
		"key=" + key + ".":               "key=[redacted]",
		wrapped(64, "\n") + "\n\n200 OK": "[redacted]\n\n200 OK",
		wrapped(76, "\r\n"):              "[redacted]",
		wrapped(40, `\n`) + `"`:          `[redacted]"`,
		wrapped(64, "\n    "):            "[redacted]",
		base64.StdEncoding.EncodeToString([]byte("{\n  \"kty\": \"RSA\",\n" + strings.Repeat(" ", 90))): "[redacted]",
		"x\n" + pem + "\ny": "x\n[redacted]\ny",
		"x " + pem[:50]:     "x [redacted]",
		base64.StdEncoding.EncodeToString([]byte(pem)):  "[redacted]",
		"-----BEGIN PUBLIC KEY-----":                    "-----BEGIN PUBLIC KEY-----",
		"https://x.no/?access_token=abc&b=c":            "https://x.no/?access_token=[redacted]&b=c",
		"12345678901":                                   "[redacted]",
		"12345678901 12345678902,12345678903":           "[redacted] [redacted],[redacted]",
		"fnr 123456 78901.":                             "fnr [redacted].",
		"123456-78901":                                  "[redacted]",
		"123456\u00a078901":                             "[redacted]",
		"12 34 56 78901":                                "[redacted]",
		"12.34.56-78901":                                "[redacted]",
		"fnr12345678901x":                               "fnr[redacted]x",
		"123456789012":                                  "123456789012",
		"1234567890":                                    "1234567890",
		"123456  78901":                                 "123456  78901",
		"2026-11-22T14:26:05.1234567Z":                  "2026-11-22T14:26:05.1234567Z",
		"50900001/0d5d8a1e-51c3-4c0a-9a0b-a12345678901": "50900001/0d5d8a1e-51c3-4c0a-9a0b-a12345678901",
		strings.Repeat("a", 26) + "12345678901" + strings.Repeat("b", 27): strings.Repeat("a", 26) + "12345678901" + strings.Repeat("b", 27),
		"abc-12345678901-def":                              "abc-[redacted]-def",
		"eyes and eyewitnesses everywhere, newer.or.older": "eyes and eyewitnesses everywhere, newer.or.older",
		"https://fts.apps.tt02.altinn.no/fts/saksmottak/instances/50900001/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11/data": "https://fts.apps.tt02.altinn.no/fts/saksmottak/instances/50900001/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11/data",
	} {
		if got := redact.Text(text); got != want {
			t.Errorf("Text(%q)\n = %q\nwant %q", text, got, want)
		}
	}
}

// FuzzText: no text upsets it, text stays text, and no eleven digits between
// spaces and no token remain.
func FuzzText(f *testing.F) {
	for _, seed := range []string{
		"", "e", "ey", "eyJhbGciOiJSUzI1NiJ9.eyJhIjoxfQ.AAAA", "fnr 12345678901", "123456 78901", "12 34 56 78901",
		"-----BEGIN PRIVATE KEY-----", "LS0tLS1CRUdJTi", "0d5d8a1e-51c3-4c0a-9a0b-a12345678901", `eyJh\n\n`, "access_token=x&",
		strings.Repeat("ewo", 60) + "\n" + strings.Repeat("A", 20),
	} {
		f.Add(seed)
	}
	number := regexp.MustCompile(`(^| )[0-9]{11}( |$)`)
	token := regexp.MustCompile(`eyJhbGciOiJSUzI1NiJ9\.`)
	f.Fuzz(func(t *testing.T, text string) {
		got := redact.Text(text)
		if utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("Text(%q) = %q", text, got)
		}
		if number.MatchString(got) || token.MatchString(got) {
			t.Errorf("Text(%q) leaves %q", text, got)
		}
	})
}

// BenchmarkText is a page of a list of instances.
func BenchmarkText(b *testing.B) {
	text := strings.Repeat(`{"id":"50700001/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11","appId":"fts/saksmottak","created":"2026-11-22T14:26:05.1234567Z","name":"Ánne"},`, 200)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		redact.Text(text)
	}
}
