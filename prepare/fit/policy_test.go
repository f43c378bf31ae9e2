package fit_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/prepare/fit"
)

// another gives the rules for the organisation to another one.
var another = replace(
	">fts</xacml:AttributeValue>\n            <xacml:AttributeDesignator AttributeId=\"urn:altinn:org\" Category=\"urn:oasis:names:tc:xacml:1.0",
	">nav</xacml:AttributeValue>\n            <xacml:AttributeDesignator AttributeId=\"urn:altinn:org\" Category=\"urn:oasis:names:tc:xacml:1.0")

// without takes an action away from all rules.
func without(actions ...string) func(string) string {
	var pairs []string
	for _, a := range actions {
		pairs = append(pairs, ">"+a+"</xacml:AttributeValue>", ">x-"+a+"</xacml:AttributeValue>")
	}
	return replace(pairs...)
}

// firstTaskOnly adds a rule that gives the organisation an action in the first task
// of the receiving application.
func firstTaskOnly(action string) func(string) string {
	return func(text string) string {
		start, end := strings.LastIndex(text, "  <xacml:Rule "), strings.LastIndex(text, "</xacml:Rule>\n")+len("</xacml:Rule>\n")
		rule := without("read", "write", "instantiate", "complete")(text[start:end])
		match := rule[strings.LastIndex(rule[:strings.Index(rule, ">saksmottak<")], "<xacml:Match "):]
		match = match[:strings.Index(match, "</xacml:Match>")+len("</xacml:Match>")]
		rule = replace(">delete<", ">"+action+"<", "ruleid:2", "ruleid:3", match,
			match+replace(">saksmottak<", ">Task_1<", policy.AttributeApp, policy.AttributeTask)(match))(rule)
		return text[:end] + rule + text[end:]
	}
}

func TestTheExampleFits(t *testing.T) {
	t.Parallel()
	result := applications(t, variant{}.read(t))
	if len(result.Edits)+len(result.Warnings)+len(result.Missing) > 0 {
		t.Errorf("the example is ready, but: %+v", result)
	}
}

func TestPolicyNeeds(t *testing.T) {
	t.Parallel()
	wantsDelete := replace("handovers:", "access: {delete: true}\nhandovers:")
	confirms := replace("    attachments:", "    confirm: true\n    attachments:")
	tests := map[string]struct {
		variant variant
		missing []string
		edited  string // the application whose policy is edited
	}{
		"the organisation has no rule in the receiving application": {variant{receivingPolicy: another},
			[]string{fit.NeedInstantiate, fit.NeedRead, fit.NeedWrite, fit.NeedComplete}, fit.Receiving},
		"one action is missing": {variant{receivingPolicy: without("complete")}, []string{fit.NeedComplete}, fit.Receiving},
		"delete is missing and wanted": {variant{receivingPolicy: without("delete"), projectFile: wantsDelete},
			[]string{fit.NeedDelete}, fit.Receiving},
		"delete is missing and not wanted": {variant{receivingPolicy: without("delete")}, nil, ""},
		"no rule in the original":          {variant{originalPolicy: another}, []string{fit.NeedRead}, fit.Original},
		"a handover that confirms":         {variant{originalPolicy: another, projectFile: confirms}, []string{fit.NeedRead, fit.NeedComplete}, fit.Original},
		"citizens cannot confirm":          {variant{originalPolicy: without("confirm")}, []string{fit.NeedConfirm}, fit.Original},
		"citizens cannot go back":          {variant{originalPolicy: without("confirm", "reject")}, []string{fit.NeedConfirm, fit.NeedReject}, fit.Original},
		"a data type demands an action": {variant{receivingMetadata: replace(`"id": "kildePdf",`, `"id": "kildePdf", "actionRequiredToWrite": "arkiver",`)},
			[]string{fit.NeedDataAction}, fit.Receiving},
		"an action to write, and to read wherever the instance is": {variant{
			receivingMetadata: replace(`"id": "kildePdf",`, `"id": "kildePdf", "actionRequiredToWrite": "arkiver", "actionRequiredToRead": "arkiver",`),
			receivingPolicy:   firstTaskOnly("arkiver"),
		}, []string{fit.NeedDataAction}, fit.Receiving},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := test.variant.read(t)
			result := applications(t, in)
			if got := ids(result.Missing); !slices.Equal(got, test.missing) {
				t.Fatalf("missing %q, want %q", got, test.missing)
			}
			var edited []string
			for _, e := range result.Edits {
				edited = append(edited, e.Application)
				if len(e.Reasons) != len(test.missing) || e.Name != "config/authorization/policy.xml" || e.Code {
					t.Errorf("edit %s for %q", e.Name, e.Reasons)
				}
			}
			if strings.Join(edited, " ") != test.edited {
				t.Fatalf("edited %q, want %q", edited, test.edited)
			}
			if again := applications(t, heals(t, in, result)); len(again.Missing) > 0 {
				t.Errorf("still missing: %+v", again.Missing)
			}
		})
	}
}

