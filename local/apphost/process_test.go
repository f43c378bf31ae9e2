package apphost_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
)

// filledIn makes an instance of the original form, owned by Máret and ready to
// be sent in.
func (w *world) filledIn(token string) instance {
	w.t.Helper()
	in := w.create(token, original, ownerOf(maretParty))
	content, err := examples.Files().Open(examples.FormData)
	must(w.t, err)
	defer content.Close()
	w.send(token, http.MethodPut, original+"/instances/"+in.ID+"/data/"+in.of(w.t, "skjema").ID,
		http.Header{"Content-Type": {"application/json"}}, content).want(http.StatusCreated)
	return w.get(token, original, in.ID)
}

func (w *world) next(token, appID, id, action string) reply {
	w.t.Helper()
	body := ""
	if action != "" {
		body = `{"action":"` + action + `"}`
	}
	return w.json(token, http.MethodPut, appID+"/instances/"+id+"/process/next", body)
}

// state is a process as the process endpoints write it.
type state struct {
	CurrentTask *struct {
		ElementID   string          `json:"elementId"`
		Flow        int             `json:"flow"`
		FlowType    string          `json:"flowType"`
		Actions     map[string]bool `json:"actions"`
		UserActions []struct {
			ID         string
			Authorized bool
			Type       string
		} `json:"userActions"`
		Read, Write bool
		ElementType string `json:"elementType"`
	} `json:"currentTask"`
	EndEvent     *string `json:"endEvent"`
	ProcessTasks []struct {
		ElementID      string `json:"elementId"`
		AltinnTaskType string `json:"altinnTaskType"`
	} `json:"processTasks"`
}

func (r reply) state() state {
	r.t.Helper()
	var s state
	r.want(http.StatusOK).into(&s)
	return s
}

// TestSendIn follows a form from the person who fills it in to its end.
func TestSendIn(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	maret := w.maret()
	in := w.filledIn(maret)

	s := w.next(maret, original, in.ID, "").state()
	if s.CurrentTask == nil || s.CurrentTask.ElementID != "Task_2" || s.CurrentTask.Flow != 3 {
		t.Fatalf("after Task_1: %+v", s.CurrentTask)
	}
	if a := s.CurrentTask.Actions; !a["confirm"] || !a["reject"] || !a["read"] || len(a) != 4 {
		t.Errorf("actions %v", a)
	}
	if !s.CurrentTask.Read || s.CurrentTask.ElementType != "Task" || len(s.CurrentTask.UserActions) != 4 {
		t.Errorf("task %+v", s.CurrentTask)
	}
	for _, action := range s.CurrentTask.UserActions {
		if action.Type != "ProcessAction" || !action.Authorized && action.ID != "write" {
			t.Errorf("user action %+v", action)
		}
	}
	if len(s.ProcessTasks) != 2 || s.ProcessTasks[1].AltinnTaskType != "confirmation" {
		t.Errorf("process tasks %v", s.ProcessTasks)
	}
	in = w.get(maret, original, in.ID)
	if !in.of(t, "skjema").Locked {
		t.Error("the form of the finished task is not locked")
	}
	pdf := in.of(t, app.PDFDataType)
	if pdf.Filename == nil || *pdf.Filename != "Søknad om dispensasjon for barmarkskjøring.pdf" || pdf.ContentType != "application/pdf" || pdf.Locked {
		t.Errorf("pdf %+v", pdf)
	}
	want := map[string]string{"value": "Task_1", "relation": "GeneratedFrom", "valueType": "Task"}
	if len(pdf.References) != 1 || pdf.References[0]["value"] != want["value"] || pdf.References[0]["relation"] != want["relation"] {
		t.Errorf("references %v, want %v", pdf.References, want)
	}
	content := w.json(maret, http.MethodGet, original+"/instances/"+in.ID+"/data/"+pdf.ID, "").want(http.StatusOK).body
	if !strings.HasPrefix(content, "%PDF-") {
		t.Errorf("the pdf begins with %.10q", content)
	}

	s = w.next(maret, original, in.ID, "confirm").state()
	if s.CurrentTask != nil || s.EndEvent == nil || *s.EndEvent != "EndEvent_1" {
		t.Errorf("after Task_2: %+v", s)
	}
	in = w.get(maret, original, in.ID)
	if !in.Status.IsArchived || in.Process.Ended == nil {
		t.Errorf("status %+v, process %+v", in.Status, in.Process)
	}
	w.next(maret, original, in.ID, "").wantProblem(http.StatusConflict, "Conflict")

	var history struct {
		Events []struct{ EventType, ElementID string } `json:"processHistory"`
	}
	w.json(maret, http.MethodGet, original+"/instances/"+in.ID+"/process/history", "").want(http.StatusOK).into(&history)
	var seen []string
	for _, e := range history.Events {
		seen = append(seen, strings.TrimPrefix(e.EventType, "process_")+" "+e.ElementID)
	}
	if got := strings.Join(seen, ", "); got != "StartEvent StartEvent_1, StartTask Task_1, StartTask Task_2, EndEvent EndEvent_1" {
		t.Errorf("history: %s", got)
	}
}

