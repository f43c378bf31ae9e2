package fill

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/web/definition"
	"github.com/stafett/stafett/local/web/form"
	"github.com/stafett/stafett/local/web/frame"
)

// A page that is no longer shown leads to the first that is, or else to where the
// instance stands.
func TestPageThatIsHidden(t *testing.T) {
	t.Parallel()
	hidden, shown := app.Page{Name: "gone", Hidden: json.RawMessage("true")}, app.Page{Name: "there"}
	for want, pages := range map[string][]app.Page{
		"/fill/fts/app/1/2/there": {hidden, shown},
		"/fill/fts/app/1/2":       {hidden},
	} {
		made, err := form.New(form.Source{AppID: "fts/app", Set: app.LayoutSet{Pages: pages}})
		if err != nil {
			t.Fatal(err)
		}
		s := &standing{place: place{app: "fts/app", instance: "1/2"}, definition: &definition.Definition{Form: made}}
		answer, err := (&area{}).pageOf(&frame.Call{}, s, "gone", entry{})
		if err != nil || !reflect.DeepEqual(answer, frame.Redirect(want)) {
			t.Errorf("got %+v, %v; want %s", answer, err, want)
		}
	}
}