func TestNeedsSpeakToPeople(t *testing.T) {
	t.Parallel()
	result := applications(t, variant{receivingPolicy: without("instantiate"), originalPolicy: without("reject")}.read(t))
	var got []string
	for _, n := range result.Missing {
		got = append(got, n.Application+" "+n.File+": "+n.What+" | "+n.Remedy)
	}
	for _, e := range result.Edits {
		got = append(got, e.Reasons...)
	}
	want := []string{
		"original config/authorization/policy.xml: the policy of fts/barmarkskjoring does not let role priv and role dagl reject, so there is no way back to mend the form" +
			" | add the action reject to a rule for role priv and role dagl in config/authorization/policy.xml",
		"receiving config/authorization/policy.xml: the policy of fts/saksmottak does not let fts instantiate, so no instance can be made for a form that has been sent in" +
			" | add the action instantiate to a rule for fts in config/authorization/policy.xml",
		"reject for role priv and role dagl: without it, there is no way back to mend the form",
		"instantiate for fts: without it, no instance can be made for a form that has been sent in",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What somebody else may confirm is somebody's decision, unless the citizen acts
// for themselves: then nobody else comes after them.
func TestWhoConfirms(t *testing.T) {
	t.Parallel()
	const role = `>priv</xacml:AttributeValue>`
	onlyDagl := func(text string) string {
		// The rule becomes two: priv and dagl fill in, dagl confirms.
		head, tail, _ := strings.Cut(text, "  <xacml:Rule ")
		first, rest, _ := strings.Cut(tail, "</xacml:Rule>\n")
		first = "  <xacml:Rule " + first + "</xacml:Rule>\n"
		second := replace(role, ">daglx</xacml:AttributeValue>", "ruleid:1", "ruleid:9", ">instantiate<", ">x<")(first)
		return head + replace(">confirm<", ">x<", ">reject<", ">y<")(first) + second + rest
	}
	in := variant{originalPolicy: onlyDagl}.read(t)
	result := applications(t, in)
	if got := ids(result.Missing); !slices.Equal(got, []string{fit.NeedConfirm, fit.NeedReject}) || strings.Contains(result.Missing[0].What, "dagl") {
		t.Fatalf("missing %+v", result.Missing)
	}
	p := heals(t, in, result).Original.App.Policy
	for _, action := range []string{"confirm", "reject"} {
		if !may(p, []string{policy.AttributeRoleCode, "priv"}, action, policy.AttributeOrg, "fts", policy.AttributeApp, "barmarkskjoring", policy.AttributeTask, "Task_2") {
			t.Errorf("priv may not %s", action)
		}
	}

	// With a role that is nobody's own, nothing is missing.
	leave := func(text string) string { return replace(role, ">utinn</xacml:AttributeValue>")(onlyDagl(text)) }
	if result := applications(t, variant{originalPolicy: leave}.read(t)); len(result.Missing) > 0 {
		t.Errorf("missing %+v", result.Missing)
	}
}

func TestPolicyThatNoRuleMends(t *testing.T) {
	t.Parallel()
	deny := func(text string) string {
		first, rest, _ := strings.Cut(without("instantiate")(text), "  <xacml:Rule ")
		rule := "  <xacml:Rule " + rest[:strings.Index(rest, "</xacml:Rule>\n")] + "</xacml:Rule>\n"
		rule = replace(`Effect="Permit"`, `Effect="Deny"`, "ruleid:1", "ruleid:0", ">read<", ">instantiate<",
			">dagl<", ">fts<", `AttributeId="urn:altinn:rolecode"`, `AttributeId="urn:altinn:org"`)(rule)
		return first + rule + "  <xacml:Rule " + rest
	}
	must := replace(`AttributeId="urn:oasis:names:tc:xacml:1.0:action:action-id" Category="urn:oasis:names:tc:xacml:3.0:attribute-category:action" DataType="http://www.w3.org/2001/XMLSchema#string" MustBePresent="false"`,
		`AttributeId="urn:altinn:other" Category="urn:oasis:names:tc:xacml:3.0:attribute-category:action" DataType="http://www.w3.org/2001/XMLSchema#string" MustBePresent="true"`)
	tests := map[string]struct {
		change func(string) string
		need   string
		remedy string
	}{
		"a rule denies":        {deny, fit.NeedInstantiate, "change the rule urn:altinn:resource:app_fts_saksmottak:policyid:1:ruleid:0"},
		"nothing is decidable": {must, fit.NeedInstantiate, "has no attribute urn:altinn:other"},
		"a level nobody has": {replace(`#integer">3<`, `#integer">4<`, `#integer">2<`, `#integer">4<`), fit.NeedLevel,
			"an obligation of category urn:altinn:minimum-authenticationlevel-org with the value 3"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := applications(t, variant{receivingPolicy: test.change}.read(t))
			if len(result.Missing) == 0 || result.Missing[0].ID != test.need || !strings.Contains(result.Missing[0].Remedy, test.remedy) {
				t.Fatalf("missing %+v", result.Missing)
			}
			if len(result.Edits) > 0 {
				t.Errorf("edited for %q", result.Edits[0].Reasons)
			}
		})
	}
}

// An organisation's level of its own holds in place of a higher one for persons.
func TestLevelOfOrganisations(t *testing.T) {
	t.Parallel()
	in := variant{receivingPolicy: replace(`#integer">2<`, `#integer">4<`)}.read(t)
	if result := applications(t, in); len(result.Missing) > 0 {
		t.Errorf("missing %+v", result.Missing)
	}
}

func TestOthersWhoInstantiate(t *testing.T) {
	t.Parallel()
	everybody := replace(">write<", ">instantiate<")
	got := applications(t, variant{receivingPolicy: everybody}.read(t)).Warnings
	want := []string{"the policy of fts/saksmottak lets others than fts make instances with a token of their own: " +
		"role dagl, role lede or role utinn (rule urn:altinn:resource:app_fts_saksmottak:policyid:1:ruleid:1); " +
		"take instantiate out of there if instances are to come from handovers alone"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	refused := variant{receivingPolicy: everybody, receivingMetadata: replace(`"disallowUserInstantiation": false`, `"disallowUserInstantiation": true`)}
	if got := applications(t, refused.read(t)).Warnings; len(got) != 1 || !strings.HasSuffix(got[0], "disallowUserInstantiation refuses users, and in production only") {
		t.Errorf("got %q", got)
	}
}

// From generation 9 on, an application stores data and moves its process as its
// owner.
func TestApplicationsThatActAsTheirOwner(t *testing.T) {
	t.Parallel()
	project := func(version string) func(string) string {
		return func(string) string {
			return `<Project Sdk="Microsoft.NET.Sdk.Web"><ItemGroup><PackageReference Include="Altinn.App.Api" Version="` + version + `" /></ItemGroup></Project>`
		}
	}
	in := variant{"original-form/App.csproj": project("9.0.0"), originalPolicy: another}.read(t)
	result := applications(t, in)
	if got, want := ids(result.Missing), []string{fit.NeedRead, fit.NeedRead, fit.NeedWrite, fit.NeedProcess}; !slices.Equal(got, want) {
		t.Fatalf("missing %q, want %q", got, want)
	}
	if what := result.Missing[3].What; !strings.HasPrefix(what, "the policy of fts/barmarkskjoring does not let fts confirm, so the application") {
		t.Errorf("it says %q", what)
	}
	if len(result.Edits) != 1 || len(fit.Diff(nil, result.Edits[0].After))-len(fit.Diff(nil, result.Edits[0].Before)) < 20 {
		t.Fatalf("%d edits", len(result.Edits))
	}
	heals(t, in, result)
	if older := applications(t, variant{"original-form/App.csproj": project("8.9.0"), originalPolicy: another}.read(t)); len(older.Missing) != 1 {
		t.Errorf("an older application misses %q", ids(older.Missing))
	}
}

// What is paid or signed is moved on with write.
func TestApplicationsThatHaveSomethingPaidOrSigned(t *testing.T) {
	t.Parallel()
	for _, taskType := range []string{"payment", "signing"} {
		in := variant{
			"original-form/App.csproj": func(string) string {
				return `<Project Sdk="Microsoft.NET.Sdk.Web"><ItemGroup><PackageReference Include="Altinn.App.Api" Version="9.0.0" /></ItemGroup></Project>`
			},
			"original-form/config/process/process.bpmn": replace(">confirmation<", ">"+taskType+"<"),
		}.read(t)
		for _, need := range applications(t, in).Missing {
			if need.ID == fit.NeedProcess {
				t.Errorf("%s: %s", taskType, need.What)
			}
		}
	}
}

// A policy may keep the template's placeholders, which Altinn Studio replaces.
func TestPlaceholders(t *testing.T) {
	t.Parallel()
	placeholders := func(text string) string {
		return replace(">fts<", ">[ORG]<", ">saksmottak<", ">[APP]<", "app_fts_saksmottak", "app_[ORG]_[APP]")(without("complete")(text))
	}
	in := variant{receivingPolicy: placeholders}.read(t)
	result := applications(t, in)
	if got := ids(result.Missing); !slices.Equal(got, []string{fit.NeedComplete}) {
		t.Fatalf("missing %q", got)
	}
	heals(t, in, result)
	if !strings.Contains(string(result.Edits[0].After), `RuleId="urn:altinn:resource:app_[ORG]_[APP]:policyid:1:ruleid:3"`) {
		t.Error("the new rule's id does not go on from the others")
	}
}

// A right that is given in one task only is missing in the other states.
func TestRightsInStates(t *testing.T) {
	t.Parallel()
	inTask := func(text string) string {
		head, tail, _ := strings.Cut(text, `ruleid:2"`)
		const match = `<xacml:Match MatchId="urn:oasis:names:tc:xacml:1.0:function:string-equal"><xacml:AttributeValue DataType="string">Task_1</xacml:AttributeValue>` +
			`<xacml:AttributeDesignator AttributeId="urn:altinn:task" Category="urn:oasis:names:tc:xacml:3.0:attribute-category:resource" DataType="string" MustBePresent="false"/></xacml:Match>`
		before, after, _ := strings.Cut(tail, ">saksmottak<")
		end := strings.Index(after, "</xacml:Match>") + len("</xacml:Match>")
		return head + `ruleid:2"` + before + ">saksmottak<" + after[:end] + match + after[end:]
	}
	in := variant{receivingPolicy: inTask}.read(t)
	result := applications(t, in)
	if got := ids(result.Missing); !slices.Equal(got, []string{fit.NeedInstantiate, fit.NeedRead, fit.NeedComplete}) {
		t.Fatalf("missing %q", got)
	}
	if want := "does not let fts read after EndEvent_1, so "; !strings.Contains(result.Missing[1].What, want) {
		t.Errorf("%q does not say %q", result.Missing[1].What, want)
	}
	heals(t, in, result)
}

// Whoever fills in, by whatever attribute a policy knows them, is given what they
// lack by that attribute.
func TestSubjectsOfAllKinds(t *testing.T) {
	t.Parallel()
	kinds := func(text string) string {
		head, rule, _ := strings.Cut(without("confirm", "reject")(text), "<xacml:AttributeValue")
		rest := strings.SplitN("<xacml:AttributeValue"+rule, "</xacml:Match>", 3)
		rest[0] = replace("priv", "urn:altinn:accesspackage:post", "urn:altinn:rolecode", "urn:altinn:accesspackage", "XMLSchema#string", "XMLSchema#anyURI",
			"3.0:function:string-equal-ignore-case", "1.0:function:anyURI-equal")(rest[0])
		rest[1] = replace("dagl", "20001", "urn:altinn:rolecode", "urn:altinn:userid", "XMLSchema#string", "XMLSchema#integer",
			"3.0:function:string-equal-ignore-case", "1.0:function:integer-equal")(rest[1])
		at := strings.LastIndex(head, "3.0:function:string-equal-ignore-case")
		return head[:at] + "1.0:function:anyURI-equal" + head[at+len("3.0:function:string-equal-ignore-case"):] + strings.Join(rest, "</xacml:Match>")
	}
	in := variant{originalPolicy: kinds}.read(t)
	result := applications(t, in)
	if len(result.Missing) != 2 || !strings.Contains(result.Missing[0].What, "access package urn:altinn:accesspackage:post and urn:altinn:userid 20001 confirm") {
		t.Fatalf("missing %+v", result.Missing)
	}
	if again := applications(t, heals(t, in, result)); len(again.Missing) > 0 {
		t.Errorf("still missing %+v", again.Missing)
	}
}
