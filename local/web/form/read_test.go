package form_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/web/form"
)

// patchText writes operations, one a line.
func patchText(t *testing.T, operations []form.Operation) string {
	t.Helper()
	var lines []string
	for _, o := range operations {
		line := o.Op + " " + o.Path
		if o.Op != "remove" {
			value, err := json.Marshal(o.Value)
			if err != nil {
				t.Fatal(err)
			}
			line += " " + string(value)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestWhatIsTypedBecomesAValueOfItsField(t *testing.T) {
	t.Parallel()
	const (
		whole  = "Skriv «Weight of Sledge» som et helt tall, for eksempel 12."
		number = "Skriv «Price» som et tall, for eksempel 1250,5."
		day    = "Skriv «Day» som en dato, for eksempel 17.05.2026."
	)
	tests := []struct{ field, typed, want string }{
		{"name", "Áŋne Čáhppe  ", `add /Name "Áŋne Čáhppe  "`},
		{"name", "   ", "remove /Name"},
		{"name", "a\x00b", "«Name of you» har tegn som ikke kan lagres. Skriv teksten på nytt uten dem."},
		{"name", "a\xff", "«Name of you» har tegn som ikke kan lagres. Skriv teksten på nytt uten dem."},
		{"story", "A\r\nB", `add /Story "A\nB"`},
		{"story", "One\r\nTwo", ""},
		{"account", "1234 56 78902", `add /Account "12345678902"`},
		{"price", "1250,5", ""},
		{"price", "1 250,50", ""},
		{"price", "1\u00a0251", "add /Price 1251"},
		{"price", "1.251,5 kr", "add /Price 1251.5"},
		{"price", "1,251.5", "add /Price 1251.5"},
		{"price", "1.200.000", "add /Price 1200000"},
		{"price", "1.251", "«Price» kan leses både som 1,251 og som 1\u00a0251. Bruk komma foran desimaler, og mellomrom mellom tusener."},
		{"price", "0.75", "add /Price 0.75"},
		{"price", ",5", "add /Price 0.5"},
		{"price", "007", "add /Price 7"},
		{"price", "1,234", "«Price» kan ha høyst 2 desimaler."},
		{"price", "−5", "«Price» kan ikke være mindre enn null."},
		{"price", "dyr", number},
		{"price", "1e5", number},
		{"price", "1,2,3.4.5", number},
		{"price", strings.Repeat("9", 29), number},
		{"price", "", "remove /Price"},
		{"weight-0", "1.200", "add /Rows/0/Weight 1200"},
		{"weight-0", "12,0", ""},
		{"weight-0", "12,5", whole},
		{"weight-0", "tolv", whole},
		{"part-0-1", "Seat", `add /Rows/0/Parts/1/Name "Seat"`},
		{"day", "18.5.2026", `add /Day "2026-05-18"`},
		{"day", "18/05/2026", `add /Day "2026-05-18"`},
		{"day", "18052026", `add /Day "2026-05-18"`},
		{"day", "2026-05-17", ""},
		{"day", "29.02.2027", day},
		{"day", "18.5.26", day},
		{"day", "i morgen", day},
		{"moment", "17.05.2026", ""},
		{"moment", "18.01.2026", `add /Moment "2026-01-18T00:00:00.000+01:00"`},
		{"moment", "18.07.2026", `add /Moment "2026-07-18T00:00:00.000+02:00"`},
		{"kind", "b", "add /Kind \"b\"\nadd /KindText \"B\""},
		{"kind", "", "remove /Kind\nremove /KindText"},
		{"kind", "x", "Velg et av alternativene under «Kind»."},
		{"tags", "b", `add /Tags "b"`},
		{"tags", "c", `add /Tags "c"`},
		{"agreed", "true", ""},
		{"agreed", "", "remove /Agreed"},
		{"list", "a", `add /List ["a"]`},
		{"list", "c", "Velg et av alternativene under «List»."},
		{"size", "1", "add /Size 1"},
		{"size", "2.5", ""},
		{"home.zipCode", "9740", `add /Home/Zip "9740"`},
	}
	f, s := allKinds(t), state(t, filledKinds)
	for _, tt := range tests {
		t.Run(tt.field+"="+tt.typed, func(t *testing.T) {
			t.Parallel()
			operations, issues := f.Read(s, "page", url.Values{"field." + tt.field: {tt.typed}})
			got := patchText(t, operations)
			if len(issues) > 0 {
				got = issues[0].Text
				if len(operations) > 0 || len(issues) > 1 || issues[0].Component != tt.field || issues[0].Page != "page" || issues[0].Field == "" {
					t.Errorf("operations %v, issues %+v", operations, issues)
				}
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// In English, a point stands before decimals.
func TestNumbersInEnglish(t *testing.T) {
	t.Parallel()
	f, s := allKinds(t), state(t, `{}`)
	s.Language = "en"
	for typed, want := range map[string]string{"1,200.50": "add /Price 1200.5", "12.5": "add /Price 12.5", "12,5": "add /Price 12.5", "1,200,000": "add /Price 1200000",
		"1,200": "“Price” can be read both as 1.2 and as 1\u00a0200. Use a point before decimals and a space between thousands."} {
		operations, issues := f.Read(s, "page", url.Values{"field.price": {typed}})
		got := patchText(t, operations)
		if len(issues) > 0 {
			got = issues[0].Text
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", typed, got, want)
		}
	}
}

func TestReadSeveralChoices(t *testing.T) {
	t.Parallel()
	f, s := allKinds(t), state(t, filledKinds)
	operations, issues := f.Read(s, "page", url.Values{"field.tags": {"c", "", "b", "b"}, "field.list": {"a", "b"}, "field.size": {"1", "2.5"}})
	if got, want := patchText(t, operations), "add /Tags \"c,b\"\nadd /List [\"a\",\"b\"]"; got != want {
		t.Errorf("got %s", got)
	}
	if len(issues) != 1 || issues[0].Component != "size" {
		t.Errorf("issues = %+v; a drop-down holds one", issues)
	}
	if operations, _ = f.Read(s, "page", url.Values{"field.tags": {"c", "a"}}); len(operations) > 0 {
		t.Errorf("the order of boxes is no change, got %v", operations)
	}
}

// Groups and rows that the data lack come into being with the first value in them.
func TestReadMakesWhatIsMissing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ data, field, typed, want string }{
		"group": {`{"Home": null}`, "home.address", "Road 1", "add /Home {}\nadd /Home/Street \"Road 1\""},
		"row":   {`{}`, "what-0", "Sledge", "add /Rows []\nadd /Rows/0 {}\nadd /Rows/0/What \"Sledge\""},
		"null":  {`{"Rows": [null]}`, "what-0", "Sledge", "add /Rows/0 {}\nadd /Rows/0/What \"Sledge\""},
		"list":  {`{}`, "list", "a", `add /List ["a"]`},
		"none":  {`null`, "name", "Áŋne", `add /Name "Áŋne"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			operations, issues := allKinds(t).Read(state(t, tt.data), "page", url.Values{"field." + tt.field: {tt.typed}})
			if got := patchText(t, operations); got != tt.want || len(issues) > 0 {
				t.Errorf("got %s, %v", got, issues)
			}
		})
	}
}

// What the page does not show, what cannot be written, and what the person has
// left as it was shown, stay.
func TestReadLeavesTheRest(t *testing.T) {
	t.Parallel()
	f := allKinds(t)
	tests := map[string]struct {
		data   string
		posted url.Values
	}{
		"hidden":         {`{"Kind": "b"}`, url.Values{"field.inner": {"x"}}},
		"read-only":      {`{"Kind": "b"}`, url.Values{"field.story": {"x"}}},
		"no such row":    {`{"Rows": [{"What": "a"}]}`, url.Values{"field.what-1": {"x"}, "field.what-99": {"y"}}},
		"hidden row":     {`{"Rows": [{"What": "gone"}]}`, url.Values{"field.what-0": {"x"}}},
		"unknown":        {`{}`, url.Values{"field.map": {"x"}, "field.loose": {"x"}, "name": {"x"}, "field.": {"x"}}},
		"as shown":       {`{"Name": "from another window"}`, url.Values{"field.name": {"old"}, "shown.name": {"old"}}},
		"boxes as shown": {`{"Tags": "a"}`, url.Values{"field.tags": {"b"}, "shown.tags": {"b"}}},
		"not posted":     {`{"Tags": "a", "Name": "x"}`, url.Values{"shown.name": {"x"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if operations, issues := f.Read(state(t, tt.data), "page", tt.posted); len(operations)+len(issues) > 0 {
				t.Errorf("got %v, %v", operations, issues)
			}
		})
	}
	s := state(t, `{}`)
	if operations, _ := f.Read(s, "elsewhere", url.Values{"field.name": {"x"}}); operations != nil {
		t.Errorf("a page that is not there gave %v", operations)
	}
	s.Write = false
	if operations, _ := f.Read(s, "page", url.Values{"field.name": {"x"}}); operations != nil {
		t.Errorf("a form that cannot be written gave %v", operations)
	}
	if operations, _ := f.Read(state(t, `{"Tags": "a"}`), "page", url.Values{"shown.tags": {"a"}}); patchText(t, operations) != "remove /Tags" {
		t.Errorf("boxes that are no longer ticked gave %v", operations)
	}
}

// What could not be accepted is shown again as it was typed.
func TestTypedTextIsShownAgain(t *testing.T) {
	t.Parallel()
	f, s := allKinds(t), state(t, filledKinds)
	values := url.Values{"field.price": {"dyr"}, "field.day": {"31.02.2026"}, "field.name": {"Áŋne"}}
	_, issues := f.Read(s, "page", values)
	v, _ := f.View(s, "page", form.Entry{Values: values, Issues: issues})
	if c := find(t, v, "price"); c.Value != "dyr" || len(c.Errors) != 1 || c.Shown != "1\u00a0250,5" {
		t.Errorf("price = %+v", c)
	}
	if c := find(t, v, "day"); c.Value != "31.02.2026" {
		t.Errorf("day = %+v", c)
	}
	if c := find(t, v, "name"); c.Value != "Máret" || len(c.Errors) > 0 {
		t.Errorf("a value that was accepted is what the data hold, got %+v", c)
	}
}
