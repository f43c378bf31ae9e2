package inbox

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/form"
)

// instance reads an instance as the platform writes it.
func instance(t *testing.T, text string) api.Instance {
	t.Helper()
	var in api.Instance
	if err := in.UnmarshalJSON([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return in
}

func TestStatus(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]label{
		`{}`: {Key: "status.new", Color: "neutral"},
		`{"process":{"currentTask":{"elementId":"Task_1","altinnTaskType":"data"}}}`:         {Key: "status.data", Color: "info"},
		`{"process":{"currentTask":{"elementId":"Task_2","altinnTaskType":"confirmation"}}}`: {Key: "status.confirmation", Color: "warning"},
		`{"process":{"currentTask":{"elementId":"Task_2","altinnTaskType":"signing"}}}`:      {Key: "status.signing", Color: "warning"},
		`{"process":{"currentTask":{"elementId":"Task_2","altinnTaskType":"payment"}}}`:      {Key: "status.payment", Color: "warning"},
		`{"process":{"currentTask":{"elementId":"Task_3","altinnTaskType":"feedback"}}}`:     {Key: "status.feedback", Color: "info"},
		// What this inbox has no word for is called what the process calls it.
		`{"process":{"currentTask":{"elementId":"Task_4","altinnTaskType":"own","name":"Stempling"}}}`: {Text: "Stempling", Color: "info"},
		`{"process":{"currentTask":{"elementId":"Task_4","altinnTaskType":"own"}}}`:                    {Text: "Task_4", Color: "info"},
		`{"process":{"ended":"2027-01-02T03:04:05Z"}}`:                                                 {Key: "status.sent", Color: "success"},
		`{"process":{"ended":"2027-01-02T03:04:05Z"},"status":{"isArchived":true}}`:                    {Key: "status.archived", Color: "success"},
		`{"status":{"isArchived":true,"isSoftDeleted":true}}`:                                          {Key: "status.deleted", Color: "neutral"},
	} {
		if got := statusOf(instance(t, text)); got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
}

func TestUnread(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]string{`"Unread"`: "unread", `2`: "updated", `"Read"`: ""} {
		key := ""
		if got := unreadOf(instance(t, `{"status":{"readStatus":`+status+`}}`)); got != nil {
			key = got.Key
		}
		if key != want {
			t.Errorf("%s is told as %q, want %q", status, key, want)
		}
	}
}

func TestPresentationTextsHaveTheApplicationsOrder(t *testing.T) {
	t.Parallel()
	metadata := app.Metadata{PresentationFields: []app.Field{{ID: "omrade"}, {ID: "dato"}, {ID: "tom"}}}
	got := presentationOf(metadata, map[string]string{"b": "B", "dato": "1. mai", "a": " A ", "omrade": "Čohkolaš", "tom": " "})
	if want := "Čohkolaš, 1. mai, A, B"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := presentationOf(app.Metadata{}, nil); got != "" {
		t.Errorf("%q of nothing", got)
	}
}

func TestWhatAnApplicationHides(t *testing.T) {
	t.Parallel()
	in := instance(t, `{"process":{"currentTask":{"elementId":"Task_2"}}}`)
	ended := instance(t, `{"process":{"ended":"2027-01-02T03:04:05Z"}}`)
	for text, want := range map[string][2]bool{
		``:                                     {false, false},
		`{}`:                                   {false, false},
		`{"hideSettings":{"hideAlways":true}}`: {true, true},
		`{"hideSettings":{"hideOnTask":["Task_1"]}}`:           {false, false},
		`{"hideSettings":{"hideOnTask":["Task_1", "Task_2"]}}`: {true, false},
	} {
		var metadata app.Metadata
		if text != "" {
			if err := json.Unmarshal([]byte(text), &metadata.MessageBox); err != nil {
				t.Fatal(err)
			}
		}
		if got := [2]bool{hidden(metadata, in), hidden(metadata, ended)}; got != want {
			t.Errorf("%s hides %v, want %v", text, got, want)
		}
	}
}

func TestTheFormIsThatOfTheLastDataTask(t *testing.T) {
	t.Parallel()
	tasks := []api.ProcessTask{{ID: "T1", Type: "data"}, {ID: "T2", Type: "data"}, {ID: "T3", Type: "confirmation"}}
	history := func(ids ...string) (items []storage.InstanceEvent) {
		for _, id := range ids {
			items = append(items, storage.InstanceEvent{ProcessInfo: &storage.ProcessState{CurrentTask: &storage.ProcessTask{ElementID: id}}})
		}
		return items
	}
	for name, c := range map[string]struct {
		current string
		history []storage.InstanceEvent
		tasks   []api.ProcessTask
		want    string
	}{
		"it stands in one":     {"T1", history("Start", "T1", "T1", "T2", "T2", "T1"), tasks, "T1"},
		"it waits after one":   {"T3", history("Start", "T1", "T1", "T2", "T2", "T3"), tasks, "T2"},
		"it has ended":         {"", history("Start", "T1", "T1", "End"), tasks, "T1"},
		"nothing has happened": {"", nil, tasks, "T1"},
		"it has no form":       {"T3", history("Start", "T3"), tasks[2:], ""},
	} {
		process := api.ProcessState{Tasks: c.tasks}
		if c.current != "" {
			process.CurrentTask = &api.Task{ID: c.current}
		}
		if got := lastFormTask(process, c.history); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestATaskHasTheNameOfItsProcess(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]label{"Behandling": {Text: "Behandling"}, "": {Key: "task.data"}} {
		if got := stepOf(&storage.ProcessTask{ElementID: "T1", Name: name, AltinnTaskType: "data"}); got.Name != want || got.ID != "T1" {
			t.Errorf("%q: %+v", name, got)
		}
	}
}

func TestInstancesThatAFormNames(t *testing.T) {
	t.Parallel()
	const first, second = "500/0a0a0a0a-0000-4000-8000-000000000001", "501/0a0a0a0a-0000-4000-8000-000000000002"
	var data any
	text := `{"z":"` + first + `","a":[{"b":"` + second + `"},"` + first + `",7,null],"c":"see ` + first + `","d":"../` + first + `"}`
	if err := json.Unmarshal([]byte(text), &data); err != nil {
		t.Fatal(err)
	}
	if got, want := instancesIn(data), []string{second, first}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAnswersInAListStayInOrder(t *testing.T) {
	t.Parallel()
	a, b, c := form.Item{Label: "a"}, form.Item{Label: "b"}, form.Item{Label: "c"}
	group := form.Item{Label: "group", Rows: []form.Section{{Title: "1"}}}
	got := blocks([]form.Item{a, b, group, c})
	want := []block{{Plain: []form.Item{a, b}}, {Group: group}, {Plain: []form.Item{c}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	for text, want := range map[string]bool{
		`{}`: false, `{"visibleAfter":"2027-03-01T09:00:00Z"}`: false, `{"visibleAfter":"2027-03-01T09:00:01Z"}`: true,
	} {
		if got := waiting(instance(t, text), now) != nil; got != want {
			t.Errorf("%s waits: %v", text, got)
		}
	}
}