// TestReject: going back unlocks the form and takes the stale PDF away; no
// second PDF comes of abandoning a task.
func TestReject(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	maret := w.maret()
	in := w.filledIn(maret)
	w.next(maret, original, in.ID, "").want(http.StatusOK)
	s := w.next(maret, original, in.ID, "reject").state()
	if s.CurrentTask == nil || s.CurrentTask.ElementID != "Task_1" || s.CurrentTask.FlowType != "AbandonCurrentMoveToNext" {
		t.Fatalf("after reject: %+v", s.CurrentTask)
	}
	in = w.get(maret, original, in.ID)
	if len(in.Data) != 1 || in.of(t, "skjema").Locked {
		t.Errorf("data %+v", in.Data)
	}
	w.next(maret, original, in.ID, "").want(http.StatusOK)
	w.get(maret, original, in.ID).of(t, app.PDFDataType)
}

func TestNextNeedsTheAction(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	in := w.filledIn(w.maret())
	w.next(w.maret(), original, in.ID, "").want(http.StatusOK)
	// The owner of the application may write, but not confirm for the person.
	for _, action := range []string{"", "confirm", "reject"} {
		p := w.next(w.agency(), original, in.ID, action).wantProblem(http.StatusForbidden, "Unauthorized")
		if detail, _ := p["detail"].(string); !strings.Contains(detail, "not authorized for process next") {
			t.Errorf("detail %q", detail)
		}
	}
	w.next(w.person(ailoUser), original, in.ID, "").want(http.StatusForbidden)
}

func TestNextStopsAtErrors(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	in := w.create(w.maret(), original, ownerOf(maretParty))
	p := w.next(w.maret(), original, in.ID, "").wantProblem(http.StatusConflict, "Validation failed for task")
	issues, _ := p["validationIssues"].([]any)
	if len(issues) == 0 {
		t.Fatal("no issues")
	}
	first, _ := issues[0].(map[string]any)
	if first["severity"] != 1.0 || first["dataElementId"] != in.of(t, "skjema").ID || first["code"] != "required" {
		t.Errorf("issue %v", first)
	}
	if got := w.get(w.maret(), original, in.ID); got.Process.CurrentTask.ElementID != "Task_1" || got.of(t, "skjema").Locked {
		t.Errorf("the task was left or locked: %+v", got.Process.CurrentTask)
	}
}

// TestLockedInstance: while somebody holds the lock, nobody moves the process;
// afterwards the lock is free.
func TestLockedInstance(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	maret := w.maret()
	in := w.filledIn(maret)
	lock := w.json(maret, http.MethodPost, "https://"+platformHost+storageInstances+"/"+in.ID+"/lock", `{"ttlSeconds":300}`).want(http.StatusOK)
	var token struct{ LockToken string }
	lock.into(&token)
	w.next(maret, original, in.ID, "").want(http.StatusConflict)
	w.send(maret, http.MethodPatch, "https://"+platformHost+storageInstances+"/"+in.ID+"/lock",
		http.Header{"Content-Type": {"application/json"}, "Altinn-Storage-Lock-Token": {token.LockToken}}, strings.NewReader(`{"ttlSeconds":0}`)).
		want(http.StatusNoContent)
	w.next(maret, original, in.ID, "").want(http.StatusOK)
	w.json(maret, http.MethodPost, "https://"+platformHost+storageInstances+"/"+in.ID+"/lock", `{"ttlSeconds":1}`).want(http.StatusOK)
}

