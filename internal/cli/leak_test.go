package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// secretShapes are what must never be printed or kept, by their looks.
var secretShapes = map[string]*regexp.Regexp{
	"a JSON Web Token or encoded JSON": regexp.MustCompile(`eyJ[A-Za-z0-9_-]{10,}`),
	"a private member of a key":        regexp.MustCompile(`"(d|p|q|dp|dq|qi)"\s*:\s*"[A-Za-z0-9_-]{20,}`),
	"a private key in PEM":             regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`),
	"a bearer token":                   regexp.MustCompile(`(?i)bearer [A-Za-z0-9._~+/-]{20,}`),
	"a client secret or assertion":     regexp.MustCompile(`(client_secret|assertion)=[A-Za-z0-9._~-]{10,}`),
}

var elevenDigits = regexp.MustCompile(`(?:^|[^0-9])([0-9]{11})(?:[^0-9]|$)`)

// leaks names what a text holds that it must not.
func leaks(text string) []string {
	var found []string
	for what, shape := range secretShapes {
		if shape.MatchString(text) {
			found = append(found, what)
		}
	}
	for _, match := range elevenDigits.FindAllStringSubmatch(text, -1) {
		if isIdentityNumber(match[1]) {
			found = append(found, "a national identity number")
			break
		}
	}
	slices.Sort(found)
	return found
}

// isIdentityNumber reports whether both check digits of eleven digits are right
// (Skatteetaten's description of fødselsnummer; synthetic numbers obey it too).
func isIdentityNumber(digits string) bool {
	for _, weights := range [][]int{{3, 7, 6, 1, 8, 9, 4, 5, 2, 1}, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1}} {
		sum := 0
		for i, weight := range weights {
			sum += weight * int(digits[i]-'0')
		}
		if sum%11 != 0 {
			return false
		}
	}
	return true
}

// scan searches the last output, and files.
func scan(ts *testscript.TestScript, args []string) {
	texts := map[string]string{"stderr": ts.ReadFile("stderr")}
	for _, root := range args {
		ts.Check(filepath.WalkDir(ts.MkAbs(root), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			texts[path] = string(content)
			return err
		}))
	}
	for name, text := range texts {
		if found := leaks(text); len(found) > 0 {
			ts.Fatalf("%s holds %s", name, strings.Join(found, ", "))
		}
	}
}

func TestLeaksAreFound(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"client id 6f3b1c1e-8a54-4c0e-9d49-0b1f6d1f7a11":                0,
		"party 50900001, user 20100001, exp 1795357048, org 313547264":  0,
		"12345678901 is no identity number":                             0,
		"Bearer eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl":      2,
		`{"kty":"RSA","d":"` + strings.Repeat("Ab", 20) + `"}`:          1,
		"-----BEGIN RSA PRIVATE KEY-----":                               1,
		"grant_type=x&assertion=abcdefghijklmnop":                       1,
		"EncodedJwk is eyJrdHkiOiJSU0EiLCJ1c2UiOiJzaWciLCJraWQiOiJhIn0": 1,
		"person " + madeUpNumber(t) + ".":                               1,
	} {
		if found := leaks(text); len(found) != want {
			t.Errorf("%s: found %q, want %d kinds", text, found, want)
		}
	}
}

// madeUpNumber finds a number with right check digits and an impossible month.
func madeUpNumber(t *testing.T) string {
	t.Helper()
	for end := range 100 {
		for serial := 100; serial < 120; serial++ {
			digits := "019970" + string(rune('0'+serial/100)) + string(rune('0'+serial/10%10)) + string(rune('0'+serial%10)) +
				string(rune('0'+end/10)) + string(rune('0'+end%10))
			if isIdentityNumber(digits) {
				return digits
			}
		}
	}
	t.Fatal("no such number")
	return ""
}
