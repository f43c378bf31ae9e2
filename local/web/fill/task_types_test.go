package fill_test

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/fault"
)

// signedAndPaid is a form that is signed and paid, each without pages of its own and
// then with some, printed, and waits for the owner.
const signedAndPaid = `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:altinn="http://altinn.no/process"><process id="p">
<startEvent id="StartEvent_1"/>
<task id="Task_1"><extensionElements><altinn:taskExtension><altinn:taskType>data</altinn:taskType></altinn:taskExtension></extensionElements></task>
<task id="Task_2" name="Signering"><extensionElements><altinn:taskExtension><altinn:taskType>signing</altinn:taskType>
	<altinn:actions><altinn:action>sign</altinn:action></altinn:actions>
	<altinn:signatureConfig><altinn:dataTypesToSign><altinn:dataType>skjema</altinn:dataType></altinn:dataTypesToSign><altinn:signatureDataType>signatur</altinn:signatureDataType></altinn:signatureConfig>
</altinn:taskExtension></extensionElements></task>
<task id="Task_3" name="Betaling"><extensionElements><altinn:taskExtension><altinn:taskType>payment</altinn:taskType>
	<altinn:actions><altinn:action>pay</altinn:action><altinn:action>confirm</altinn:action><altinn:action>reject</altinn:action></altinn:actions>
	<altinn:paymentConfig><altinn:paymentDataType>betaling</altinn:paymentDataType><altinn:paymentReceiptPdfDataType>kvittering</altinn:paymentReceiptPdfDataType></altinn:paymentConfig>
</altinn:taskExtension></extensionElements></task>
<task id="Task_6" name="Medsignering"><extensionElements><altinn:taskExtension><altinn:taskType>signing</altinn:taskType>
	<altinn:actions><altinn:action>sign</altinn:action></altinn:actions>
	<altinn:signatureConfig><altinn:dataTypesToSign><altinn:dataType>skjema</altinn:dataType></altinn:dataTypesToSign><altinn:signatureDataType>medsignatur</altinn:signatureDataType></altinn:signatureConfig>
</altinn:taskExtension></extensionElements></task>
<task id="Task_7" name="Gebyr"><extensionElements><altinn:taskExtension><altinn:taskType>payment</altinn:taskType>
	<altinn:actions><altinn:action>pay</altinn:action><altinn:action>confirm</altinn:action><altinn:action>reject</altinn:action></altinn:actions>
	<altinn:paymentConfig><altinn:paymentDataType>gebyr</altinn:paymentDataType><altinn:paymentReceiptPdfDataType>gebyrkvittering</altinn:paymentReceiptPdfDataType></altinn:paymentConfig>
</altinn:taskExtension></extensionElements></task>
<task id="Task_4" name="Behandling"><extensionElements><altinn:taskExtension><altinn:taskType>feedback</altinn:taskType></altinn:taskExtension></extensionElements></task>
<serviceTask id="Task_5" name="Arkivkopi"><extensionElements><altinn:taskExtension><altinn:taskType>pdf</altinn:taskType></altinn:taskExtension></extensionElements></serviceTask>
<endEvent id="EndEvent_1"/>
<sequenceFlow id="f1" sourceRef="StartEvent_1" targetRef="Task_1"/><sequenceFlow id="f2" sourceRef="Task_1" targetRef="Task_2"/>
<sequenceFlow id="f3" sourceRef="Task_2" targetRef="Task_3"/><sequenceFlow id="f4" sourceRef="Task_3" targetRef="Task_6"/>
<sequenceFlow id="f7" sourceRef="Task_6" targetRef="Task_7"/><sequenceFlow id="f8" sourceRef="Task_7" targetRef="Task_5"/>
<sequenceFlow id="f5" sourceRef="Task_5" targetRef="Task_4"/><sequenceFlow id="f6" sourceRef="Task_4" targetRef="EndEvent_1"/>
</process></definitions>`

