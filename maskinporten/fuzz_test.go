package maskinporten

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func FuzzDecodeError(f *testing.F) {
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		refusal := decodeError(status, body)
		for _, text := range []string{refusal.Code, refusal.Description, refusal.URI, refusal.TraceID, refusal.MPCode, refusal.Error()} {
			if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) || len(text) > 4*maximumText {
				t.Fatalf("%q does not fit on a line", text)
			}
		}
		if refusal.Cause() == "" || refusal.Remedy() == "" {
			t.Fatalf("%+v has no explanation", refusal)
		}
	})
}

func FuzzDecodeToken(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		sentAt := time.Unix(1_790_000_000, 0)
		got, err := decodeToken(body, sentAt)
		if err != nil {
			return
		}
		if got.token.AccessToken == "" || got.token.Expiry.Before(sentAt) || got.refreshAt.After(got.token.Expiry) || got.refreshAt.Before(sentAt) {
			t.Fatalf("token until %v, refreshed at %v", got.token.Expiry, got.refreshAt)
		}
	})
}
