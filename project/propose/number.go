package propose

import (
	"regexp"
	"slices"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/project"
)

// testDepartment is the organisation that everybody may use in Altinn's test
// environment; its number is in Altinn's list of organisations.
const (
	testDepartment       = "ttd"
	testDepartmentNumber = "405003309"
)

// policyNumber finds organisation numbers in a policy: values of the attributes
// that name an organisation.
var policyNumber = regexp.MustCompile(`(?s)<(?:[A-Za-z0-9]+:)?AttributeValue[^>]*>\s*([0-9]{9})\s*</(?:[A-Za-z0-9]+:)?AttributeValue>\s*<(?:[A-Za-z0-9]+:)?AttributeDesignator[^>]*AttributeId="urn:altinn:organization(?:number|:identifier-no)"`)

// OrganisationNumber finds the number of an application's owner in what its
// folder tells: the contributors that its data types allow, and its policy. More
// than one is none.
func OrganisationNumber(f *app.Folder) (number Choice, ok bool) {
	if f.Org == testDepartment {
		return Choice{Value: testDepartmentNumber, Why: "Testdepartementet, in Altinn's list of organisations"}, true
	}
	var numbers []string
	add := func(number string) {
		if (project.Recipient{OrganisationNumber: number}).Valid() && !slices.Contains(numbers, number) {
			numbers = append(numbers, number)
		}
	}
	for _, t := range f.Metadata.DataTypes {
		for _, who := range t.AllowedContributors {
			if kind, number, _ := strings.Cut(who, ":"); strings.EqualFold(kind, "orgno") {
				add(number)
			}
		}
	}
	for _, m := range policyNumber.FindAllSubmatch(f.PolicyXML, -1) {
		add(string(m[1]))
	}
	if len(numbers) != 1 {
		return Choice{}, false
	}
	return Choice{Value: numbers[0], Why: "the only organisation that " + f.ID + " names; check that it is yours"}, true
}
