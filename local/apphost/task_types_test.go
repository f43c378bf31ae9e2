package apphost_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/apphost"
	"github.com/stafett/stafett/secret"
)

// flow is a process of tasks one after the other: s, the tasks in order, e. Each
// task is "element id type" and what else belongs into its extension.
func flow(tasks ...[2]string) string {
	var b, flows strings.Builder
	b.WriteString(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:altinn="http://altinn.no/process"><process id="p"><startEvent id="s"/>`)
	from := "s"
	for _, task := range tasks {
		part := strings.Fields(task[0])
		fmt.Fprintf(&b, `<%[1]s id="%[2]s"><extensionElements><altinn:taskExtension><altinn:taskType>%[3]s</altinn:taskType>%[4]s</altinn:taskExtension></extensionElements></%[1]s>`,
			part[0], part[1], part[2], task[1])
		fmt.Fprintf(&flows, `<sequenceFlow id="to%[2]s" sourceRef="%[1]s" targetRef="%[2]s"/>`, from, part[1])
		from = part[1]
	}
	fmt.Fprintf(&flows, `<sequenceFlow id="toe" sourceRef="%s" targetRef="e"/>`, from)
	return b.String() + `<endEvent id="e"/>` + flows.String() + `</process></definitions>`
}

const (
	signing = `<altinn:actions><altinn:action>sign</altinn:action></altinn:actions><altinn:signatureConfig>
		<altinn:dataTypesToSign><altinn:dataType>skjema</altinn:dataType></altinn:dataTypesToSign><altinn:signatureDataType>signatur</altinn:signatureDataType>
		<altinn:runDefaultValidator>true</altinn:runDefaultValidator></altinn:signatureConfig>`
	signingOnceMore = `<altinn:actions><altinn:action>sign</altinn:action></altinn:actions><altinn:signatureConfig>
		<altinn:dataTypesToSign><altinn:dataType>skjema</altinn:dataType></altinn:dataTypesToSign><altinn:signatureDataType>kontroll</altinn:signatureDataType>
		<altinn:uniqueFromSignaturesInDataTypes><altinn:dataType>signatur</altinn:dataType></altinn:uniqueFromSignaturesInDataTypes></altinn:signatureConfig>`
	paying = `<altinn:actions><altinn:action>pay</altinn:action><altinn:action>confirm</altinn:action></altinn:actions><altinn:paymentConfig>
		<altinn:paymentDataType>betaling</altinn:paymentDataType><altinn:paymentReceiptPdfDataType>kvittering</altinn:paymentReceiptPdfDataType></altinn:paymentConfig>`
	printing = `<altinn:pdfConfig><altinn:autoPdfTaskIds><altinn:taskId>Task_1</altinn:taskId></altinn:autoPdfTaskIds><altinn:filename>Samlet</altinn:filename></altinn:pdfConfig>`
	subform  = `<altinn:subformPdfConfig><altinn:subformComponentId>under</altinn:subformComponentId><altinn:subformDataTypeId>skjema</altinn:subformDataTypeId></altinn:subformPdfConfig>`
)

// withTasks gives the original form another process, data types for what its tasks
// make, and a policy that permits the actions of any task to both sides.
func withTasks(bpmn string) option {
	return func(s *settings) {
		withProcess(original, bpmn)(s)
		withFolder(original, func(f *app.Folder) {
			f.Metadata.DataTypes = append([]app.DataType(nil), f.Metadata.DataTypes...)
			for _, id := range []string{"signatur", "kontroll", "betaling", "kvittering"} {
				f.Metadata.DataTypes = append(f.Metadata.DataTypes, app.DataType{ID: id, AllowedContributors: []string{"app:owned"}})
			}
			f.LayoutSets = slices.Clone(f.LayoutSets)
			f.LayoutSets[0].Tasks = append(slices.Clone(f.LayoutSets[0].Tasks), "Sign")
			policy := string(f.PolicyXML)
			for _, last := range []string{"reject", "complete"} {
				at := strings.Index(policy, ">"+last+"<")
				from, to := strings.LastIndex(policy[:at], "<xacml:AllOf>"), at+strings.Index(policy[at:], "</xacml:AllOf>")+len("</xacml:AllOf>")
				block := policy[from:to]
				for _, action := range []string{"sign", "pay", "journal", "unknown"} {
					policy = policy[:to] + strings.Replace(block, last, action, 1) + policy[to:]
				}
			}
			var err error
			if f.Policy, err = f.ParsePolicy([]byte(policy)); err != nil {
				panic(err)
			}
		})(s)
	}
}

// payment is how a payment stands, as an application tells it.
type payment struct {
	TaskID, Status string
	OrderDetails   struct{ TotalPriceIncVat float64 }
	PaymentDetails *struct{ PaymentID, RedirectURL, PaymentType string }
}

// prints demands that an instance of the original application can be printed as it
// stands, and tells the size of the PDF.
func (w *world) prints(token, instanceID string) int {
	w.t.Helper()
	var content bytes.Buffer
	err := w.hosts[original].Print(w.t.Context(), &content, apphost.PrintRequest{Token: secret.New(token), InstanceID: instanceID, Language: "nb"})
	if err != nil || !strings.HasPrefix(content.String(), "%PDF-") {
		w.t.Errorf("%.20q is printed: %v", content.String(), err)
	}
	return content.Len()
}

// TestEveryTypeOfTask follows a form through a task of each type.
func TestEveryTypeOfTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withTasks(flow([2]string{"task Task_1 data"},
		[2]string{"task Sign signing", signing}, [2]string{"task Pay payment", paying}, [2]string{"task Wait feedback"},
		[2]string{"task Pdf pdf", printing}, [2]string{"serviceTask Sub subformPdf", subform}, [2]string{"serviceTask Own pdf"},
		[2]string{"serviceTask Ship eFormidling"}, [2]string{"serviceTask Keep fiksArkiv"}, [2]string{"serviceTask Code journal"})))
	maret := w.maret()
	in := w.filledIn(maret)
	path := original + "/instances/" + in.ID
	act := func(action string) reply {
		return w.json(maret, http.MethodPost, path+"/actions", `{"action":"`+action+`"}`)
	}
	at := func(r reply, task string) {
		t.Helper()
		if s := r.state(); s.CurrentTask == nil || s.CurrentTask.ElementID != task {
			t.Fatalf("the process is at %+v, want %s", s.CurrentTask, task)
		}
	}
	at(w.next(maret, original, in.ID, ""), "Sign")

	// Signing: the right to write lets a signed task be ended, but not an unsigned one.
	shown := w.prints(maret, in.ID) // the pages of the task show the form of another
	p := w.next(maret, original, in.ID, "").wantProblem(http.StatusConflict, "Validation failed for task")
	if issues, _ := p["validationIssues"].([]any); len(issues) != 1 || issues[0].(map[string]any)["code"] != "MissingSignatures" {
		t.Errorf("issues %v", issues)
	}
	// Whether somebody has signed is not looked at while a form is filled in.
	for query, want := range map[string]int{"": 1, "?onlyIncrementalValidators=false": 1, "?onlyIncrementalValidators=true": 0, "?ignoredValidators=signingtask": 0} {
		if found := w.findings(maret, original, in.ID, query); len(found) != want {
			t.Errorf("validate%s: %+v", query, found)
		}
	}
	w.json(maret, http.MethodGet, path+"/validate?onlyIncrementalValidators=perhaps", "").want(http.StatusBadRequest)
	w.json(maret, http.MethodPut, path+"/process/next", `{"action":"sign","actionOnBehalfOf":"`+clubNumber+`"}`).wantProblem(http.StatusForbidden, "Unauthorized")
	at(w.next(maret, original, in.ID, "sign"), "Pay")
	in = w.get(maret, original, in.ID)
	var document struct {
		SigneeInfo            struct{ UserID, PersonNumber string }
		DataElementSignatures []struct {
			DataElementID string
			Signed        bool
		}
	}
	w.json(maret, http.MethodGet, path+"/data/"+in.of(t, "signatur").ID, "").want(http.StatusOK).into(&document)
	if s := document.SigneeInfo; s.UserID != strconv.Itoa(maretUser) || len(s.PersonNumber) != 11 {
		t.Errorf("signed by user %s, with a number of %d digits", s.UserID, len(s.PersonNumber))
	}
	if s := document.DataElementSignatures; len(s) != 1 || s[0].DataElementID != in.of(t, "skjema").ID || !s[0].Signed {
		t.Errorf("signed: %+v", s)
	}

	if bare := w.prints(maret, in.ID); bare+500 > shown {
		t.Errorf("a task without pages is printed in %d bytes, and a form in %d", bare, shown)
	}

	// Payment: started by an action, decided at the provider, which leads back to the
	// application, and ended by confirm.
	information := func(query string) payment {
		t.Helper()
		var p payment
		w.json(maret, http.MethodGet, path+"/payment"+query, "").want(http.StatusOK).into(&p)
		return p
	}
	w.next(maret, original, in.ID, "confirm").wantProblem(http.StatusInternalServerError, "Process next failed.")
	if p := information(""); p.Status != "Uninitialized" || p.TaskID != "Pay" || p.OrderDetails.TotalPriceIncVat != 100 {
		t.Errorf("before anything: %+v", p)
	}
	w.json(maret, http.MethodGet, path+"/payment/order-details", "").want(http.StatusOK)
	decide := func(address, decision string, status int) {
		w.send("", http.MethodPost, address, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, strings.NewReader("decision="+decision)).want(status)
	}
	var started struct{ RedirectURL string }
	act("pay").want(http.StatusOK).into(&started)
	if p := information(""); p.Status != "Created" || p.PaymentDetails == nil || p.PaymentDetails.RedirectURL != started.RedirectURL {
		t.Errorf("started: %+v", p)
	}
	w.next(maret, original, in.ID, "confirm").wantProblem(http.StatusInternalServerError, "Process next failed.")
	decide(started.RedirectURL, "cancel", http.StatusOK)
	if p := information(""); p.Status != "Cancelled" {
		t.Errorf("cancelled: %+v", p)
	}
	// Who has come over plain http, as to what localtest offers, is led there.
	w.send(maret, http.MethodPost, path+"/actions", http.Header{"Content-Type": {"application/json"}, "X-Forwarded-Proto": {"http"}}, strings.NewReader(`{"action":"pay"}`)).want(http.StatusOK).into(&started)
	if !strings.HasPrefix(started.RedirectURL, "http://"+appsHost+"/"+original+"/") {
		t.Errorf("the provider is at %s", started.RedirectURL)
	}
	act("pay").want(http.StatusOK).into(&started)
	page := func(want ...string) {
		t.Helper()
		body := w.send("", http.MethodGet, started.RedirectURL, nil, nil).want(http.StatusOK).body
		for _, part := range want {
			if !strings.Contains(body, part) {
				t.Errorf("the page of the provider lacks %q:\n%s", part, body)
			}
		}
	}
	page(`lang="nb"`, "<title>Betaling – Søknad om dispensasjon for barmarkskjøring</title>", "100 NOK", `value="pay"`)
	decide(started.RedirectURL, "haggle", http.StatusBadRequest)
	decide(started.RedirectURL+"x", "pay", http.StatusNotFound)
	decide(started.RedirectURL, "pay", http.StatusOK)
	page("Betalingen er gjort", in.ID) // and where to go on
	if p := information(""); p.Status != "Paid" || p.PaymentDetails.PaymentType != "CARD" {
		t.Errorf("paid: %+v", p)
	}
	var failed struct{ Error struct{ Code string } }
	if act("pay").want(http.StatusConflict).into(&failed); failed.Error.Code != "PaymentAlreadyCompleted" {
		t.Errorf("paid twice: %+v", failed)
	}
	at(w.next(maret, original, in.ID, "confirm"), "Wait")
	if receipt := w.get(maret, original, in.ID).of(t, "kvittering"); *receipt.Filename != "Betalingskvittering.pdf" || receipt.References[0]["value"] != "Pay" {
		t.Errorf("receipt %+v", receipt)
	}
	if p := information("?taskId=Pay"); p.Status != "Paid" {
		t.Errorf("after its task: %+v", p)
	}
	w.json(maret, http.MethodGet, path+"/payment", "").wantProblem(http.StatusBadRequest, "Not a payment task")

	// Feedback: the organisation moves it on, through all that runs by itself.
	if s := w.next(w.agency(), original, in.ID, "").state(); s.EndEvent == nil {
		t.Fatalf("at the end: %+v", s.CurrentTask)
	}
	made := map[string]string{}
	for _, e := range w.get(maret, original, in.ID).Data {
		if e.DataType == app.PDFDataType {
			made[e.References[0]["value"]] += *e.Filename
		}
	}
	title := "Søknad om dispensasjon for barmarkskjøring.pdf"
	if len(made) != 4 || made["Task_1"] != title || made["Pdf"] != "Samlet.pdf" || made["Sub"] != title || made["Own"] != title {
		t.Errorf("PDFs %v", made)
	}
	for _, task := range []string{"Ship", "Keep", "Code"} {
		if !strings.Contains(w.log.String(), "service task passed without its work\" task="+task) {
			t.Errorf("nobody is told that %s has not been done", task)
		}
	}
}

// TestActionEndpoint: what the endpoint for actions refuses, in its order.
func TestActionEndpoint(t *testing.T) {
	t.Parallel()
	const more = `<altinn:action type="serverAction">journal</altinn:action><altinn:action>forbidden</altinn:action></altinn:actions>`
	w := newWorld(t, withTasks(flow([2]string{"task Task_1 data"}, [2]string{"task Sign signing", strings.Replace(signing, "</altinn:actions>", more, 1)},
		[2]string{"task Check signing", signingOnceMore}, [2]string{"task Unset signing"})))
	maret := w.maret()
	in := w.filledIn(maret)
	path := original + "/instances/" + in.ID
	act := func(token, body string) reply { return w.json(token, http.MethodPost, path+"/actions", body) }

	if p := act(maret, `{}`).wantProblem(http.StatusBadRequest, "Action is missing"); p["instance"] == nil {
		t.Errorf("problem %v", p)
	}
	w.json(maret, http.MethodPost, original+"/instances/"+strconv.Itoa(maretParty)+"/00000000-0000-4000-8000-000000000000/actions", `{"action":"sign"}`).wantEmpty(http.StatusInternalServerError)
	act(w.agency(), `{"action":"sign"}`).wantEmpty(http.StatusUnauthorized)
	act(maret, `{"action":"forbidden"}`).wantEmpty(http.StatusForbidden)
	var answer struct {
		Instance struct{ ID string }
		Error    struct{ Code string }
	}
	if act(maret, `{"action":"unknown"}`).want(http.StatusNotFound).into(&answer); answer.Error.Code != "ActionNotFound" || answer.Instance.ID != in.ID {
		t.Errorf("unknown action: %+v", answer)
	}
	act(maret, `{"action":"sign"}`).wantEmpty(http.StatusInternalServerError) // a task without signatureConfig

	// An action of the server is told of among those of the user, and not as a way to
	// end the task; of each it is told whether the caller may.
	task := w.next(maret, original, in.ID, "").state().CurrentTask
	if want := map[string]bool{"read": true, "write": true, "sign": true, "forbidden": false}; !maps.Equal(task.Actions, want) {
		t.Errorf("actions %v", task.Actions)
	}
	if got := fmt.Sprint(task.UserActions); got != "[{read true ProcessAction} {write true ProcessAction} {sign true ProcessAction} {journal true ServerAction} {forbidden false ProcessAction}]" {
		t.Errorf("user actions %s", got)
	}
	w.failing("POST /storage/api/v1/instances/"+in.ID+"/sign", http.StatusForbidden, "")
	if act(maret, `{"action":"sign"}`).want(http.StatusInternalServerError).into(&answer); answer.Error.Code != "SignDataElementsFailed" {
		t.Errorf("signature that Storage refuses: %+v", answer)
	}
	w.onPlatform(nil)
	if act(maret, `{"action":"sign","onBehalfOf":"`+clubNumber+`"}`).want(http.StatusUnauthorized).into(&answer); answer.Error.Code != "UnauthorizedOnBehalfOf" {
		t.Errorf("on behalf of: %+v", answer)
	}
	act(maret, `{"action":"sign"}`).want(http.StatusOK)
	if got := w.get(maret, original, in.ID); got.Process.CurrentTask.ElementID != "Sign" {
		t.Errorf("an action has moved the process to %s", got.Process.CurrentTask.ElementID)
	}
	// What was signed must be what is there.
	skjema := "https://" + platformHost + storageInstances + "/" + in.ID + "/data/" + in.of(t, "skjema").ID
	w.json(maret, http.MethodDelete, skjema+"/lock", "").want(http.StatusOK)
	content := w.json(maret, http.MethodGet, skjema, "").body
	replace := func(content string) {
		w.send(maret, http.MethodPut, skjema, http.Header{"Content-Type": {"application/xml"}}, strings.NewReader(content)).want(http.StatusOK)
	}
	replace(content + "\n")
	p := w.next(maret, original, in.ID, "").wantProblem(http.StatusConflict, "Validation failed for task")
	if issues, _ := p["validationIssues"].([]any); len(issues) != 1 || issues[0].(map[string]any)["code"] != "InvalidSignatureHash" {
		t.Errorf("issues %v", issues)
	}
	replace(content)
	s := w.next(maret, original, in.ID, "").state()
	if s.CurrentTask.ElementID != "Check" || s.CurrentTask.Actions["sign"] {
		t.Errorf("who has signed may control it too: %+v", s.CurrentTask)
	}
	w.next(maret, original, in.ID, "sign").wantProblem(http.StatusForbidden, "Unauthorized")
	act(maret, `{"action":"sign"}`).wantEmpty(http.StatusForbidden)
	w.next(maret, original, in.ID, "").want(http.StatusOK)
	w.next(maret, original, in.ID, "sign").wantProblem(http.StatusInternalServerError, "Process next failed.") // without signatureConfig
	w.next(maret, original, in.ID, "").want(http.StatusOK)
	act(maret, `{"action":"sign"}`).wantText(http.StatusConflict, "The process has ended")
}

// TestServiceTaskThatFails: the process waits in the task, and the next try does
// its work; it has no actions but those that end it.
func TestServiceTaskThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withTasks(flow([2]string{"task Task_1 data"}, [2]string{"serviceTask Pdf pdf", printing}, [2]string{"task Last confirmation"})))
	maret := w.maret()
	in := w.filledIn(maret)
	uploads := 0
	w.onPlatform(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || r.URL.Query().Get("generatedFromTask") != "Pdf" {
			return false
		}
		uploads++
		rw.WriteHeader(http.StatusInternalServerError)
		return true
	})
	w.next(maret, original, in.ID, "").wantProblem(http.StatusInternalServerError, "Service task failed!")
	w.onPlatform(nil)
	if got := w.get(maret, original, in.ID); uploads != 1 || got.Process.CurrentTask.ElementID != "Pdf" {
		t.Fatalf("%d tries, the process is at %+v", uploads, got.Process.CurrentTask)
	}
	w.next(maret, original, in.ID, "confirm").wantProblem(http.StatusConflict, "User action not supported!")
	w.next(w.person(ailoUser), original, in.ID, "").want(http.StatusForbidden)
	if s := w.next(maret, original, in.ID, "").state(); s.CurrentTask.ElementID != "Last" {
		t.Errorf("state %+v", s.CurrentTask)
	}
}

// TestGoingBack: whoever gets to a task again finds nothing of the earlier stay:
// not the PDF of a service task, and no payment; but what has been paid cannot be
// taken back. completeProcess knows no action for a payment.
func TestGoingBack(t *testing.T) {
	t.Parallel()
	const rejecting = `<altinn:actions><altinn:action>reject</altinn:action></altinn:actions>`
	bpmn := strings.NewReplacer(
		// A service task is left without an action, whatever its caller has named.
		`<sequenceFlow id="toPay" sourceRef="Pdf" targetRef="Pay"/>`, `<exclusiveGateway id="g"/><sequenceFlow id="tog" sourceRef="Pdf" targetRef="g"/>
		<sequenceFlow id="toPay" sourceRef="g" targetRef="Pay"><conditionExpression>["equals",["gatewayAction"],null]</conditionExpression></sequenceFlow>
		<sequenceFlow id="away" sourceRef="g" targetRef="e"><conditionExpression>["notEquals",["gatewayAction"],null]</conditionExpression></sequenceFlow>`,
		`<sequenceFlow id="toUnset" sourceRef="Pay" targetRef="Unset"/>`, `<exclusiveGateway id="h"/><sequenceFlow id="toh" sourceRef="Pay" targetRef="h"/>
		<sequenceFlow id="back" sourceRef="h" targetRef="Task_1"><conditionExpression>["equals",["gatewayAction"],"reject"]</conditionExpression></sequenceFlow>
		<sequenceFlow id="on" sourceRef="h" targetRef="Unset"><conditionExpression>["notEquals",["gatewayAction"],"reject"]</conditionExpression></sequenceFlow>`,
	).Replace(flow([2]string{"task Task_1 data"}, [2]string{"serviceTask Pdf pdf", printing},
		[2]string{"task Pay payment", rejecting + paying}, [2]string{"task Unset payment"}))
	w := newWorld(t, withTasks(bpmn))
	maret := w.maret()
	in := w.filledIn(maret)
	path := original + "/instances/" + in.ID
	at := func(r reply, task string) {
		t.Helper()
		if s := r.state(); s.CurrentTask == nil || s.CurrentTask.ElementID != task {
			t.Fatalf("the process is at %+v, want %s", s.CurrentTask, task)
		}
	}
	pay := func() (address string) {
		t.Helper()
		var started struct{ RedirectURL string }
		w.json(maret, http.MethodPost, path+"/actions", `{"action":"pay"}`).want(http.StatusOK).into(&started)
		return started.RedirectURL
	}
	w.onPlatform(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("generatedFromTask") != "Pdf" {
			return false
		}
		rw.WriteHeader(http.StatusInternalServerError)
		return true
	})
	w.next(maret, original, in.ID, "").wantProblem(http.StatusInternalServerError, "Service task failed!")
	w.onPlatform(nil)
	at(w.next(maret, original, in.ID, "write"), "Pay")
	w.json(maret, http.MethodPut, path+"/process/completeProcess", "").wantProblem(http.StatusForbidden, "Unauthorized")
	var both sync.WaitGroup
	for range 4 {
		both.Go(func() { w.json(maret, http.MethodPost, path+"/actions", `{"action":"pay"}`) })
	}
	both.Wait()
	w.get(maret, original, in.ID).of(t, "betaling") // one
	left := pay()
	at(w.next(maret, original, in.ID, "reject"), "Task_1")
	w.send("", http.MethodGet, left, nil, nil).wantEmpty(http.StatusNotFound)

	at(w.next(maret, original, in.ID, ""), "Pay")
	counts := map[string]int{}
	for _, e := range w.get(maret, original, in.ID).Data {
		counts[e.DataType]++
	}
	if counts["betaling"] != 0 || counts[app.PDFDataType] != 2 {
		t.Errorf("data %v, want no payment, and one PDF each of Task_1 and Pdf", counts)
	}
	w.send("", http.MethodPost, pay(), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, strings.NewReader("decision=pay")).want(http.StatusOK)
	w.json(maret, http.MethodPost, path+"/actions", `{"action":"pay"}`).wantEmpty(http.StatusInternalServerError)
	w.next(maret, original, in.ID, "reject").wantProblem(http.StatusInternalServerError, "Process next failed.")
	w.json(maret, http.MethodGet, path+"/payment", "").want(http.StatusOK)
	// A payment task without paymentConfig cannot begin.
	p := w.next(maret, original, in.ID, "confirm").wantProblem(http.StatusInternalServerError, "Process next failed.")
	if detail, _ := p["detail"].(string); !strings.Contains(detail, "paymentConfig") {
		t.Errorf("detail %q", detail)
	}
}

// TestLoopGuard: a process that goes round by itself is stopped, and one that is
// nowhere goes nowhere.
func TestLoopGuard(t *testing.T) {
	t.Parallel()
	process := strings.Replace(flow([2]string{"task Task_1 data"}, [2]string{"serviceTask Ship eFormidling"}),
		`<sequenceFlow id="toe" sourceRef="Ship" targetRef="e"/>`, `<exclusiveGateway id="g"/><sequenceFlow id="tog" sourceRef="Ship" targetRef="g"/>
		<sequenceFlow id="back" sourceRef="g" targetRef="Ship"><conditionExpression>true</conditionExpression></sequenceFlow>
		<sequenceFlow id="toe" sourceRef="g" targetRef="e"><conditionExpression>false</conditionExpression></sequenceFlow>`, 1)
	w := newWorld(t, withTasks(process))
	in := w.filledIn(w.maret())
	// The 100 steps are taken note of, not stored, which is quicker.
	stored := 0
	w.onPlatform(func(rw http.ResponseWriter, r *http.Request) bool {
		storing := strings.HasSuffix(r.URL.Path, "/process/instanceandevents")
		if storing {
			stored++
		}
		return storing
	})
	w.next(w.maret(), original, in.ID, "").wantProblem(http.StatusInternalServerError, "Process loop detected")
	if stored != 100 {
		t.Errorf("stopped after %d steps, want 100", stored)
	}
	w.onPlatform(nil)

	stuck := "https://" + platformHost + storageInstances + "/" + in.ID + "/process"
	w.json(w.maret(), http.MethodPut, stuck, `{"started":"2027-03-01T09:00:00Z","startEvent":"s"}`).want(http.StatusOK)
	path := original + "/instances/" + in.ID + "/process/"
	w.json(w.maret(), http.MethodPut, path+"next", "").wantProblem(http.StatusConflict, "Conflict")
	w.json(w.maret(), http.MethodPut, path+"completeProcess", "").wantProblem(http.StatusConflict, "Conflict")
}