// A person signs and pays in the console, and the owner does the rest.
func TestSigningAndPaying(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, func(dir string) {
		config := filepath.Join(dir, examples.OriginalForm, "config")
		if err := os.WriteFile(filepath.Join(config, "process", "process.bpmn"), []byte(signedAndPaid), 0o600); err != nil {
			t.Fatal(err)
		}
		edit(t, filepath.Join(config, "applicationmetadata.json"), `"dataTypes": [`, `"dataTypes": [{"id":"signatur"},{"id":"betaling"},{"id":"kvittering"},{"id":"medsignatur"},{"id":"gebyr"},{"id":"gebyrkvittering"},`)
		ui := filepath.Join(dir, examples.OriginalForm, "ui")
		edit(t, filepath.Join(ui, "layout-sets.json"), `"sets": [`, `"sets": [{"id":"sign","dataType":"skjema","tasks":["Task_6"]},{"id":"pay","dataType":"skjema","tasks":["Task_7"]},`)
		for name, layout := range map[string]string{
			"sign/Settings.json":            `{"pages":{"order":["medsignatur"]}}`,
			"sign/layouts/medsignatur.json": `{"data":{"layout":[{"id":"s1","type":"Header","size":"L","textResourceBindings":{"title":"Les dette først"}},{"id":"s2","type":"ActionButton","action":"sign","textResourceBindings":{"title":"Sett navnet ditt under"}}]}}`,
			"pay/Settings.json":             `{"pages":{"order":["gebyr","vilkaar"]}}`,
			"pay/layouts/gebyr.json":        `{"data":{"layout":[{"id":"p1","type":"Group","children":["p2"]},{"id":"p2","type":"Payment","textResourceBindings":{"title":"Gebyret"}},{"id":"p3","type":"NavigationButtons"}]}}`,
			"pay/layouts/vilkaar.json":      `{"data":{"layout":[{"id":"v1","type":"Header","size":"L","textResourceBindings":{"title":"Vilkår"}},{"id":"v2","type":"ActionButton","action":"instantiate","textResourceBindings":{"title":"Nytt skjema"}}]}}`,
		} {
			file := filepath.Join(ui, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(layout), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		// Whoever may reject may sign and pay, too.
		policy := filepath.Join(config, "authorization", "policy.xml")
		content, err := os.ReadFile(policy)
		if err != nil {
			t.Fatal(err)
		}
		const opens, closes = "<xacml:AllOf>", "</xacml:AllOf>"
		at := strings.Index(string(content), ">reject<")
		block := string(content)[strings.LastIndex(string(content)[:at], opens) : at+strings.Index(string(content)[at:], closes)+len(closes)]
		edit(t, policy, block, block+strings.Replace(block, "reject", "sign", 1)+strings.Replace(block, "reject", "pay", 1))
	})
	p := w.visit(0).filled(0).press("submit").status(http.StatusOK).at("Signering").sees("Skjemaet venter på signering")
	take := func(action, heading string) {
		t.Helper()
		p = p.post(p.path, url.Values{"action": {action}}).status(http.StatusOK).at(heading)
	}
	buttons := func(want ...string) {
		t.Helper()
		for _, action := range []string{"sign", "pay", "confirm", "reject"} {
			offered := strings.Contains(p.body, `name="action" value="`+action+`"`) || strings.Contains(p.body, `name="action" value="step:`+action+`"`)
			wanted := strings.Contains(strings.Join(want, " "), action)
			if offered != wanted {
				t.Errorf("%s is offered: %t", action, offered)
			}
		}
	}
	buttons("sign")
	take("sign", "Betaling")
	p.sees("betaling på 100 NOK", "ingen penger flyttes")
	buttons("pay", "reject")
	// At a provider of the application's own, which is not here, nothing can be paid.
	for address, want := range map[string]string{"https://pay.example/p?id=1&l=nb": "https://pay.example/p?id=1&amp;l=nb", "javascript:alert(1)": "#ZgotmplZ"} {
		elsewhere := func(r *http.Request) *http.Response {
			if !strings.HasSuffix(r.URL.Path, "/payment") {
				return nil
			}
			body := io.NopCloser(strings.NewReader(`{"status":"Created","orderDetails":{"paymentProcessorId":"other","currency":"NOK","totalPriceIncVat":12.5},"paymentDetails":{"redirectUrl":"` + address + `"}}`))
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: body, Request: r}
		}
		w.intercept.Store(&elsewhere)
		p = p.get(p.path).status(http.StatusOK).at("Betaling").sees("12.5 NOK hos applikasjonens betalingsleverandør")
		p.holds(`href="` + want + `"`)
		buttons("pay", "reject")
	}
	w.intercept.Store(nil)
	take("pay", "Betaling")
	p.sees("Betalingen er gjort")
	buttons("confirm")      // what is paid cannot be taken back
	take("pay", "Betaling") // as from another tab
	// The same on pages of the application's own, where its buttons name the steps.
	take("confirm", "medsignatur")
	p.sees("Les dette først", "Sett navnet ditt under").lacks("ActionButton", "Signer")
	buttons("sign")
	p = p.press("step:sign").status(http.StatusOK).at("gebyr").sees("betaling på 100 NOK", "ingen penger flyttes").lacks("Payment")
	buttons("pay", "reject")
	p.get(strings.TrimSuffix(p.path, "gebyr")+"vilkaar").at("vilkaar").sees("betaling på 100 NOK", "ActionButton", "Nytt skjema")
	p = p.press("step:pay").status(http.StatusOK).at("gebyr").sees("Betalingen er gjort")
	buttons("confirm")
	// The receipt can be stored, and the PDF of the service task cannot, once.
	_, err := w.faults.Add(fault.Rule{Host: local.PlatformHost, Method: http.MethodPost, Path: "/storage/api/v1/instances/*/data", Status: 500, Skip: 1, Times: 1})
	w.must(err)
	p.press("step:confirm").status(http.StatusBadGateway)
	p = p.get(strings.TrimSuffix(p.path, "/gebyr")).at("Arkivkopi").sees("Dette steget gjør applikasjonen selv", "Prøv på nytt")
	take("", "Behandling")
	p.sees("Skjemaet venter på tjenesteeieren")
	buttons()
	parts := strings.Split(strings.Trim(p.path, "/"), "/")
	if _, err := w.asOwner().Next(t.Context(), original, parts[3]+"/"+parts[4], ""); err != nil {
		t.Fatal(err)
	}
	p.get(p.path).status(http.StatusOK).at("Kvittering")
}
