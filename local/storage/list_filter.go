package storage

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	defaultSize = 100
	// mainVersion is the generation of Altinn that the instances here belong to.
	mainVersion = 3
	a3RefLength = 12
)

// comparisons are the operators of a filter on a time.
var comparisons = map[string]string{"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "="}

// filter is a list query as conditions in SQL.
type filter struct {
	org, app   string
	party      int // 0 means any
	where      []string
	args       []any
	ascending  bool
	size       int
	position   *position
	noElements bool
	nothing    bool // no instance can match
}

// position is where the page before ended.
type position struct{ ticks, seq int64 }

func (p position) String() string { return fmt.Sprintf("%d;%d", p.ticks, p.seq) }

func (f *filter) and(condition string, args ...any) {
	f.where = append(f.where, condition)
	f.args = append(f.args, args...)
}

func invalid(parameter, value string) error {
	return refuse(http.StatusBadRequest, fmt.Sprintf("Invalid value for %s: %q", parameter, value))
}

// readFilter reads a list query. Every fault is a 400 with a text.
func readFilter(query url.Values) (*filter, error) {
	f := &filter{
		org: query.Get("org"), app: query.Get("appId"), size: defaultSize,
		ascending: query.Has("order") && !strings.HasPrefix(strings.ToLower(query.Get("order")), "desc:"),
	}
	for _, read := range []func(url.Values) error{
		f.readParty, f.readTimes, f.readProcess, f.readFlags, f.readConfirmations, f.readSearch, f.readVersions, f.readPaging,
	} {
		if err := read(query); err != nil {
			return nil, err
		}
	}
	switch {
	case f.app == "":
		if f.org != "" {
			f.and("org = ?", f.org)
		}
	case f.org != "" && !strings.HasPrefix(f.app, f.org+"/"):
		f.nothing = true
	default:
		// The application says whose it is; one condition makes the choice of
		// index certain.
		f.and("app = ?", f.app)
	}
	return f, nil
}

func (f *filter) readParty(query url.Values) error {
	text := query.Get("instanceOwner.partyId")
	if text == "" {
		return nil
	}
	party, err := strconv.Atoi(text)
	if err != nil {
		return invalid("instanceOwner.partyId", text)
	}
	f.ownedBy(party)
	return nil
}

func (f *filter) ownedBy(party int) {
	f.party = party
	f.and("party = ?", party)
}

func (f *filter) readTimes(query url.Values) error {
	for _, t := range []struct{ parameter, column string }{
		{"created", "created"}, {"lastChanged", "last_changed"},
	} {
		err := eachComparison(query, t.parameter, func(operator, value string) error {
			at, err := parseTimestamp(value)
			if err != nil {
				return invalid(t.parameter, value)
			}
			f.and(t.column+" "+comparisons[operator]+" ?", ticks(at))
			if t.parameter == "created" && operator != "lt" && operator != "lte" {
				// Nothing changes before it is made, and lists are ordered by
				// lastChanged: this lets them stop at the lower bound.
				f.and("last_changed >= ?", ticks(at))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, t := range []struct{ parameter, column string }{
		{"visibleAfter", "visible_after"}, {"dueBefore", "due_before"}, {"process.ended", "ended"},
	} {
		err := eachComparison(query, t.parameter, func(operator, value string) error {
			f.and(t.column+" <> '' AND "+t.column+" "+comparisons[operator]+" ?", value)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eachComparison reads op:value, at most once per operator.
func eachComparison(query url.Values, parameter string, add func(operator, value string) error) error {
	var seen []string
	for _, text := range query[parameter] {
		operator, value, _ := strings.Cut(text, ":")
		operator = strings.ToLower(operator)
		if comparisons[operator] == "" || value == "" || slices.Contains(seen, operator) {
			return invalid(parameter, text)
		}
		seen = append(seen, operator)
		if err := add(operator, value); err != nil {
			return err
		}
	}
	return nil
}

func (f *filter) readProcess(query url.Values) error {
	if task := query.Get("process.currentTask"); task != "" {
		f.and("task = ?", task)
	}
	return f.readBool(query, "process.isComplete", "(ended <> '') = ?")
}

func (f *filter) readFlags(query url.Values) error {
	for _, flag := range []struct{ parameter, column string }{
		{"status.isArchived", "archived"}, {"status.isSoftDeleted", "soft_deleted"}, {"status.isHardDeleted", "hard_deleted"},
	} {
		if err := f.readBool(query, flag.parameter, flag.column+" = ?"); err != nil {
			return err
		}
	}
	return nil
}

func (f *filter) readBool(query url.Values, parameter, condition string) error {
	text := query.Get(parameter)
	if text == "" {
		return nil
	}
	value, err := strconv.ParseBool(strings.ToLower(text))
	if err != nil {
		return invalid(parameter, text)
	}
	f.and(condition, value)
	return nil
}

func (f *filter) readConfirmations(query url.Values) error {
	const confirmations = "SELECT 1 FROM json_each(instances.json, '$.completeConfirmations')"
	if org := query.Get("excludeConfirmedBy"); org != "" {
		f.and("NOT EXISTS ("+confirmations+" WHERE value ->> 'stakeholderId' = ?)", org)
	}
	return f.readBool(query, "confirmed", "EXISTS ("+confirmations+") = ?")
}

func (f *filter) readSearch(query url.Values) error {
	if text := query.Get("searchString"); text != "" {
		f.and("instr(search, ?) > 0", strings.ToLower(text))
	}
	if ref := query.Get("A3Ref"); ref != "" {
		if len(ref) != a3RefLength {
			return invalid("A3Ref", ref)
		}
		f.and("a3_ref = ?", strings.ToLower(ref))
	}
	if ref := query.Get("dataValues.A2ArchRef"); ref != "" {
		f.and("json_extract(json, '$.dataValues.A2ArchRef') = ?", ref)
	}
	return nil
}

func (f *filter) readVersions(query url.Values) error {
	for _, v := range []struct {
		parameter string
		included  bool
	}{{"mainVersionInclude", true}, {"mainVersionExclude", false}} {
		text := query.Get(v.parameter)
		if text == "" {
			continue
		}
		version, err := strconv.Atoi(text)
		if err != nil {
			return invalid(v.parameter, text)
		}
		if (version == mainVersion) != v.included {
			f.nothing = true
		}
	}
	return nil
}

func (f *filter) readPaging(query url.Values) error {
	if text := query.Get("size"); text != "" {
		size, err := strconv.Atoi(text)
		if err != nil || size < 1 {
			return invalid("size", text)
		}
		f.size = size
	}
	if text := query.Get("includeDataElements"); text != "" {
		include, err := strconv.ParseBool(strings.ToLower(text))
		if err != nil {
			return invalid("includeDataElements", text)
		}
		f.noElements = !include
	}
	if text := query.Get("continuationToken"); text != "" {
		first, second, _ := strings.Cut(text, ";")
		at, err1 := strconv.ParseInt(first, 10, 64)
		seq, err2 := strconv.ParseInt(second, 10, 64)
		if err1 != nil || err2 != nil {
			return invalid("continuationToken", text)
		}
		f.position = &position{at, seq}
	}
	return nil
}
