package fit_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/prepare/fit"
)

var update = flag.Bool("update", false, "write the golden files anew")

// withPolicy gives the receiving application another policy, for the application
// that the policy itself speaks of. False means that it cannot be read.
func withPolicy(in fit.Input, file []byte) (fit.Input, bool) {
	p, err := policy.Parse(file)
	if err != nil {
		return in, false
	}
	folder := *in.Receiving.App
	folder.Policy, folder.PolicyXML = p, file
	for _, trace := range p.Evaluate(policy.Request{}).Trace {
		for _, wanted := range trace.Wanted {
			for _, a := range wanted {
				switch a.ID {
				case policy.AttributeOrg:
					folder.Org = a.Value
				case policy.AttributeApp:
					folder.Name = a.Value
				}
			}
		}
	}
	folder.ID = folder.Org + "/" + folder.Name
	in.Receiving.App = &folder
	in.Receiving.Files = map[string][]byte{"config/authorization/policy.xml": file}
	return in, true
}

// policyEdit returns the edit of the receiving application's policy.
func policyEdit(t *testing.T, in fit.Input) (fit.Edit, bool) {
	t.Helper()
	for _, e := range applications(t, in).Edits {
		if e.Application == fit.Receiving && strings.HasSuffix(e.Name, "policy.xml") {
			return e, true
		}
	}
	return fit.Edit{}, false
}

// shortPolicy says little, with tabs and comments.
const shortPolicy = `<?xml version="1.0"?>
<Policy xmlns="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId="p" RuleCombiningAlgId="urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides">
	<Target/>
	<!-- before -->
	<Rule RuleId="p:ruleid:7" Effect="Permit">
		<Target><AnyOf><AllOf><Match MatchId="urn:oasis:names:tc:xacml:1.0:function:string-equal"><AttributeValue DataType="string">x</AttributeValue><AttributeDesignator AttributeId="y" Category="urn:oasis:names:tc:xacml:3.0:attribute-category:action" DataType="string" MustBePresent="false" /></Match></AllOf></AnyOf></Target>
	</Rule> <!-- on its line -->
	<!-- after -->
	<ObligationExpressions/>
</Policy>
`

// TestPolicyStyles looks at how a rule is added to files of different styles.
func TestPolicyStyles(t *testing.T) {
	t.Parallel()
	styles := map[string]string{
		"tabs-and-no-prefix": shortPolicy,
		"line-ends-and-mark": "\ufeff" + strings.ReplaceAll(shortPolicy, "\n", "\r\n"),
		"one-line":           strings.NewReplacer("\n", "", "\t", "").Replace(shortPolicy),
		"no-rule":            shortPolicy[:strings.Index(shortPolicy, "\t<!-- before")] + "</Policy>",
	}
	in := variant{}.read(t)
	for name, file := range styles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, ok := withPolicy(in, []byte(file))
			if !ok {
				t.Fatal("the policy cannot be read")
			}
			edit, edited := policyEdit(t, in)
			if !edited {
				t.Fatal("no edit")
			}
			golden := filepath.Join("testdata", name+".policy.golden")
			if *update {
				if err := os.WriteFile(golden, edit.After, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(edit.After, want) {
				t.Errorf("got\n%s\nwant\n%s", edit.After, want)
			}
			checkPolicyEdit(t, in, edit)
		})
	}
}

// inserted returns what an edit put into a file, if that is all it did.
func inserted(before, after []byte) ([]byte, bool) {
	head := 0
	for head < len(before) && head < len(after) && before[head] == after[head] {
		head++
	}
	tail := len(before) - head
	if len(after) < len(before) || !bytes.Equal(before[head:], after[len(after)-tail:]) {
		return nil, false
	}
	return after[head : len(after)-tail], true
}