// TestProcessMovedOn: what happened between the first look and the lock counts.
func TestProcessMovedOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maret := w.maret()
	in := w.filledIn(maret)
	path := "https://" + platformHost + storageInstances + "/" + in.ID
	var once sync.Once
	w.onPlatform(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/lock") {
			once.Do(func() {
				w.json(maret, http.MethodPut, path+"/process", `{"started":"2027-03-01T09:00:00Z","startEvent":"StartEvent_1",
					"currentTask":{"flow":3,"elementId":"Task_2","altinnTaskType":"confirmation","flowType":"CompleteCurrentMoveToNext"}}`).want(http.StatusOK)
			})
		}
		return false
	})
	w.next(maret, original, in.ID, "").wantProblem(http.StatusConflict, "Conflict")
	if got := w.get(maret, original, in.ID); got.Process.CurrentTask.ElementID != "Task_2" || len(got.Data) != 1 {
		t.Errorf("task %+v, %d elements", got.Process.CurrentTask, len(got.Data))
	}
}

// TestAbandonTask: a task that is abandoned is neither locked nor printed, and
// validated only where its process does not name the action.
func TestAbandonTask(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	in := w.create(w.maret(), original, ownerOf(maretParty))
	w.next(w.maret(), original, in.ID, "reject").wantProblem(http.StatusConflict, "Validation failed for task")
	in = w.filledIn(w.maret())
	w.next(w.maret(), original, in.ID, "reject").want(http.StatusOK)
	in = w.get(w.maret(), original, in.ID)
	if in.Process.CurrentTask.ElementID != "Task_2" || len(in.Data) != 1 || in.of(t, "skjema").Locked {
		t.Errorf("task %+v, data %+v", in.Process.CurrentTask, in.Data)
	}
}

// TestFailureBeforeTheStateIsStored: the instance stays in its task, and the
// same request succeeds later, as a person does who presses the button again.
func TestFailureBeforeTheStateIsStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maret := w.maret()
	in := w.filledIn(maret)
	w.onPlatform(func(rw http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/process/instanceandevents") {
			rw.WriteHeader(http.StatusInternalServerError)
			return true
		}
		return false
	})
	w.next(maret, original, in.ID, "").wantProblem(http.StatusInternalServerError, "Process next failed.")
	w.onPlatform(nil)
	if got := w.get(maret, original, in.ID); got.Process.CurrentTask.ElementID != "Task_1" {
		t.Fatalf("current task %+v", got.Process.CurrentTask)
	}
	w.next(maret, original, in.ID, "").want(http.StatusOK)
}

func TestCompleteProcess(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	maret := w.maret()
	in := w.filledIn(maret)
	s := w.json(maret, http.MethodPut, original+"/instances/"+in.ID+"/process/completeProcess", "").state()
	if s.EndEvent == nil {
		t.Errorf("state %+v", s)
	}
	path := original + "/instances/" + in.ID + "/process/"
	w.json(maret, http.MethodPost, path+"start", "").want(http.StatusConflict)
	w.json(maret, http.MethodPut, path+"completeProcess", "").wantText(http.StatusConflict, "The process has ended")
	w.json(maret, http.MethodGet, path+"next", "").wantText(http.StatusConflict, "")
	begun := original + "/instances/" + w.create(maret, original, ownerOf(maretParty)).ID + "/process/completeProcess"
	w.json(w.person(ailoUser), http.MethodPut, begun, "").wantEmpty(http.StatusForbidden)
	w.json(maret, http.MethodPut, begun, "").wantProblem(http.StatusConflict, "Validation failed for task")
}

func TestGetProcess(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	in := w.create(w.maret(), original, ownerOf(maretParty))
	s := w.json(w.maret(), http.MethodGet, original+"/instances/"+in.ID+"/process", "").state()
	if s.CurrentTask == nil || !s.CurrentTask.Write || len(s.CurrentTask.Actions) != 2 {
		t.Errorf("task %+v", s.CurrentTask)
	}
	w.json(w.person(ailoUser), http.MethodGet, original+"/instances/"+in.ID+"/process", "").wantEmpty(http.StatusForbidden)
	w.json(w.maret(), http.MethodPost, original+"/instances/"+in.ID+"/process/start", "").wantText(http.StatusConflict, "The process has started")
}

