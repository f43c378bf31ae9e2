package storage

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/stafett/stafett/local/urlquery"
)

// listQuery is a list query whose parameters have their types. What cannot be
// read as its type is refused before the caller's rights are looked at, with a
// problem that names the parameter; what has the right type and the wrong value
// is refused later, with a text.
type listQuery struct {
	urlquery.Values
	asked    url.Values // as it came, for the next page
	numbers  map[string]*int
	booleans map[string]*bool
}

// readQuery reads a query as the platform does: a semicolon is an ordinary
// character, so a continuation token need not be escaped.
func readQuery(raw string) (listQuery, error) {
	asked, err := url.ParseQuery(strings.ReplaceAll(raw, ";", "%3B"))
	if err != nil {
		return listQuery{}, refuseProblem(http.StatusBadRequest, "")
	}
	q := listQuery{urlquery.Parse(raw), asked, make(map[string]*int), make(map[string]*bool)}
	for _, name := range []string{"instanceOwner.partyId", "size", "mainVersionInclude", "mainVersionExclude"} {
		if text := q.Get(name); text != "" {
			number, err := strconv.ParseInt(text, 10, 32)
			if err != nil {
				return listQuery{}, refuseParameter(name, notValid(text))
			}
			q.numbers[name] = new(int(number))
		}
	}
	for _, name := range []string{
		"process.isComplete", "confirmed", "includeDataElements", "status.isArchived", "status.isSoftDeleted", "status.isHardDeleted",
	} {
		if text := q.Get(name); text != "" {
			value, err := readBool(text)
			if err != nil {
				return listQuery{}, refuseParameter(name, notValid(text))
			}
			q.booleans[name] = &value
		}
	}
	return q, nil
}

func notValid(value string) string { return fmt.Sprintf("The value '%s' is not valid.", value) }

// readBool reads what the platform takes for a boolean: the words, in any case.
func readBool(text string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("read boolean: %q", text)
}
