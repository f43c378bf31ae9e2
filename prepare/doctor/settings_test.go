package doctor_test

import (
	"strings"
	"testing"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/prepare/doctor"
	"github.com/stafett/stafett/project"
)

// What only the comparison of both folders tells is not said to be in order where they
// cannot be compared.
func TestFoldersThatCannotBeCompared(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.replace("original-form/config/applicationmetadata.json", `"autoDeleteOnProcessEnd": false`, `"autoDeleteOnProcessEnd": true`)
	p.write(settingsFile, "{\n")
	report := doctor.Run(t.Context(), p.world(), nil)
	for _, id := range []string{"receiving.policy", "receiving.others", "receiving.party-types", "handover.original-policy", "handover.attachments", "handover.kept"} {
		if got := of(report, id); len(got) != 1 || got[0].Status != doctor.Skip || !strings.Contains(got[0].Evidence, "cannot be compared") {
			t.Errorf("%s: %+v", id, got)
		}
	}
}

const settingsFile = "original-form/appsettings.json"

func TestAProjectInOrderHasNoTrouble(t *testing.T) {
	t.Parallel()
	expectNoTrouble(t, doctor.Run(t.Context(), newPlace(t).world(), nil))
}

func TestFilesAndSettings(t *testing.T) {
	t.Parallel()
	const fail, warn = doctor.Fail, doctor.Warn
	for _, test := range []struct {
		name   string
		change func(place)
		id     string
		status doctor.Status
		words  []string
	}{
		{"a misspelt name in the project file", func(p place) { p.replace("stafett.yaml", "\nenvironment: tt02", "\nenviroment: tt02") },
			"files.project", fail, []string{"stafett.yaml", "environment", "line"}},
		{"no folder", func(p place) { p.replace("stafett.yaml", "original: original-form", "original: orginal-form") },
			"files.original", fail, []string{"orginal-form"}},
		{"a folder of another organisation", func(p place) {
			p.replace("original-form/config/applicationmetadata.json", `"fts/barmarkskjoring"`, `"ttd/barmarkskjoring"`)
			p.replace("original-form/config/applicationmetadata.json", `"org": "fts"`, `"org": "ttd"`)
		}, "files.original", fail, []string{"ttd", "owner.org"}},
		{"half a receiving application", func(p place) { p.write("receiving-app/config/authorization/policy.xml", "<xacml:Policy") },
			"files.receiving", fail, []string{"policy.xml"}},
		{"settings that are no JSON", func(p place) { p.write(settingsFile, "{\n") }, "settings.files", fail, []string{"appsettings.json", "would not start"}},
		{"a setting that is there twice", func(p place) { p.replace(settingsFile, `"ClientId": "",`, `"ClientId": "", "clientid": "",`) },
			"settings.files", fail, []string{"appsettings.json"}},
		{"an overlay in small letters", func(p place) { p.write("original-form/appsettings.staging.json", "{}") },
			"settings.names", warn, []string{"case of letters", "appsettings.Staging.json"}},
		{"an overlay named after Altinn's environment", func(p place) { p.write("original-form/appsettings.tt02.json", "{}") },
			"settings.names", warn, []string{"Staging"}},
		{"another section than the file's", func(p place) {
			p.replace("stafett.yaml", "section: MaskinportenSettings", "section: MaskinportenSetings")
		},
			"settings.section", fail, []string{"MaskinportenSettings", "maskinporten.section"}},
		{"a flag that is none", func(p place) {
			p.replace(settingsFile, `"ExhangeToAltinnToken": true`, `"ExhangeToAltinnToken": "yes"`)
		},
			"settings.section", fail, []string{"ExhangeToAltinnToken", "true or false"}},
		{"a closed environment", func(p place) { p.replace(settingsFile, `"Environment": "test"`, `"Environment": "ver2"`) },
			"settings.environment", fail, []string{"ver2", "10 June 2024", "stafett prepare --yes"}},
		{"the other environment", func(p place) { p.replace(settingsFile, `"Environment": "test"`, `"Environment": "prod"`) },
			"settings.environment", fail, []string{"nothing crosses"}},
		{"Altinn's name for the environment", func(p place) { p.replace(settingsFile, `"Environment": "test"`, `"Environment": "tt02"`) },
			"settings.environment", fail, []string{"would not start"}},
		{"no environment", func(p place) { p.replace(settingsFile, `"Environment": "test"`, `"Environment": ""`) },
			"settings.environment", fail, []string{"no value"}},
		{"tokens exchanged elsewhere", func(p place) {
			p.replace(settingsFile, `"Environment": "test"`, `"TokenExchangeEnvironment": "at22", "Environment": "test"`)
		}, "settings.environment", fail, []string{"at22", "tt02"}},
		{"the guide's one scope", func(p place) { p.replace(settingsFile, " altinn:serviceowner/instances.write", "") },
			"settings.scopes", fail, []string{"instances.write", "stafett prepare --yes"}},
		{"scopes with a comma", func(p place) { p.replace(settingsFile, "instances.read altinn", "instances.read,altinn") },
			"settings.scopes", fail, []string{"spaces", "MP-200"}},
		{"exchange spelt rightly", func(p place) { p.replace(settingsFile, "ExhangeToAltinnToken", "ExchangeToAltinnToken") },
			"settings.exchange", warn, []string{"lacks a c"}},
		{"a setting without effect", func(p place) { p.replace(settingsFile, `"EncodedJwk": ""`, `"EncodedJwk": "", "EnableDebugLog": true`) },
			"settings.notes", warn, []string{"EnableDebugLogging"}},
		{"a local file", func(p place) {
			p.write("original-form/appsettings.Local.json", `{"MaskinportenSettings":{"Scope":"altinn:serviceowner/instances.read altinn:serviceowner/instances.write a:b"}}`)
		}, "settings.sources", warn, []string{"appsettings.Local.json", "deployed", "appsettings.json:"}},
		{"a host that is gone", func(p place) {
			p.replace(settingsFile, `"AppSettings": {`, `"Ours": {"TokenUrl": "https://ver2.maskinporten.no/token"}, "AppSettings": {`)
		}, "settings.hosts", fail, []string{"Ours:TokenUrl", "test.maskinporten.no"}},
		{"a host without its end", func(p place) {
			p.write("original-form/appsettings.Staging.json", `{"GeneralSettings":{"HostName":"fts.apps.tt02"}}`)
		}, "settings.hosts", fail, []string{"fts.apps.tt02.altinn.no"}},
		{"production's host", func(p place) {
			p.write("receiving-app/appsettings.Staging.json", `{"PlatformSettings":{"ApiStorageEndpoint":"https://platform.altinn.no/storage/api/v1/"}}`)
		}, "settings.hosts", warn, []string{"fts/saksmottak", "ApiStorageEndpoint", "belongs to prod"}},
		{"no events although the service waits for them", func(p place) {
			p.replace(settingsFile, `"RegisterEventsWithEventsComponent": true`, `"RegisterEventsWithEventsComponent": false`)
			p.replace("stafett.yaml", "handovers:", "service:\n  events:\n    address: https://stafett.fts.no\n    secret: hendelser\nhandovers:")
		}, "settings.events", warn, []string{"RegisterEventsWithEventsComponent", "sweeping"}},
		{"a source that is confirmed", func(p place) { p.replace("stafett.yaml", "    since:", "    confirm: true\n    since:") },
			"settings.confirm", warn, []string{"barmarkskjoring-til-saksmottak", "may delete it"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			test.change(p)
			expectFirst(t, doctor.Run(t.Context(), p.world(), nil), test.id, test.status, test.words...)
		})
	}
}

