package form_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/web/form"
)

func sectionText(sections []form.Section) string {
	var b strings.Builder
	for _, s := range sections {
		fmt.Fprintf(&b, "%s (%s)\n", s.Title, s.Name)
		for _, i := range s.Items {
			outlineItem(&b, i, "  ")
		}
	}
	return b.String()
}

func TestAnswersOfTheExample(t *testing.T) {
	t.Parallel()
	s := state(t, exampleData(t))
	s.Write, s.Language = false, "en"
	s.Files = []form.File{{ID: "1", DataType: "kart", Name: "Čohkolaš.png"}}
	golden(t, "original.answers.txt", sectionText(example(t, "original-form", "en").Answers(s)))
}

// An address is one answer, and empty answers stand there to be filled in.
func TestAnswersOfEveryKind(t *testing.T) {
	t.Parallel()
	f := allKinds(t)
	golden(t, "kinds.answers.txt", sectionText(f.Answers(state(t, filledKinds))))
	for _, section := range f.Answers(state(t, `{}`)) {
		for _, i := range section.Items {
			if i.Value != "" || len(i.Rows) > 0 {
				t.Errorf("an empty form has the answer %+v", i)
			}
		}
	}
}

func TestSummaries(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ summary, want string }{
		"a component":         {`"type": "Summary", "componentRef": "name"`, "name"},
		"nothing there":       {`"type": "Summary", "componentRef": "gone"`, ""},
		"hidden":              {`"type": "Summary", "componentRef": "inner"`, ""},
		"a page, as of old":   {`"type": "Summary", "componentRef": "page"`, "name story"},
		"2, a component":      {`"type": "Summary2", "target": {"type": "component", "id": "name"}`, "name"},
		"2, a page":           {`"type": "Summary2", "target": {"type": "page", "id": "page"}`, "name story"},
		"2, all":              {`"type": "Summary2", "target": {"type": "layoutSet"}`, "name story"},
		"2, without a target": {`"type": "Summary2"`, "name story"},
		"2, another task":     {`"type": "Summary2", "target": {"type": "page", "id": "page", "taskId": "Task_9"}`, ""},
		"2, only filled in":   {`"type": "Summary2", "hideEmptyFields": true`, "name"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := read(t, made(t, `[{"id": "name", "type": "Input", "dataModelBindings": {"simpleBinding": "Name"}},
				{"id": "story", "type": "TextArea", "dataModelBindings": {"simpleBinding": "Story"}},
				{"id": "inner", "type": "Input", "hidden": true, "dataModelBindings": {"simpleBinding": "Inner"}},
				{"id": "sum", `+tt.summary+`}]`, file(t, "kinds.schema.json")))
			v, _ := f.View(state(t, `{"Name": "x"}`), "page", form.Entry{})
			var shown []string
			eachComponent(v.Components, func(c form.Component) {
				for _, i := range c.Items {
					shown = append(shown, i.Component)
				}
			})
			if got := strings.Join(shown, " "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