// TestGatewayReadsTheForm: a condition may look into the form data.
func TestGatewayReadsTheForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withProcess(receiving, `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:altinn="http://altinn.no/process"><process id="p">
		<startEvent id="s"><outgoing>f1</outgoing></startEvent>
		<task id="Task_1" name="Mottak"><extensionElements><altinn:taskExtension><altinn:taskType>data</altinn:taskType></altinn:taskExtension></extensionElements><incoming>f1</incoming><outgoing>f2</outgoing></task>
		<exclusiveGateway id="g"><extensionElements><altinn:gatewayExtension><altinn:connectedDataTypeId>sak</altinn:connectedDataTypeId></altinn:gatewayExtension></extensionElements><incoming>f2</incoming><outgoing>f3</outgoing><outgoing>f4</outgoing></exclusiveGateway>
		<serviceTask id="Task_2" name="PDF"><extensionElements><altinn:taskExtension><altinn:taskType>pdf</altinn:taskType><altinn:pdfConfig><altinn:autoPdfTaskIds><altinn:taskId>Task_1</altinn:taskId></altinn:autoPdfTaskIds></altinn:pdfConfig></altinn:taskExtension></extensionElements><incoming>f3</incoming><outgoing>f5</outgoing></serviceTask>
		<endEvent id="e1"><incoming>f4</incoming></endEvent><endEvent id="e2"><incoming>f5</incoming></endEvent>
		<sequenceFlow id="f1" sourceRef="s" targetRef="Task_1"/><sequenceFlow id="f2" sourceRef="Task_1" targetRef="g"/>
		<sequenceFlow id="f3" sourceRef="g" targetRef="Task_2"><conditionExpression>["equals", ["dataModel", "Sak.Kilde"], "pdf"]</conditionExpression></sequenceFlow>
		<sequenceFlow id="f4" sourceRef="g" targetRef="e1"><conditionExpression>["notEquals", ["dataModel", "Sak.Kilde"], "pdf"]</conditionExpression></sequenceFlow>
		<sequenceFlow id="f5" sourceRef="Task_2" targetRef="e2"/>
	</process></definitions>`))
	for kilde, want := range map[string]struct {
		end  string
		pdfs int
	}{"pdf": {"e2", 2}, "annet": {"e1", 1}} {
		body, err := json.Marshal(map[string]any{
			"instanceOwner": map[string]string{"organisationNumber": agencyNumber},
			"prefill":       map[string]string{"Sak.Tittel": "a", "Sak.Soker": "b", "Sak.Kilde": kilde},
		})
		must(t, err)
		in := w.create(w.agency(), receiving, string(body))
		s := w.next(w.agency(), receiving, in.ID, "").state()
		if s.EndEvent == nil || *s.EndEvent != want.end {
			t.Errorf("%s: state %+v", kilde, s)
		}
		pdfs := 0
		for _, e := range w.get(w.agency(), receiving, in.ID).Data {
			if e.DataType == app.PDFDataType {
				pdfs++
			}
		}
		if pdfs != want.pdfs {
			t.Errorf("%s: %d pdfs, want %d", kilde, pdfs, want.pdfs)
		}
	}
}

// TestAutoDelete: an application may have its instances, or some of their data,
// deleted when their process ends.
func TestAutoDelete(t *testing.T) {
	t.Parallel()
	w := newWorld(t,
		withFolder(receiving, func(f *app.Folder) { f.Metadata.AutoDeleteOnProcessEnd = true }),
		withFolder(original, func(f *app.Folder) {
			f.Metadata.DataTypes = append(slices.Clone(f.Metadata.DataTypes), app.DataType{ID: "kladd", AppLogic: &app.AppLogic{AutoDeleteOnProcessEnd: true}})
		}))
	in := w.create(w.agency(), receiving, `{"instanceOwner":{"organisationNumber":"`+agencyNumber+`"},"prefill":{"Sak.Tittel":"a","Sak.Soker":"b","Sak.Kilde":"c"}}`)
	w.next(w.agency(), receiving, in.ID, "").want(http.StatusOK)
	if !w.fromStorage(in.ID).Status.IsHardDeleted {
		t.Error("the instance is still there")
	}
	maret := w.maret()
	in = w.filledIn(maret)
	w.upload(maret, original+"/instances/"+in.ID+"/data?dataType=kladd", "text/plain", "kladd.txt", "x").want(http.StatusCreated)
	w.next(maret, original, in.ID, "").want(http.StatusOK)
	w.get(maret, original, in.ID).of(t, "kladd")
	w.next(maret, original, in.ID, "confirm").want(http.StatusOK)
	for _, e := range w.get(maret, original, in.ID).Data {
		if e.DataType == "kladd" {
			t.Error("the data that were to go are still there")
		}
	}
}

