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

// readFilter makes the conditions of a query. Every fault is a 400 with a text.
func readFilter(query listQuery) (*filter, error) {
	f := &filter{
		org: query.Get("org"), app: query.Get("appId"), size: defaultSize,
		ascending: query.Get("order") != "" && !strings.HasPrefix(strings.ToLower(query.Get("order")), "desc:"),
	}
	if party := query.numbers["instanceOwner.partyId"]; party != nil {
		f.and("party = ?", *party)
	}
	for _, read := range []func(listQuery) error{f.readReferences, f.readTimes, f.readPaging} {
		if err := read(query); err != nil {
			return nil, err
		}
	}
	f.readState(query)
	f.readConfirmations(query)
	if text := query.Get("searchString"); text != "" {
		f.and("instr(search, ?) > 0", strings.ToLower(text))
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

// readReferences reads what says which generation of Altinn is asked for, with
// the two references that belong to one of them each.
func (f *filter) readReferences(query listQuery) error {
	include, exclude := query.numbers["mainVersionInclude"], query.numbers["mainVersionExclude"]
	if ref := query.Get("A3Ref"); ref != "" {
		if len(ref) != a3RefLength {
			return refuse(http.StatusBadRequest, "The A3 reference needs to be exactly 12 characters long.")
		}
		f.and("a3_ref = ?", strings.ToLower(ref))
		include, exclude = nil, nil
	} else if query.Get("dataValues.A2ArchRef") != "" {
		f.nothing = true // only what has come from Altinn 2 has one
		return nil
	}
	f.nothing = include != nil && *include != mainVersion || exclude != nil && *exclude == mainVersion
	return nil
}

func (f *filter) readTimes(query listQuery) error {
	for _, t := range []struct{ parameter, column string }{
		{"created", "created"}, {"lastChanged", "last_changed"},
	} {
		err := eachComparison(query.All(t.parameter), t.parameter, func(operator, value string) error {
			at, err := parseTimestamp(value)
			if err != nil {
				return noDate(t.parameter, operator+":"+value)
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
		err := eachComparison(query.All(t.parameter), t.parameter, func(operator, value string) error {
			f.and(t.column+" <> '' AND "+t.column+" "+comparisons[operator]+" ?", value)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func noDate(parameter, text string) error {
	return refuse(http.StatusBadRequest, "Invalid date expression: "+text+" for query key: "+parameter)
}

// eachComparison reads op:value, at most once per operator.
func eachComparison(texts []string, parameter string, add func(operator, value string) error) error {
	var seen []string
	for _, text := range texts {
		operator, value, _ := strings.Cut(text, ":")
		operator = strings.ToLower(operator)
		if comparisons[operator] == "" || value == "" || slices.Contains(seen, operator) {
			return noDate(parameter, text)
		}
		seen = append(seen, operator)
		if err := add(operator, value); err != nil {
			return err
		}
	}
	return nil
}

// readState reads where the process stands and what has become of the instance.
// An instance without a process is neither complete nor incomplete.
func (f *filter) readState(query listQuery) {
	if task := query.Get("process.currentTask"); task != "" {
		f.and("task = ?", task)
	}
	if complete := query.booleans["process.isComplete"]; complete != nil {
		if *complete {
			f.and("ended <> ''")
		} else {
			f.and("task <> ''")
		}
	}
	for _, flag := range []struct{ parameter, column string }{
		{"status.isArchived", "archived"}, {"status.isSoftDeleted", "soft_deleted"}, {"status.isHardDeleted", "hard_deleted"},
	} {
		if value := query.booleans[flag.parameter]; value != nil {
			f.and(flag.column+" = ?", *value)
		}
	}
}

// readConfirmations reads the two parameters about confirmations of receipt.
// Confirmed is by the owner of the application; to leave out what the owner has
// confirmed is the same as to ask for what is not confirmed, unless that is
// asked for too.
func (f *filter) readConfirmations(query listQuery) {
	const by = "EXISTS (SELECT 1 FROM json_each(instances.json, '$.completeConfirmations') WHERE value ->> 'stakeholderId' = "
	confirmed := query.booleans["confirmed"]
	owner := f.org
	if owner == "" {
		owner, _, _ = strings.Cut(f.app, "/")
	}
	for _, org := range query.All("excludeConfirmedBy") {
		if org == "" || org == owner && confirmed != nil {
			continue
		}
		f.and("NOT "+by+"?)", org)
	}
	if confirmed != nil {
		f.and(by+"org) = ?", *confirmed)
	}
}

func (f *filter) readPaging(query listQuery) error {
	if size := query.numbers["size"]; size != nil {
		if *size < 1 {
			return refuse(http.StatusBadRequest, "Invalid size.")
		}
		f.size = *size
	}
	include := query.booleans["includeDataElements"]
	f.noElements = include != nil && !*include
	text := query.Get("continuationToken")
	if text == "" {
		return nil
	}
	if unescaped, err := url.QueryUnescape(text); err == nil {
		text = unescaped
	}
	first, second, _ := strings.Cut(text, ";")
	at, err1 := strconv.ParseInt(first, 10, 64)
	seq, err2 := strconv.ParseInt(second, 10, 64)
	if err1 != nil || err2 != nil {
		return refuse(http.StatusBadRequest, "Invalid continuation token.")
	}
	f.position = &position{at, seq}
	return nil
}
