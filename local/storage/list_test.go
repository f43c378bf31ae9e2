package storage_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/storage"
)

type list struct {
	Count     int
	Self      string
	Next      string
	Instances []storage.Instance
}

func (w *world) list(token, query string, headers ...string) list {
	w.t.Helper()
	return decode[list](w, w.want(200, w.call("GET", base+"/instances?"+query, token, nil, headers...)))
}

func ids(l list) []string {
	out := make([]string, len(l.Instances))
	for n, i := range l.Instances {
		out[n] = i.ID
	}
	return out
}

// filled has five instances, a minute apart: three of the receiving
// application, two of the lenient one.
func filled(t *testing.T) (w *world, token string, instances []storage.Instance) {
	t.Helper()
	w = newWorld(t)
	token = w.fts()
	for n, appID := range []string{receiving, receiving, lenient, receiving, lenient} {
		i := template(ferdsel)
		if n == 1 {
			i = template(turlag)
		}
		i.DataValues = map[string]string{"stafett.handoverKey": fmt.Sprint(n)}
		instances = append(instances, w.create(appID, token, i))
		w.advance(time.Minute)
	}
	return w, token, instances
}

func TestListAdmission(t *testing.T) {
	t.Parallel()
	w, fts, _ := filled(t)
	at := base + "/instances"
	noScope := w.org("fts", "altinn:serviceowner/instances.write")
	for _, tc := range []struct {
		name, token, query string
		status             int
		body               bool
	}{
		{"no token", "", "?appId=" + receiving, 401, false},
		{"organisation without read scope", noScope, "?appId=" + receiving, 403, false},
		{"scope before the query", noScope, "", 403, false},
		{"neither org nor app", fts, "?instanceOwner.partyId=70001", 400, true},
		{"own org", fts, "?org=fts", 200, true},
		{"other org", w.org("skd", readScope), "?org=fts", 400, true},
		{"the owner twice, before the scope", noScope, "?instanceOwner.partyId=70001", 400, true},
		{"what cannot be read, before the scope", noScope, "?size=x", 400, true},
		{"app of other org, not permitted", w.org("skd", readScope), "?appId=" + receiving, 403, false},
		{"app of other org, permitted", w.org("skd", readScope), "?appId=" + lenient, 200, true},
		{"person without owner", w.person(kari), "?appId=" + receiving, 400, true},
		{"person with owner", w.person(kari), "?instanceOwner.partyId=50011", 200, true},
		{"organisation that is no service owner", w.login("/Home/GetTestOrgToken?orgNumber=310000001&scopes=" + url.QueryEscape(readScope)), "?org=fts", 400, true},
	} {
		var headers []string
		if strings.HasPrefix(tc.name, "the owner twice") {
			headers = []string{"X-Ai-InstanceOwnerIdentifier", "Organisation:312008459"}
		}
		got := w.call("GET", at+tc.query, tc.token, nil, headers...)
		if got.StatusCode != tc.status || (got.body != "") != tc.body {
			t.Errorf("%s: %d %q, want %d", tc.name, got.StatusCode, got.body, tc.status)
		}
	}
}

