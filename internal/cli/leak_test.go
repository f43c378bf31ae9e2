package cli

import (
	"bytes"
	"database/sql"
	"encoding/base64"
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
	"a private member of a key":    regexp.MustCompile(`"(d|p|q|dp|dq|qi)"\s*:\s*"[A-Za-z0-9_-]{20,}`),
	"a private key in PEM":         regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`),
	"a bearer token":               regexp.MustCompile(`(?i)bearer [A-Za-z0-9._~+/-]{20,}`),
	"a client secret or assertion": regexp.MustCompile(`(client_secret|assertion)=[A-Za-z0-9._~-]{10,}`),
}

var (
	elevenDigits = regexp.MustCompile(`(?:^|[^0-9])([0-9]{11})(?:[^0-9]|$)`)
	// hexadecimal is what ids and digests are. Now and then one has as many digits in a
	// row; letters beside the digits are no sign of that, since addresses have %3A there.
	hexadecimal = regexp.MustCompile(`\b([0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{12}|[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})\b`)
)

// shapesIn names the secrets that a text has the looks of.
func shapesIn(text string) []string {
	var found []string
	for what, shape := range secretShapes {
		if shape.MatchString(text) {
			found = append(found, what)
		}
	}
	if holdsEncodedJSON(text) {
		found = append(found, "a JSON Web Token or encoded JSON")
	}
	return found
}

// holdsEncodedJSON reports whether a text holds base64 of what begins as a JSON object
// does. The first three digits of that prove nothing: a certificate or a key's
// thumbprint has them by chance, in one of some thousand.
func holdsEncodedJSON(text string) bool {
	const begins, probed = `eyJ`, 16 // digits
	for {
		at := strings.Index(text, begins)
		if at < 0 || len(text) < at+probed {
			return false
		}
		plain, err := base64.RawURLEncoding.DecodeString(text[at : at+probed])
		if err == nil && !bytes.ContainsFunc(plain, func(r rune) bool { return r < ' ' || r > '~' }) {
			return true
		}
		text = text[at+len(begins):]
	}
}

// leaks names what a text holds that it must not.
func leaks(text string) []string {
	found := shapesIn(text)
	for _, match := range elevenDigits.FindAllStringSubmatch(hexadecimal.ReplaceAllLiteralString(text, "id"), -1) {
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
			if err != nil {
				return err
			}
			if found := shapesIn(string(content)); len(found) > 0 { // in a database also in what has been deleted
				ts.Fatalf("%s holds %s", path, strings.Join(found, ", "))
			}
			switch {
			case bytes.HasPrefix(content, []byte(sqliteHeader)):
				texts[path], err = databaseText(path)
			case bytes.IndexByte(content, 0) < 0: // a database's log is read with it
				texts[path] = string(content)
			}
			return err
		}))
	}
	for name, text := range texts {
		if found := leaks(text); len(found) > 0 {
			ts.Fatalf("%s holds %s", name, strings.Join(found, ", "))
		}
	}
}

// sqliteHeader begins each SQLite database (https://sqlite.org/fileformat.html, 1.3).
const sqliteHeader = "SQLite format 3\x00"

// databaseText is every value of a SQLite database on a line of its own. In the file
// they touch: a UUID and the party after it may read as eleven digits.
func databaseText(path string) (string, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(path)+"?mode=ro")
	if err != nil {
		return "", err
	}
	defer db.Close()
	var text strings.Builder
	tables, err := values(db, "SELECT name FROM sqlite_schema WHERE type = 'table'")
	for _, table := range tables {
		var found []string
		if found, err = values(db, `SELECT * FROM "`+table+`"`); err != nil {
			break
		}
		for _, value := range found {
			text.WriteString(value + "\n")
		}
	}
	return text.String(), err
}

func values(db *sql.DB, query string) ([]string, error) {
	rows, err := db.Query(query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var all []string
	for rows.Next() {
		row := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		for _, value := range row {
			all = append(all, value.String)
		}
	}
	return all, rows.Err()
}

// A number is found in whichever column of whichever table it is, and not where two
// values touch.
func TestLeaksAreFoundInDatabases(t *testing.T) {
	t.Parallel()
	path, number := filepath.Join(t.TempDir(), "a.db"), madeUpNumber(t)
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	change := func(statement string, values ...any) {
		t.Helper()
		if _, err := db.Exec(statement, values...); err != nil {
			t.Fatal(err)
		}
	}
	change("CREATE TABLE a (b TEXT, c TEXT); CREATE TABLE d (e BLOB, f INTEGER)")
	change("INSERT INTO a VALUES (?, ?)", "x"+number[:3], number[3:]+"/y")
	look := func() []string {
		t.Helper()
		text, err := databaseText(path)
		if err != nil {
			t.Fatal(err)
		}
		return leaks(text)
	}
	if found := look(); len(found) != 0 {
		t.Errorf("found %q in two values that touch", found)
	}
	change("INSERT INTO d VALUES (?, 1)", []byte(`{"person":"`+number+`"}`))
	if found := look(); len(found) != 1 {
		t.Errorf("found %q", found)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
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
		"thumbprint Qk3eyJzV0pL5mYx8dN1oRt7uHcBfGaEi2wS9vKl4MnA":        0,
		"Qk3eyJzV0pL5mYx8dNeyJhbGciOiJSUzI1NiJ9":                        1,
		"digest " + strings.Repeat("0b", 26) + madeUpNumber(t) + "a":    0,
		"6f3b1c1e-8a54-4c0e-9d49-a" + madeUpNumber(t):                   0,
		"identifier-no%3a" + madeUpNumber(t) + "&x":                     1,
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
