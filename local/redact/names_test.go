package redact_test

import (
	"testing"

	"github.com/stafett/stafett/local/redact"
)

// Who knows the rest of an end point's address is believed to be the platform.
func TestEndPointsAreShownByTheirHost(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`{"endPoint":"https://saker.example/hook/known-to-two?x=1","typeFilter":"app.*"}`: `{"endPoint":"https://saker.example/[redacted]","typeFilter":"app.*"}`,
		`{"endPoint":"known-to-two"}`:                                     `{"endPoint":"[redacted]"}`,
		`{"token_endpoint":"https://test.maskinporten.no/token"}`:         `{"token_endpoint":"https://test.maskinporten.no/token"}`,
		`{"subscriptions":[{"endPoint":"https://12345678901.example/"}]}`: `{"subscriptions":[{"endPoint":"https://[redacted].example/[redacted]"}]}`,
	} {
		if got, ok := redact.JSON(given); !ok || got != want {
			t.Errorf("JSON(%s)\n = %s\nwant %s", given, got, want)
		}
	}
}
