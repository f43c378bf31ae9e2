// Package urlquery reads the query of a request as ASP.NET does, on which Altinn's
// platform and applications are built: names in any case of letters, and semicolons
// as a part of values.
package urlquery

import (
	"net/http"
	"net/url"
	"strings"
)

// Values are those of a query. The zero value has none.
type Values struct{ byName map[string][]string }

// Of reads the query of a request. What is not escaped rightly is left out.
func Of(r *http.Request) Values { return Parse(r.URL.RawQuery) }

// Parse reads a query, without the question mark.
func Parse(query string) Values {
	v := Values{make(map[string][]string)}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if name == "" || nameErr != nil || valueErr != nil {
			continue
		}
		name = strings.ToLower(name)
		v.byName[name] = append(v.byName[name], value)
	}
	return v
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
