package handover_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/project"
)

// The two applications of the tests, as small as can be.
var (
	originalFiles = map[string]string{
		"config/applicationmetadata.json": `{"id":"fts/soknad","org":"fts","title":{"nb":"Søknad"},"partyTypesAllowed":{"person":true},"dataTypes":[
			{"id":"ref-data-as-pdf","allowedContentTypes":["application/pdf"]},
			{"id":"skjema","allowedContentTypes":["application/xml"],"appLogic":{"autoCreate":true,"classRef":"Fts.Skjema"},"taskId":"Task_1","maxCount":1,"minCount":1},
			{"id":"kart","allowedContentTypes":["application/pdf","image/png"],"taskId":"Task_1","maxSize":10},
			{"id":"alt","taskId":"Task_1"}]}`,
		"config/process/process.bpmn":     processXML,
		"config/authorization/policy.xml": policyXML("fts", "soknad", "read", "write", "instantiate", "complete"),
		"models/skjema.schema.json": `{"@xsdRootElement":"Skjema","properties":{"melding":{"$ref":"#/definitions/Skjema"}},"info":{"rootNode":"#/definitions/Skjema"},"definitions":{
			"Skjema":{"type":"object","properties":{"Soker":{"$ref":"#/definitions/Soker"},"Turer":{"type":"array","items":{"$ref":"#/definitions/Tur"}},"Antall":{"type":"integer"},"Godtatt":{"type":"boolean"}}},
			"Soker":{"type":"object","properties":{"Navn":{"type":"string"},"Alder":{"type":"string"}}},
			"Tur":{"type":"object","properties":{"Omrade":{"type":"string"}}}}}`,
	}
	receivingFiles = map[string]string{
		"config/applicationmetadata.json": `{"id":"fts/mottak","org":"fts","title":{"nb":"Mottak"},"partyTypesAllowed":{"organisation":true},"dataTypes":[
			{"id":"ref-data-as-pdf","allowedContentTypes":["application/pdf"]},
			{"id":"sak","allowedContentTypes":["application/xml"],"appLogic":{"autoCreate":true,"classRef":"Fts.Sak"},"taskId":"Task_1","maxCount":1,"minCount":1},
			{"id":"kildePdf","allowedContentTypes":["application/pdf"],"taskId":"Task_1","maxCount":1,"maxSize":5},
			{"id":"vedlegg","allowedContentTypes":["application/pdf","image/png"],"allowedContributers":["org:fts"],"taskId":"Task_1","maxSize":10}]}`,
		"config/process/process.bpmn":     processXML,
		"config/authorization/policy.xml": policyXML("fts", "mottak", "read", "write", "instantiate", "delete"),
		"models/sak.schema.json": `{"@xsdRootElement":"Sak","info":{"rootNode":"#/definitions/Sak"},"properties":{"melding":{"$ref":"#/definitions/Sak"}},"definitions":{
			"Sak":{"type":"object","properties":{"versjon":{"type":"string","@xsdType":"XmlAttribute"},"Tittel":{"type":"string"},"Part":{"$ref":"#/definitions/Part"},"Antall":{"type":"integer"},"Belop":{"type":"number"},"Godtatt":{"type":"boolean"},
				"Slag":{"type":"string","enum":["ny","gammel"]},"Merknad":{"type":"array","items":{"$ref":"#/definitions/Part"}}}},
			"Part":{"type":"object","properties":{"Navn":{"type":"string"},"Alder":{"type":"integer"}}}}}`,
	}
)

const processXML = `<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:altinn="http://altinn.no/process" id="d" targetNamespace="t">
 <bpmn:process id="p" isExecutable="false">
  <bpmn:startEvent id="StartEvent_1"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
  <bpmn:task id="Task_1" name="Utfylling"><bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
   <bpmn:extensionElements><altinn:taskExtension><altinn:taskType>data</altinn:taskType></altinn:taskExtension></bpmn:extensionElements></bpmn:task>
  <bpmn:endEvent id="EndEvent_1"><bpmn:incoming>f2</bpmn:incoming></bpmn:endEvent>
  <bpmn:sequenceFlow id="f1" sourceRef="StartEvent_1" targetRef="Task_1"/>
  <bpmn:sequenceFlow id="f2" sourceRef="Task_1" targetRef="EndEvent_1"/>
 </bpmn:process>
</bpmn:definitions>`

