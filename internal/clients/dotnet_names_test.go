package clients_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"unicode"

	"github.com/stafett/stafett/appsettings"
)

// letterPairs are all letters with each that Unicode holds for the same one in another case.
func letterPairs() [][2]string {
	var pairs [][2]string
	for r := rune(0); r <= unicode.MaxRune; r++ {
		others := map[rune]bool{unicode.ToUpper(r): true, unicode.ToLower(r): true}
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			others[other] = true
		}
		for other := range others {
			if other != r {
				pairs = append(pairs, [2]string{string(r), string(other)})
			}
		}
	}
	return pairs
}

// compareLetters looks each letter up as a setting of the other's name.
func compareLetters(t *testing.T, pairs [][2]string, same []bool) {
	t.Helper()
	options := appsettings.Options{Dir: t.TempDir()}
	for i, pair := range pairs {
		options.Environ = append(options.Environ, strconv.Itoa(i)+"__"+pair[0]+"=x")
	}
	configuration, err := appsettings.Load(t.Context(), options)
	check(t, err)
	for i, pair := range pairs {
		if _, got := configuration.Get(strconv.Itoa(i) + ":" + pair[1]); got != same[i] {
			t.Errorf("%s (%U) and %s (%U) are the same: %t, in .NET %t", pair[0], []rune(pair[0]), pair[1], []rune(pair[1]), got, same[i])
		}
	}
}

// queryCases are queries of any form.
func queryCases() []string {
	return []string{
		"", "a=1", "a=1&a=2&A=3", "a", "a=", "=1", "&&", "a=1&&b=2", "a=b=c", "a=1;b=2", "a%3D=1", "a=%41%42", "a=+", "a+b=1", "a=%2B", "a=%zz", "a=%", "a=%4",
		"a=%C3%A5", "a=å", "a=%E5", "a=%00", "a=1#b", "a.b=1", "a[0]=1", "%61=1&A=2", "a=%u0041", "partyId=1&PARTYID=2", "a=%25zz", "%zz=1", "a=%C3", "a=1&b=%zz&c=3",
		"a=%C3%41", "a=%E2%82", "a=%E2%82%41", "a=%E2%82%AC%C3", "a=%ED%A0%80", "a=%C0%AF", "a=%F0%9F%98%80", "a=%f0%9F", "a=%C3å", "a=%25%37%42", "a=%%41", "a=%A5", "a=%EF%BF%BD", "a=%c3%a5+%2b",
	}
}

// nameCase is a name with what System.Text.Json makes of it. Package apphost is held to the same file.
type nameCase struct{ Name, CamelCase string }

func nameFile(t *testing.T) (cases []nameCase) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "names.json"))
	check(t, err)
	check(t, json.Unmarshal(content, &cases))
	return cases
}

func nameCases(t *testing.T) (names []string) {
	t.Helper()
	for _, c := range nameFile(t) {
		names = append(names, c.Name)
	}
	return names
}