func TestListFilters(t *testing.T) {
	t.Parallel()
	w, token, all := filled(t)
	lower := func(n int) string { return all[n].Created.Format(time.RFC3339Nano) }
	// Instance 0 has ended, 2 is soft deleted and confirmed, 4 has a text.
	w.want(200, w.call("PUT", base+"/instances/"+all[0].ID+"/process", token, ended(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC))))
	w.want(200, w.call("DELETE", base+"/instances/"+all[2].ID, token, nil))
	w.want(200, w.call("POST", base+"/instances/"+all[2].ID+"/complete", token, nil))
	w.want(200, w.call("DELETE", base+"/instances/"+all[3].ID+"?hard=true", token, nil))
	w.want(200, w.call("PUT", base+"/instances/"+all[4].ID+"/presentationtexts", token, `{"texts":{"omrade":"Øvre Ådalen"}}`))
	changed := w.now().Format(time.RFC3339Nano)

	for _, tc := range []struct {
		query string
		want  []int
	}{
		{"org=fts", []int{0, 1, 2, 3, 4}},
		{"appId=" + receiving, []int{0, 1, 3}},
		{"org=fts&appId=" + lenient, []int{2, 4}},
		{"org=fts&instanceOwner.partyId=70002", []int{1}},
		{"ORG=fts&instanceowner.PartyID=70002", []int{1}},
		{"org=fts&created=gte:" + lower(2), []int{2, 3, 4}},
		{"org=fts&created=gt:" + lower(2), []int{3, 4}},
		{"org=fts&created=lte:" + lower(2), []int{0, 1, 2}},
		{"org=fts&created=lt:" + lower(2), []int{0, 1}},
		{"org=fts&created=eq:" + lower(2), []int{2}},
		{"org=fts&created=gt:" + lower(0) + "&created=lt:" + lower(3), []int{1, 2}},
		{"org=fts&created=GTE:" + lower(2), []int{2, 3, 4}},
		{"org=fts&created=gte:2026-11-02", []int{0, 1, 2, 3, 4}},
		{"org=fts&created=gte:" + url.QueryEscape(all[2].Created.In(time.FixedZone("", 3600)).Format(time.RFC3339Nano)), []int{2, 3, 4}},
		{"org=fts&lastChanged=gte:" + changed, []int{0, 2, 3}}, // a text is no change
		{"org=fts&lastChanged=lt:" + changed, []int{1, 4}},
		{"org=fts&process.currentTask=Task_1", []int{1, 2, 3, 4}},
		{"org=fts&process.isComplete=true", []int{0}},
		{"org=fts&process.isComplete=False", []int{1, 2, 3, 4}},
		{"org=fts&process.ended=gte:2026-11-02T09", []int{0}},
		{"org=fts&process.ended=lt:2026-11-02T09", nil},
		{"org=fts&process.endEvent=Nothing", []int{0, 1, 2, 3, 4}},
		{"org=fts&visibleAfter=gte:2026", []int{0, 1, 2, 3, 4}},
		{"org=fts&dueBefore=gte:2026", nil},
		{"org=fts&status.isArchived=true", []int{0}},
		{"org=fts&status.isSoftDeleted=true", []int{2, 3}},
		{"org=fts&status.isHardDeleted=true", []int{3}},
		{"org=fts&status.isSoftDeleted=false", []int{0, 1, 4}},
		{"org=fts&excludeConfirmedBy=fts", []int{0, 1, 3, 4}},
		{"org=fts&excludeConfirmedBy=skd", []int{0, 1, 2, 3, 4}},
		{"org=fts&confirmed=true", []int{2}},
		{"org=fts&confirmed=false", []int{0, 1, 3, 4}},
		{"org=fts&confirmed=true&excludeConfirmedBy=fts", []int{2}},
		{"org=fts&excludeConfirmedBy=skd&excludeConfirmedBy=fts", []int{0, 1, 3, 4}},
		{"org=fts&searchString=%C3%B8vre+%C3%A5", []int{4}},
		{"org=fts&searchString=nowhere", nil},
		{"org=fts&A3Ref=" + all[1].ID[len(all[1].ID)-12:], []int{1}},
		{"org=fts&mainVersionInclude=3", []int{0, 1, 2, 3, 4}},
		{"org=fts&mainVersionInclude=2", nil},
		{"org=fts&mainVersionExclude=3", nil},
		{"org=fts&mainVersionExclude=2", []int{0, 1, 2, 3, 4}},
		{"org=fts&mainVersionExclude=3&A3Ref=" + all[1].ID[len(all[1].ID)-12:], []int{1}},
		{"org=fts&dataValues.A2ArchRef=AR1", nil},
		{"org=fts&unknown=x", []int{0, 1, 2, 3, 4}},
	} {
		got := ids(w.list(token, tc.query))
		var want []string
		for _, n := range tc.want {
			want = append(want, all[n].ID)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", tc.query, got, want)
		}
	}
}