// policyXML lets an organisation do the actions in an application.
func policyXML(org, name string, actions ...string) string {
	match := func(function, value, attribute, category string) string {
		return fmt.Sprintf(`<x:Match MatchId="urn:oasis:names:tc:xacml:%s"><x:AttributeValue DataType="http://www.w3.org/2001/XMLSchema#string">%s</x:AttributeValue>`+
			`<x:AttributeDesignator AttributeId="%s" Category="urn:oasis:names:tc:xacml:%s" DataType="http://www.w3.org/2001/XMLSchema#string" MustBePresent="false"/></x:Match>`,
			function, value, attribute, category)
	}
	const (
		equal, fold = "1.0:function:string-equal", "3.0:function:string-equal-ignore-case"
		subject     = "1.0:subject-category:access-subject"
		resource    = "3.0:attribute-category:resource"
	)
	var wanted strings.Builder
	for _, a := range actions {
		wanted.WriteString("<x:AllOf>" + match(fold, a, "urn:oasis:names:tc:xacml:1.0:action:action-id", "3.0:attribute-category:action") + "</x:AllOf>")
	}
	return `<?xml version="1.0"?><x:Policy xmlns:x="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId="p" Version="1.0" RuleCombiningAlgId="urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides"><x:Target/>` +
		`<x:Rule RuleId="r" Effect="Permit"><x:Target><x:AnyOf><x:AllOf>` + match(fold, org, "urn:altinn:org", subject) + `</x:AllOf></x:AnyOf>` +
		`<x:AnyOf><x:AllOf>` + match(equal, "fts", "urn:altinn:org", resource) + match(equal, name, "urn:altinn:app", resource) + `</x:AllOf></x:AnyOf>` +
		`<x:AnyOf>` + wanted.String() + `</x:AnyOf></x:Target></x:Rule></x:Policy>`
}

// folder loads an application after replacing old by new, in turn, in all its
// files.
func folder(t testing.TB, files map[string]string, replace ...string) *app.Folder {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(strings.NewReplacer(replace...).Replace(text))}
	}
	f, err := app.LoadFS(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const projectYAML = `environment: tt02
owner: {org: fts, organisationNumber: "313547264"}
applications: {original: a, receiving: b}
maskinporten: {section: MaskinportenSettings, vault: https://kv-fts-tt02.vault.azure.net, integration: stafett-fts}
handovers:
  - id: til-mottak
    from: fts/soknad
    to: fts/mottak
    since: 2000-01-01
    recipient: {organisationNumber: "313547264"}
    condition: [notEquals, [dataModel, Soker.Navn], Ingen]
    prefill:
      Tittel: [concat, "Søknad frå ", [dataModel, Soker.Navn]]
      Part.Navn: soker.navn
      Part.Alder: Soker.Alder
      Slag: {value: ny}
      Antall: Antall
      Godtatt: Godtatt
      versjon: {value: "1"}
    attachments:
      - {from: ref-data-as-pdf, to: kildePdf, required: true}
      - {from: kart, to: vedlegg}
`

// definition reads the handover of projectYAML after replacing old by new.
func definition(t testing.TB, replace ...string) project.Definition {
	t.Helper()
	p, err := project.Parse("stafett.yaml", []byte(strings.NewReplacer(replace...).Replace(projectYAML)))
	if err != nil {
		t.Fatal(err)
	}
	return p.Handovers[0]
}

// compiled is the definition of projectYAML, ready for use. It is immutable, so
// all tests share one.
func compiled(t testing.TB) *handover.Definition {
	t.Helper()
	compileOnce.Do(func() {
		d, err := handover.Compile(definition(t), folder(t, originalFiles), folder(t, receivingFiles))
		if err != nil {
			t.Fatal(err)
		}
		compiledDefinition = d
	})
	return compiledDefinition
}

var (
	compileOnce        sync.Once
	compiledDefinition *handover.Definition
)
