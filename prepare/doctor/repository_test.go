package doctor_test

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/prepare/doctor"
)

var aKey = sync.OnceValue(func() *jwk.Key {
	key, err := jwk.Generate("fts-tt02-a", jwk.DefaultBits)
	if err != nil {
		panic(err)
	}
	return key
})

// tracked is the project with the files that version control is said to keep.
func (p place) tracked(names ...string) doctor.World {
	w := p.world()
	w.Tracked = func(_ context.Context, dir string) ([]string, error) {
		if dir != p.dir {
			return nil, nil
		}
		return names, nil
	}
	return w
}

func TestSecretsInTrackedFiles(t *testing.T) {
	t.Parallel()
	private := aKey().JSON().Reveal()
	encoded := aKey().Encoded().Reveal()
	entra := "abc8Q~" + strings.Repeat("x", 34)
	pemText := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte(strings.Repeat("not a key ", 20))}))
	for _, test := range []struct {
		name, file, content string
		status              doctor.Status
		words               []string
	}{
		{"a key", "nokkel.json", private, doctor.Fail, []string{"nokkel.json:1", "JSON Web Key", "stafett rotate"}},
		{"a key set", "keys.json", "{\"keys\":[\n" + private + "\n]}", doctor.Fail, []string{"keys.json:2"}},
		{"a key as a text in a text", "a.json", fmt.Sprintf("{\n\"Jwk\": %q}", private), doctor.Fail, []string{"a.json:2"}},
		{"base64 in settings", "appsettings.Local.json", `{"MaskinportenSettings":{"EncodedJwk":"` + encoded + `"}}`, doctor.Fail, []string{"in base64"}},
		{"base64 of base64", "a.env", "KEY=" + base64.StdEncoding.EncodeToString([]byte(encoded)), doctor.Fail, []string{"in base64"}},
		{"base64 after a slash", "a.txt", "nokkel/" + encoded, doctor.Fail, []string{"in base64"}},
		{"base64url", "a.env", "KEY=" + base64.RawURLEncoding.EncodeToString([]byte(private)), doctor.Fail, []string{"in base64"}},
		{"PEM", "deploy/key.pem", "x\n\n" + pemText, doctor.Fail, []string{"key.pem:3", "PEM"}},
		{"an Entra secret", "values.yaml", "secret: " + entra + "\n", doctor.Fail, []string{"Entra", "new one"}},
		{"a client secret", "settings.json", `{"kvSetting":{"ClientSecret":"0123456789abcdef"}}`, doctor.Fail, []string{"client secret"}},
		{"a key of tests", "Fts.Tests/key.json", private, doctor.Warn, []string{"nothing but tests"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			p.write(test.file, test.content)
			report := doctor.Run(t.Context(), p.tracked("stafett.yaml", test.file), nil)
			expectFirst(t, report, "repository.secrets", test.status, test.words...)
			if printed := fmt.Sprintf("%+v", report); strings.Contains(printed, private[40:80]) || strings.Contains(printed, encoded[40:80]) || strings.Contains(printed, entra) {
				t.Error("the report quotes the secret")
			}
		})
	}
}

func TestWhatIsNoSecret(t *testing.T) {
	t.Parallel()
	public, err := aKey().Public().MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	p := newPlace(t)
	for name, content := range map[string]string{
		"public.json":   string(public),
		"public.txt":    base64.StdEncoding.EncodeToString(public),
		"text.md":       "The file begins with -----BEGIN PRIVATE KEY----- and is never printed; its member \"d\" is private.",
		"settings.json": `{"ClientSecret":"","Password":"${PASSWORD_FROM_VAULT}","SubscriptionKey":"retrieved from environment at runtime","apiKey":"<your api key>"}`,
		"token.txt":     "eyJhbGciOiJSUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(`{"scope":"`+strings.Repeat("a:b ", 80)+`"}`)) + ".c2ln",
	} {
		p.write(name, content)
	}
	expectNoTrouble(t, doctor.Run(t.Context(), p.tracked("public.json", "public.txt", "text.md", "settings.json", "token.txt", "is-gone.json"), nil))
}

func TestAJournalThatWouldBeTracked(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	expectFirst(t, doctor.Run(t.Context(), p.tracked(".stafett/tt02.db"), nil), "repository.journal", doctor.Warn, ".gitignore")
}

func TestGitIsAsked(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git, which is not installed here")
	}
	p := newPlace(t)
	if output, err := exec.CommandContext(t.Context(), "git", "init", "-q", p.dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	p.write(".gitignore", "ignored.json\n")
	p.write("ignored.json", aKey().JSON().Reveal())
	expectNoTrouble(t, doctor.Run(t.Context(), p.world(), nil))

	p.write("original-form/nøkkel.json", aKey().JSON().Reveal())
	expectFirst(t, doctor.Run(t.Context(), p.world(), nil), "repository.secrets", doctor.Fail, "nøkkel.json:1")
}

func TestWithoutVersionControl(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	w := p.world()
	w.Tracked = func(context.Context, string) ([]string, error) { return nil, errors.New("no repository") }
	report := doctor.Run(t.Context(), w, nil)
	expectNoTrouble(t, report)
	if told := of(report, "repository.files"); told[0].Status != doctor.Skip || told[0].Evidence != "no repository" {
		t.Errorf("%+v", told)
	}
	if told := of(report, "repository.secrets"); told[0].Needs != "repository.files" {
		t.Errorf("%+v", told)
	}
}
