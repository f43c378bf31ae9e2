package cli

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/prepare/doctor"
)

const (
	appsHost         = "fts.apps.tt02.altinn.no"
	projectName      = "stafett.yaml"
	originalMetadata = "original-form/config/applicationmetadata.json"
	originalPolicy   = "original-form/config/authorization/policy.xml"
	intoMetadata     = "receiving-app/config/applicationmetadata.json"
	intoPolicy       = "receiving-app/config/authorization/policy.xml"
)

// TestDoctorFindsWhatApplicationsLack breaks the receiving application, the
// original one, and what stafett.yaml says of them.
func TestDoctorFindsWhatApplicationsLack(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.treat(t, []ailment{
		{
			name: "the receiving policy lets nobody instantiate", id: "receiving.policy", says: []string{"instantiate", "403", "policy.xml"},
			inject: deploying(intoPolicy, ">instantiate<", ">stempling<"), after: redeployed,
		},
		{
			name: "the receiving policy demands a level that Maskinporten cannot reach", id: "receiving.policy", says: []string{"authentication level 4", "minimum-authenticationlevel-org"},
			inject: both(editing(intoPolicy, ">2</xacml:AttributeValue>", ">4</xacml:AttributeValue>"), deploying(intoPolicy, ">3</xacml:AttributeValue>", ">4</xacml:AttributeValue>")), mend: asBefore,
		},
		{
			name: "a daily manager may make instances with a token of their own", id: "receiving.others", status: doctor.Warn, says: []string{"dagl", "ruleid:1", "instantiate"},
			inject: func(t *testing.T, c *clinic) { // the first rule is that of the roles
				content := string(c.files[filepath.Join(c.dir, filepath.FromSlash(intoPolicy))])
				c.write(t, intoPolicy, []byte(strings.Replace(content, ">write<", ">instantiate<", 1)))
				c.deploy(t)
			},
			mend: asBefore,
		},
		{
			name: "the receiving application takes persons only", id: "receiving.party-types", says: []string{"organisations", "partyTypesAllowed"},
			inject: deploying(intoMetadata, "\"organisation\": true,\n    \"person\": false", "\"organisation\": false,\n    \"person\": true"), after: redeployed,
		},
		{
			name: "the receiving application is not deployed", id: "receiving.reachable", says: []string{"404", "not deployed in tt02"},
			inject: refusals(appsHost, http.MethodGet, "/fts/saksmottak/", http.StatusNotFound, ""), mend: recovers(appsHost),
		},
		{
			name: "the receiving application does not run", id: "receiving.reachable", says: []string{"503", "does not run"},
			inject: refusals(appsHost, http.MethodGet, "/fts/saksmottak/", http.StatusServiceUnavailable, ""), mend: recovers(appsHost),
		},
		{
			name: "an older policy is deployed", id: "receiving.deployed", says: []string{"policy", "does not let fts instantiate", "deploy"},
			inject: deployedWith("/fts/saksmottak/api/v1/meta/authorizationpolicy", ">instantiate<", ">stempling<"), mend: redeployed,
		},
		{
			name: "an older data type is deployed", id: "receiving.deployed", says: []string{"data type vedlegg", "10 MiB"},
			inject: deployedWith("/fts/saksmottak/api/v1/applicationmetadata", `"maxSize": 10`, `"maxSize": 1`), mend: redeployed,
		},
		{
			name: "another version is deployed that works too", id: "receiving.deployed", status: doctor.Warn, says: []string{"data type kildePdf"},
			inject: deployedWith("/fts/saksmottak/api/v1/applicationmetadata", `"maxSize": 25`, `"maxSize": 50`), mend: redeployed,
		},
		{
			name: "Storage does not show the receiving instances", id: "receiving.storage", says: []string{"403", "instances.read"},
			inject: refusals(local.PlatformHost, http.MethodGet, "/storage/", http.StatusForbidden, ""), mend: recovers(local.PlatformHost),
		},
		{
			name: "the definition is from another application", id: "handover.applications", says: []string{"fts/anna", "line"},
			inject: editing(projectName, "from: fts/barmarkskjoring", "from: fts/anna"), mend: asBefore,
		},
		{
			name: "the project lacks the scope to write", id: "handover.scopes", says: []string{"instances.write"},
			inject: editing(projectName, "    - altinn:serviceowner/instances.write", "    #- altinn:serviceowner/instances.write"), mend: asBefore,
		},
		{
			name: "the original policy does not let the organisation read", id: "handover.original-policy", says: []string{"does not let fts read", "policy.xml"},
			inject: func(t *testing.T, c *clinic) { // the last rule is the organisation's
				content := string(c.files[filepath.Join(c.dir, filepath.FromSlash(originalPolicy))])
				at := strings.LastIndex(content, ">read<")
				c.write(t, originalPolicy, []byte(content[:at]+">lese<"+content[at+len(">read<"):]))
				c.deploy(t)
			},
			after: redeployed,
		},
		{
			name: "a field of the form is misspelt", id: "handover.fields", says: []string{"Soker.Nam", "did you mean Soker.Navn?"},
			inject: editing(projectName, "Sak.Soker: Soker.Navn", "Sak.Soker: Soker.Nam"), mend: asBefore,
		},
		{
			name: "a field of the receiving form is misspelt", id: "handover.fields", says: []string{"Sak.Sokar", "did you mean Sak.Soker?"},
			inject: editing(projectName, "Sak.Soker: ", "Sak.Sokar: "), mend: asBefore,
		},
		{
			name: "the condition asks for a field that is not there", id: "handover.fields", says: []string{"the condition", "VilkarBekreft"},
			inject: editing(projectName, "[equals, [dataModel, VilkarBekreftet], true]", "[equals, [dataModel, VilkarBekreft], true]"),
			mend:   asBefore,
		},
		{
			name: "the PDF goes to the type that the platform keeps for itself", id: "handover.attachments", says: []string{"ref-data-as-pdf", "name another data type under to"},
			inject: editing(projectName, "to: kildePdf", "to: ref-data-as-pdf"), mend: asBefore,
		},
		{
			name: "files go to a data type that is not there", id: "handover.attachments", says: []string{"no data type vedleg,", "write vedlegg under to"},
			inject: editing(projectName, "to: vedlegg}", "to: vedleg}"), mend: asBefore,
		},
		{
			name: "files may be larger than the receiving type takes", id: "handover.attachments", says: []string{"takes 5 MiB at most", "set maxSize of vedlegg to 10"},
			inject: deploying(intoMetadata, `"maxSize": 10`, `"maxSize": 5`), after: redeployed,
		},
		{
			name: "the receiving type does not take what the form may hold", id: "handover.attachments", says: []string{"image/png", "vedlegg"},
			inject: deploying(intoMetadata, `"image/png"`, `"image/gif"`), after: redeployed,
		},
		{
			name: "there may be more files than the receiving type takes", id: "handover.attachments", says: []string{"takes 1 at most", "set maxCount of vedlegg to 3"},
			inject: deploying(intoMetadata, `"maxCount": 20`, `"maxCount": 1`), after: redeployed,
		},
		{
			name: "the receiving type takes files of another organisation only", id: "handover.attachments", says: []string{"org:ttd", "not from fts"},
			inject: deploying(intoMetadata, `"org:fts"`, `"org:ttd"`), after: redeployed,
		},
		{
			name: "a field of the files to carry is misspelt", id: "handover.attachments", says: []string{"no data type kartt", "did you mean kart?"},
			inject: editing(projectName, "{from: kart,", "{from: kartt,"), mend: asBefore,
		},
		{
			name: "the original makes no PDF", id: "handover.attachments", says: []string{"makes no PDF", "enablePdfCreation"},
			inject: deploying(originalMetadata, "\"minCount\": 1,\n      \"enablePdfCreation\": true", "\"minCount\": 1,\n      \"enablePdfCreation\": false"), mend: asBefore,
		},
		{
			name: "the forms are deleted when they are sent in", id: "handover.kept", says: []string{"autoDeleteOnProcessEnd"},
			inject: deploying(originalMetadata, "\n  \"autoDeleteOnProcessEnd\": false", "\n  \"autoDeleteOnProcessEnd\": true"), mend: asBefore,
		},
		{
			name: "the original application is not deployed", id: "handover.original", says: []string{"fts/barmarkskjoring is not deployed"},
			inject: refusals(appsHost, http.MethodGet, "/fts/barmarkskjoring/", http.StatusNotFound, ""), mend: recovers(appsHost),
		},
		{
			name: "Storage does not show the forms", id: "handover.forms", says: []string{"403", "only for the application's owner"},
			inject: func(_ *testing.T, c *clinic) {
				c.answer(local.PlatformHost, func(w http.ResponseWriter, r *http.Request) bool {
					isForms := r.URL.Query().Get("appId") == "fts/barmarkskjoring"
					if isForms {
						w.WriteHeader(http.StatusForbidden)
					}
					return isForms
				})
			},
			mend: recovers(local.PlatformHost),
		},
		{
			name: "an original without PDF is deployed", id: "handover.original", says: []string{"makes no PDF"},
			inject: deployedWith("/fts/barmarkskjoring/api/v1/applicationmetadata", `"enablePdfCreation": true`, `"enablePdfCreation": false`), mend: redeployed,
		},
		{
			name: "nothing is handed over", id: "handover.definitions", status: doctor.Warn, says: []string{"no handovers"},
			inject: withoutHandovers, mend: asBefore,
		},
	})
}