// checkPolicyEdit demands that an edited policy has grown by one piece of text,
// gives the organisation what was asked, decides everything else as before, and
// is edited no more.
func checkPolicyEdit(t *testing.T, in fit.Input, edit fit.Edit) {
	t.Helper()
	added, ok := inserted(edit.Before, edit.After)
	if !ok || !bytes.Contains(added, []byte("RuleId=")) {
		t.Fatalf("the edit is not one insertion: %q", added)
	}
	after, ok := withPolicy(in, edit.After)
	if !ok {
		t.Fatalf("the edited policy cannot be read:\n%s", edit.After)
	}
	if _, again := policyEdit(t, after); again {
		t.Error("the edited policy is edited again")
	}
	if found := faults(after, handover.AboutReceivingPolicy); len(found) > 0 && len(applications(t, after).Missing) == 0 {
		t.Errorf("a handover is still refused: %q", found)
	}
	old, changed, org := in.Receiving.App.Policy, after.Receiving.App.Policy, in.Project.Owner.Org
	var newIDs []string
	for _, r := range changed.Rules[len(old.Rules):] {
		if newIDs = append(newIDs, r.ID); slices.ContainsFunc(old.Rules, func(o policy.Rule) bool { return o.ID == r.ID }) {
			t.Errorf("the id %s is taken", r.ID)
		}
	}
	missing := ids(applications(t, in).Missing)
	for request, subject := range grid(old, org) {
		was, is := old.Evaluate(request), changed.Evaluate(request)
		action := request.Action[0].Value
		granted := subject == org && slices.Contains(missing, "policy-"+action)
		switch {
		case was.Result == policy.Permit && is.Result != policy.Permit:
			t.Errorf("%s may not %s any more", subject, action)
		case !granted && is.Result == policy.Permit && was.Result != policy.Permit:
			t.Errorf("%s may %s now, by %q", subject, action, newIDs)
		}
	}
}

// grid yields requests of everybody whom the policy knows, with everything that
// it speaks of, and of the organisation.
func grid(p *policy.Policy, org string) func(yield func(policy.Request, string) bool) {
	type side = []policy.Attribute
	subjects := []side{nil, {{ID: policy.AttributeOrg, Value: org}}, {{ID: policy.AttributeOrg, Value: "somebody"}}}
	actions := []side{}
	for _, a := range []string{"read", "write", "instantiate", "complete", "delete", "confirm", "sign"} {
		actions = append(actions, side{{ID: policy.AttributeAction, Value: a}})
	}
	resources := []side{nil}
	for _, trace := range p.Evaluate(policy.Request{}).Trace {
		if trace.Failed == policy.Resource && len(resources) < 8 {
			resources = append(resources, trace.Wanted...)
		}
	}
	for _, r := range resources {
		for _, a := range actions {
			for _, trace := range p.Evaluate(policy.Request{Action: a, Resource: r}).Trace {
				if trace.Failed == policy.Subject && len(subjects) < 8 {
					subjects = append(subjects, trace.Wanted...)
				}
			}
		}
	}
	return func(yield func(policy.Request, string) bool) {
		for _, s := range subjects {
			who := "nobody"
			if len(s) > 0 {
				who = s[0].Value
			}
			for _, a := range actions {
				for _, r := range resources {
					if !yield(policy.Request{Subject: s, Action: a, Resource: r}, who) {
						return
					}
				}
			}
		}
	}
}

func TestPolicyCorpus(t *testing.T) {
	t.Parallel()
	in := variant{}.read(t)
	edits := 0
	for name, file := range corpus(t, "policy/*.xml") {
		in, ok := withPolicy(in, file)
		if !ok {
			continue
		}
		t.Run(name, func(t *testing.T) {
			edit, edited := policyEdit(t, in)
			if edited {
				checkPolicyEdit(t, in, edit)
				edits++
			}
		})
	}
	if edits < 50 {
		t.Errorf("only %d policies were edited", edits)
	}
}

// corpus reads files of real applications' configuration, which are not part of
// this repository; STAFETT_CORPUS says where they are. Otherwise they are looked
// for in a folder shared/ beside the checkout.
func corpus(t *testing.T, pattern string) map[string][]byte {
	t.Helper()
	root := os.Getenv("STAFETT_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(root); err != nil {
		t.Skipf("SKIPPED: there is no corpus of real configuration (%v); set STAFETT_CORPUS to its folder", err)
	}
	names, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	files := map[string][]byte{}
	for _, name := range names {
		if files[filepath.Base(name)], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func FuzzPolicyEdit(f *testing.F) {
	f.Add([]byte(shortPolicy))
	f.Add([]byte(strings.ReplaceAll(shortPolicy, "\n", "\r\n")))
	f.Add([]byte(strings.NewReplacer("</", "</p:", "<!", "<!", "<?", "<?", "<", "<p:", "xmlns=", "xmlns:p=").Replace(shortPolicy)))
	example, err := fit.Read(exampleProject(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		in, ok := withPolicy(example, file)
		if !ok {
			return
		}
		if edit, edited := policyEdit(t, in); edited {
			checkPolicyEdit(t, in, edit)
		}
	})
}