func TestTheBuiltInClientsSection(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ authority, id, word string }{
		{"https://test.maskinporten.no", "", ""},
		{"", "settings.environment", "whom to ask"},
		{"https://maskinporten.no/", "settings.environment", "nothing crosses"},
		{"https://ver2.maskinporten.no/", "settings.environment", "is gone"},
		{"https://login.example/", "settings.environment", "not the address"},
	} {
		p := newPlace(t)
		content := p.read(settingsFile)
		p.write(settingsFile, content[:strings.Index(content, `"MaskinportenSettings"`)]+
			`"MaskinportenSettings": {"Authority": "`+test.authority+`", "ClientId": "", "JwkBase64": ""}}`)
		report := doctor.Run(t.Context(), p.world(), nil)
		if test.id == "" {
			expectNoTrouble(t, report)
			continue
		}
		expectFirst(t, report, test.id, doctor.Fail, test.word)
	}
}

func TestMailAddressesAndOurOwnHostsAreNoTrouble(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.write("original-form/appsettings.Staging.json", `{"Contact":"post@platform.altinn.no","Help":"https://www.altinn.no/hjelp","Host":"fts.apps.tt02.altinn.no"}`)
	expectNoTrouble(t, doctor.Run(t.Context(), p.world(), nil))
}

// Altinn's template names this machine's host in the file that every environment
// reads.
func TestTheTemplatesOwnHostIsNoTrouble(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.replace("stafett.yaml", "\nenvironment: tt02", "\nenvironment: prod")
	if got := of(doctor.Run(t.Context(), p.world(), nil), "settings.hosts"); len(got) != 1 || got[0].Status != doctor.OK {
		t.Errorf("%+v", got)
	}
}

func TestAdvice(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.replace("stafett.yaml", "    since:", "    confirm: true\n    since:")
	p.replace("stafett.yaml", "handovers:", "service:\n  events:\n    address: https://stafett.fts.no\n    secret: hendelser\nhandovers:")
	file, err := project.Load(p.path("stafett.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	advice := func() []string {
		configuration, err := appsettings.Load(t.Context(), appsettings.Options{Dir: file.Applications.Original, EnvironmentName: "Staging"})
		if err != nil {
			t.Fatal(err)
		}
		return doctor.Advice(file, configuration)
	}
	if told := advice(); len(told) != 1 || !strings.Contains(told[0], "confirms each original instance") {
		t.Errorf("%q", told)
	}
	p.replace(settingsFile, `"RegisterEventsWithEventsComponent": true`, `"RegisterEventsWithEventsComponent": false`)
	if told := advice(); len(told) != 2 || !strings.Contains(told[1], "RegisterEventsWithEventsComponent") {
		t.Errorf("%q", told)
	}
}
