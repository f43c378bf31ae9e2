package keyvault

import "net/http"

// A vault has keys and certificates besides secrets. This one never has any, and
// says so as Azure does to whoever reads: with an empty list, or with 404. Who has
// a valid token may ask; permissions to keys and certificates are not kept.

// otherObjects returns what can be asked about a kind of object that is not there.
func otherObjects(kind, code string, rest []string) map[string]operation {
	none := map[string]operation{"GET": {kind + "s", "", (*call).listNothing}}
	switch {
	case len(rest) == 0, len(rest) == 2 && rest[1] == "versions":
		return none
	case len(rest) == 1, len(rest) == 2:
		return map[string]operation{"GET": {kind, "", func(c *call) (any, *problem) {
			what := c.name
			if len(rest) == 2 {
				what += "/" + rest[1]
			}
			return nil, &problem{http.StatusNotFound, code, "A " + kind + " with (name/id) " + what + " was not found in this key vault." +
				" If you recently deleted this " + kind + " you may be able to recover it using the correct recovery command." + helpLink, ""}
		}}}
	}
	return nil
}

func (c *call) listNothing() (any, *problem) { return c.page(nil) }