// asBefore mends by hand what a remedy's text names in a file of the project, and
// deploys it.
func asBefore(t *testing.T, c *clinic) {
	t.Helper()
	c.restore(t)
}

// both does one thing and then another.
func both(first, second func(*testing.T, *clinic)) func(*testing.T, *clinic) {
	return func(t *testing.T, c *clinic) {
		t.Helper()
		first(t, c)
		second(t, c)
	}
}

// deploying edits a file of an application and deploys it.
func deploying(name, from, to string) func(*testing.T, *clinic) {
	return both(editing(name, from, to), redeployed)
}

// deployedWith changes what an application shows, and not its folder.
func deployedWith(path, from, to string) func(*testing.T, *clinic) {
	return func(t *testing.T, c *clinic) {
		t.Helper()
		c.mu.Lock()
		defer c.mu.Unlock()
		changed := strings.ReplaceAll(string(c.deployed[path]), from, to)
		if changed == string(c.deployed[path]) {
			t.Fatalf("%s does not show %q", path, from)
		}
		c.deployed[path] = []byte(changed)
	}
}

func withoutHandovers(t *testing.T, c *clinic) {
	t.Helper()
	project := string(c.files[filepath.Join(c.dir, projectName)])
	before, _, _ := strings.Cut(project, "\nhandovers:")
	c.write(t, projectName, []byte(before+"\n"))
}