// TestStartProcess: an instance that was made in Storage alone gets its form and
// its first task when its process is started.
func TestStartProcess(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	made := w.json(w.agency(), http.MethodPost, "https://"+platformHost+storageInstances+"?appId="+receiving, ownerOf(agencyParty)).want(http.StatusCreated)
	var in struct{ ID string }
	made.into(&in)
	path := receiving + "/instances/" + in.ID
	w.next(w.agency(), receiving, in.ID, "").wantProblem(http.StatusConflict, "Conflict")
	w.json(w.agency(), http.MethodGet, path+"/validate", "").wantProblem(http.StatusConflict, "Validation error")
	w.json(w.agency(), http.MethodPost, path+"/process/start?startEvent=elsewhere", "").wantText(http.StatusConflict, "The process has no start event")
	var starts []string
	if w.json(w.agency(), http.MethodGet, path+"/process/next", "").want(http.StatusOK).into(&starts); !slices.Equal(starts, []string{"StartEvent_1"}) {
		t.Errorf("next elements %q", starts)
	}
	if s := w.json(w.agency(), http.MethodPost, path+"/process/start?startEvent=StartEvent_1", "").state(); s.CurrentTask == nil || s.CurrentTask.ElementID != "Task_1" {
		t.Errorf("state %+v", s)
	}
	w.get(w.agency(), receiving, in.ID).of(t, "sak")
	w.json(w.agency(), http.MethodPost, path+"/process/start", "").wantText(http.StatusConflict, "The process has started")
}

// TestWaysOutOfAGateway: only the boolean true opens a flow, one must be open, or
// the default; look-ups read the form of the task.
func TestWaysOutOfAGateway(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		attribute, first, second string
		end                      string // empty: 500
	}{
		"the form of the task":        {"", `["equals", ["dataModel", "Kjoring.AntallTurer"], 4]`, "false", "e1"},
		"a text is not true":          {"", `["concat", "tr", "ue"]`, "false", ""},
		"null is not true":            {"", "null", "true", "e2"},
		"none":                        {"", "false", "false", ""},
		"two":                         {"", "true", "true", ""},
		"two, one of them default":    {`default="f4"`, "true", "true", "e2"},
		"an expression that is wrong": {"", `["dateOfYesterday"]`, "true", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, withProcess(original, `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:altinn="http://altinn.no"><process id="p">
				<startEvent id="s"/><task id="Task_1" altinn:tasktype="data"/><exclusiveGateway id="g" `+c.attribute+`/><endEvent id="e1"/><endEvent id="e2"/>
				<sequenceFlow id="f1" sourceRef="s" targetRef="Task_1"/><sequenceFlow id="f2" sourceRef="Task_1" targetRef="g"/>
				<sequenceFlow id="f3" sourceRef="g" targetRef="e1"><conditionExpression>`+c.first+`</conditionExpression></sequenceFlow>
				<sequenceFlow id="f4" sourceRef="g" targetRef="e2"><conditionExpression>`+c.second+`</conditionExpression></sequenceFlow>
			</process></definitions>`))
			in := w.filledIn(w.maret())
			r := w.next(w.maret(), original, in.ID, "")
			if c.end == "" {
				r.wantProblem(http.StatusInternalServerError, "Process next failed.")
			} else if s := r.state(); s.EndEvent == nil || *s.EndEvent != c.end {
				t.Errorf("state %+v", s)
			}
		})
	}
}
