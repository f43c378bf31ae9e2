package urlquery_test

import (
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/stafett/stafett/local/urlquery"
)

func TestValues(t *testing.T) {
	t.Parallel()
	values := urlquery.Of(httptest.NewRequest("GET", "/?partyId=1&PARTYID=2&a.b=x%20y+z&token=1;2&empty&bad=%zz%4&&=nameless&%C3%A5=%E5%C3%A5%E2%82%AC%F0%9F%41", nil))
	for name, want := range map[string][]string{
		"partyid": {"1", "2"}, "PartyId": {"1", "2"}, "A.b": {"x y z"}, "token": {"1;2"}, "empty": {""}, "bad": {"%zz%4"}, "": {"nameless"}, "å": {"%E5å€%F0%9FA"}, "none": nil,
	} {
		got := values.All(name)
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
		if len(want) > 0 && values.Get(name) != want[0] || len(want) == 0 && values.Get(name) != "" {
			t.Errorf("the first %q is %q", name, values.Get(name))
		}
	}
	if (urlquery.Values{}).Get("x") != "" {
		t.Error("the zero value has values")
	}
}