func TestListRefusesMalformedParameters(t *testing.T) {
	t.Parallel()
	w, token, _ := filled(t)
	for _, query := range []string{
		"created=2026-11-02", "created=ge:2026-11-02", "created=gte:yesterday", "created=gte:", "lastChanged=x",
		"created=gte:2026-11-02&created=gte:2026-11-03", "visibleAfter=2026", "dueBefore=before:2026", "process.ended=gt",
		"instanceOwner.partyId=x", "size=x", "size=0", "size=-1", "status.isArchived=maybe", "process.isComplete=2",
		"confirmed=maybe", "A3Ref=short", "A3Ref=morethan12chars", "mainVersionInclude=three", "includeDataElements=perhaps",
		"size=%zz", "continuationToken=x", "continuationToken=1;", "status.isHardDeleted=", // the last is as if not given
	} {
		want := 400
		if query == "status.isHardDeleted=" {
			want = 200
		}
		if got := w.call("GET", base+"/instances?org=fts&"+query, token, nil); got.StatusCode != want || got.body == "" {
			t.Errorf("%s: %d %q, want %d", query, got.StatusCode, got.body, want)
		}
	}
}

func TestListOrderIsByLastChanged(t *testing.T) {
	t.Parallel()
	w, token, all := filled(t)
	w.want(200, w.call("PUT", base+"/instances/"+all[1].ID+"/substatus", token, `{"label":"a"}`))
	newest := []string{all[1].ID, all[4].ID, all[3].ID, all[2].ID, all[0].ID}
	oldest := slices.Clone(newest)
	slices.Reverse(oldest)
	for query, want := range map[string][]string{
		"":                        newest,
		"&order=desc:lastChanged": newest,
		"&order=asc:lastChanged":  oldest,
		"&order=whatever":         oldest,
	} {
		if got := ids(w.list(token, "org=fts"+query)); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
}

// TestPaging walks the pages both ways. Three instances share one lastChanged,
// so that the id must decide.
func TestPaging(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	var created []string
	for n := range 7 {
		created = append(created, w.create(receiving, token, template(ferdsel)).ID)
		if n != 2 && n != 3 {
			w.advance(time.Second)
		}
	}
	for order, want := range map[string][]string{"asc": created, "desc": reversed(created)} {
		var got []string
		pages := 0
		for path := base + "/instances?appId=" + receiving + "&size=3&order=" + order + ":lastChanged"; path != "" && pages < 4; pages++ {
			page := decode[list](w, w.want(200, w.call("GET", path, token, nil)))
			if page.Self != platform+path || page.Count != len(page.Instances) {
				t.Errorf("self %s, count %d of %d", page.Self, page.Count, len(page.Instances))
			}
			got = append(got, ids(page)...)
			next, ok := strings.CutPrefix(page.Next, platform)
			if page.Next != "" && (!ok || !strings.Contains(next, "continuationToken=") || !strings.Contains(next, "size=3")) {
				t.Errorf("next %s", page.Next)
			}
			if path = next; order == "asc" { // in whatever case of letters
				path = strings.Replace(next, "continuationToken=", "CONTINUATIONtoken=", 1)
			}
		}
		if !slices.Equal(got, want) || pages != 3 { // of three, three and one
			t.Errorf("%s: %d pages with %v, want %v", order, pages, got, want)
		}
	}
	// A full page has a next one, also the last, whose next is empty.
	full := w.list(token, "appId="+receiving+"&size=7")
	_, query, _ := strings.Cut(full.Next, "?")
	if after := w.list(token, query); full.Count != 7 || after.Count != 0 || after.Next != "" || after.Self == "" {
		t.Errorf("next %q of a full page, then %+v", full.Next, after)
	}
}

func reversed(s []string) []string {
	s = slices.Clone(s)
	slices.Reverse(s)
	return s
}

func TestContinuationTokenHoldsTicks(t *testing.T) {
	t.Parallel()
	w, token, all := filled(t)
	page := w.list(token, "org=fts&size=1&order=asc:lastChanged")
	next, err := url.Parse(page.Next)
	if err != nil {
		t.Fatal(err)
	}
	// .NET counts 100 ns from year 1.
	ticks := all[0].LastChanged.UnixNano()/100 + 621_355_968_000_000_000
	got := next.Query().Get("continuationToken") // escaped once more
	if !strings.HasPrefix(got, fmt.Sprintf("%d%%3b", ticks)) {
		t.Errorf("token %s, want ticks %d", got, ticks)
	}
	// A client that takes the token out of the address as it is, or unescapes it
	// once too often, gets the second page too.
	for _, token3 := range []string{url.QueryEscape(got), got, strings.ReplaceAll(got, "%3b", ";")} {
		if page := w.list(token, "org=fts&size=1&order=asc:lastChanged&continuationToken="+token3); ids(page)[0] != all[1].ID {
			t.Errorf("%s: page %v, want %s", token3, ids(page), all[1].ID)
		}
	}
}

func TestListOwnerHeader(t *testing.T) {
	t.Parallel()
	w, token, all := filled(t)
	const header = "X-Ai-InstanceOwnerIdentifier"
	person := w.create(original, w.person(kari), template(karisParty))
	for value, want := range map[string][]string{
		"Organisation:312008459":  {all[1].ID},
		"organisation:312008459":  {all[1].ID},
		"Person:" + karisNumber:   {person.ID},
		"Organisation:310000001":  {},
		"Person:" + "17838499765": {},
	} {
		got := w.list(token, "org=fts", header, value)
		if !slices.Equal(ids(got), want) || got.Instances == nil {
			t.Errorf("%s: %v, want %v", value, ids(got), want)
		}
	}
	at := base + "/instances?org=fts"
	for _, value := range []string{"312008459", "Org:312008459", "Organisation:31200845", "Person:312008459", "Person:1234567890x"} {
		got := w.call("GET", at, token, nil, header, value)
		w.wantText(400, got)
		if strings.Contains(got.body, "312008459") {
			t.Errorf("the answer repeats the number: %s", got.body)
		}
	}
	w.wantText(400, w.call("GET", at+"&instanceOwner.partyId=70002", token, nil, header, "Organisation:312008459"))
}

func TestListShowsDataUnlessAskedNotTo(t *testing.T) {
	t.Parallel()
	w, token, all := filled(t)
	w.upload(all[0].ID, token, "vedlegg", "one", "")
	w.upload(all[0].ID, token, "vedlegg", "two", "")
	for query, want := range map[string]int{"": 2, "&includeDataElements=true": 2, "&includeDataElements=false": 0} {
		page := w.list(token, "org=fts&A3Ref="+all[0].ID[len(all[0].ID)-12:]+query)
		if got := len(page.Instances[0].Data); got != want {
			t.Errorf("%s: %d data elements, want %d", query, got, want)
		}
	}
}

// TestListForPersons: the decision point filters, deleted ones never show, and a
// page may be short and still have a next.
// TestListForSystemUsers: they see what is delegated to them, and events tell who
// they are.
func TestListForSystemUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.login("/Home/auth/systemuser?systemId=991825827_system&systemUserId=" + systemUser)
	mine := w.create(original, token, template(turlag))
	w.create(receiving, w.fts(), template(turlag)) // not delegated
	if got := ids(w.list(token, "instanceOwner.partyId=70002")); !slices.Equal(got, []string{mine.ID}) {
		t.Errorf("the system user sees %v, want %s", got, mine.ID)
	}
	w.want(400, w.call("GET", base+"/instances?appId="+original, token, nil))
	got := w.want(200, w.call("GET", base+"/instances/"+mine.ID+"/events", token, nil))
	if !strings.Contains(got.body, `"systemUserId":"`+systemUser+`","systemUserOwnerOrgNo":"312008459"`) {
		t.Errorf("events: %s", got.body)
	}
}

func TestListForPersons(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.person(kari)
	first := w.create(original, token, template(karisParty))
	w.advance(time.Second)
	hidden := w.create(receiving, w.fts(), template(karisParty)) // the policy shows it to roles that Kari lacks
	w.advance(time.Second)
	last := w.create(original, token, template(karisParty))
	w.advance(time.Second)
	gone := w.create(original, token, template(karisParty))
	w.want(200, w.call("DELETE", base+"/instances/"+gone.ID+"?hard=true", token, nil))

	const own = "instanceOwner.partyId=50011&order=asc:lastChanged"
	if got, want := ids(w.list(token, own)), []string{first.ID, last.ID}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v (not %s)", got, want, hidden.ID)
	}
	page := w.list(token, own+"&size=2")
	if page.Count != 1 || page.Next == "" {
		t.Errorf("first page has %d and next %q, want 1 and a next", page.Count, page.Next)
	}
	if got := w.list(w.person(ola), own); got.Count != 0 {
		t.Errorf("another person sees %d", got.Count)
	}
}
