// Package urlquery reads the query of a request as ASP.NET does, on which Altinn's
// platform and applications are built: names in any case of letters, and semicolons
// as a part of values.
package urlquery

import (
	"encoding/hex"
	"net/http"
	"strings"
	"unicode/utf8"
)

// Values are those of a query. The zero value has none.
type Values struct{ byName map[string][]string }

// Of reads the query of a request.
func Of(r *http.Request) Values { return Parse(r.URL.RawQuery) }

// Parse reads a query, without the question mark. What is not escaped rightly, or
// escapes what is no UTF-8, stands for itself.
func Parse(query string) Values {
	v := Values{make(map[string][]string)}
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name = strings.ToLower(unescape(name))
		v.byName[name] = append(v.byName[name], unescape(value))
	}
	return v
}

// unescape undoes the escapes of a name or a value.
func unescape(text string) string {
	var b strings.Builder
	for text != "" {
		letter, length := escaped(text)
		switch {
		case length > 0:
			b.WriteString(letter)
		case text[0] == '+':
			b.WriteByte(' ')
			length = 1
		default:
			b.WriteByte(text[0])
			length = 1
		}
		text = text[length:]
	}
	return b.String()
}

// escaped reads the letter whose escapes, one for each octet, a text begins with. The length is 0 if
// there is none.
func escaped(text string) (letter string, length int) {
	var octets []byte
	const escape = len("%00")
	for len(octets) < utf8.UTFMax && len(text) >= length+escape && text[length] == '%' {
		octet, err := hex.DecodeString(text[length+1 : length+escape])
		if err != nil {
			break
		}
		octets, length = append(octets, octet[0]), length+escape
		if utf8.Valid(octets) {
			return string(octets), length
		}
	}
	return "", 0
}

// Get gives the first value of a name, in whatever case the two are; empty if there
// is none.
func (v Values) Get(name string) string {
	if all := v.All(name); len(all) > 0 {
		return all[0]
	}
	return ""
}

// All gives the values of a name in the order in which they came.
func (v Values) All(name string) []string { return v.byName[strings.ToLower(name)] }
