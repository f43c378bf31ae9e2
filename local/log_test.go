package local

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

type person struct{ Number string }

type late struct{}

func (late) LogValue() slog.Value { return slog.StringValue("12345678901") }

// Wherever in a line a secret stands, it does not reach the log; what is none
// keeps its type.
func TestLogIsRedacted(t *testing.T) {
	t.Parallel()
	const token = "eyJhbGciOiJSUzI1NiJ9.eyJzY29wZSI6IngifQ.c2lnbmF0dXJl"
	var out bytes.Buffer
	logger := slog.New(redactingHandler{slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})})
	logger.With("early", "12345678901").WithGroup("g").Debug("about 123456 78901",
		"text", "x 12345678901", "token", token, "err", errors.New("Get \"/12345678901\": x"), "late", late{}, "number", 12345678901,
		"any", person{"12345678901"}, slog.Group("inner", "text", "12345678901"), "status", 404, "ok", true)
	got := out.String()
	for _, secret := range []string{"12345678901", "78901", "eyJ"} {
		if strings.Contains(got, secret) {
			t.Errorf("the log holds %q: %s", secret, got)
		}
	}
	for _, want := range []string{`"msg":"about [redacted]"`, `"text":"x [redacted]"`, `"status":404`, `"ok":true`, `"inner":{"text":"[redacted]"}`} {
		if !strings.Contains(got, want) {
			t.Errorf("the log lacks %s: %s", want, got)
		}
	}
	if logger.Enabled(t.Context(), slog.LevelDebug-1) {
		t.Error("a level is enabled that the handler below has not")
	}
}
