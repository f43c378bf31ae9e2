package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stafett/stafett/secret"
)

const content = "s3cr3t-c0ntent"

type holder struct {
	Exported   secret.String
	unexported secret.String
	pointer    *secret.String
}

func TestStringNeverPrintsItsContent(t *testing.T) {
	s := secret.New(content)
	h := holder{Exported: s, unexported: s, pointer: &s}

	var printed bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%10s", "%p"} {
		for _, v := range []any{s, &s, h, &h, []secret.String{s}, map[string]secret.String{"k": s}} {
			fmt.Fprintf(&printed, verb+"\n", v)
		}
	}
	fmt.Fprintln(&printed, errors.Join(fmt.Errorf("wrap %v", s)))

	slog.New(slog.NewJSONHandler(&printed, nil)).Info("m", "s", s, "h", h)
	slog.New(slog.NewTextHandler(&printed, nil)).Info("m", "s", s, "h", h)

	encoded, err := json.Marshal(map[string]any{"s": s, "h": h})
	if err != nil {
		t.Fatal(err)
	}
	printed.Write(encoded)
	type document struct{ S secret.String }
	encoded, err = xml.Marshal(document{s})
	if err != nil {
		t.Fatal(err)
	}
	printed.Write(encoded)

	out := printed.String()
	hex := fmt.Sprintf("%x", content)
	for _, leak := range []string{content, hex, strings.ToUpper(hex)} {
		if strings.Contains(out, leak) {
			t.Errorf("the content shows as %q in:\n%s", leak, out)
		}
	}
	if !strings.Contains(out, secret.Redacted) {
		t.Errorf("output lacks %q", secret.Redacted)
	}
}

func TestRevealGivesTheContentBack(t *testing.T) {
	if got := secret.New(content).Reveal(); got != content {
		t.Errorf("Reveal() = %q", got)
	}
	var zero secret.String
	if zero.Reveal() != "" || !zero.IsEmpty() || !secret.New("").IsEmpty() || secret.New("x").IsEmpty() {
		t.Error("the zero value is not the empty secret")
	}
}

func TestEqual(t *testing.T) {
	var zero secret.String
	if !secret.New("a").Equal(secret.New("a")) || secret.New("a").Equal(secret.New("b")) || !zero.Equal(secret.New("")) {
		t.Error("Equal does not compare contents")
	}
}
