package handover

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/project"
)

// attachment checks that the files of one data type may go to another.
func (c *checker) attachment(d *Definition, a project.Attachment) {
	from, fromOK := c.from.Metadata.DataType(a.From)
	to, toOK := c.to.Metadata.DataType(a.To)
	if !fromOK {
		c.fault("%s has no data type %s%s", c.from.ID, a.From, suggestType(a.From, c.from))
	}
	if !toOK {
		c.fault("%s has no data type %s%s", c.to.ID, a.To, suggestType(a.To, c.to))
	}
	if !fromOK || !toOK {
		return
	}
	if from.IsFormData() {
		c.fault("%s is form data of %s; carry its fields with prefill", a.From, c.from.ID)
	}
	if a.From == app.PDFDataType && !slices.ContainsFunc(c.from.Metadata.DataTypes, func(t app.DataType) bool { return t.IsFormData() && t.MakesPDF() }) {
		c.fault("%s makes no PDF: enablePdfCreation is false for all its form data", c.from.ID)
	}
	switch {
	case a.To == app.PDFDataType:
		c.fault("nothing can be stored as %s through the interface; give %s a data type of its own", a.To, c.to.ID)
	case to.IsFormData():
		c.fault("%s is form data of %s; it takes no files", a.To, c.to.ID)
	}
	c.contentTypes(a, from, to)
	c.sizes(a, from, to)
	if to.MaxCount > 0 && max(from.MinCount, from.MaxCount) > to.MaxCount {
		c.fault("there may be %d files of %s, but %s of %s takes %d at most", max(from.MinCount, from.MaxCount), a.From, a.To, c.to.ID, to.MaxCount)
	}
	if !c.mayContribute(to) {
		c.fault("%s of %s takes files from %s only, not from %s", a.To, c.to.ID, strings.Join(to.AllowedContributors, ", "), c.from.Org)
	}
	if to.ActionRequiredToWrite != "" && !c.permits(c.to, to.ActionRequiredToWrite, true) {
		c.fault("%s of %s demands the action %s to write, which the policy does not give %s", a.To, c.to.ID, to.ActionRequiredToWrite, c.from.Org)
	}
	d.attachments = append(d.attachments, attachment{from: a.From, to: to, required: a.Required, rename: a.Rename, only: a.Only})
}

// contentTypes checks what the rule may carry, by what the source's data type
// and the rule's filter say: where the one allows everything, the other tells.
func (c *checker) contentTypes(a project.Attachment, from, to app.DataType) {
	wanted, everything := a.Only.ContentTypes, from.AllowsContentType("")
	for _, pattern := range wanted {
		switch {
		case !everything && !slices.ContainsFunc(from.AllowedContentTypes, func(t string) bool { return matchesType(pattern, t) }):
			c.fault("%s never holds %s (it allows %s), so only.contentType names it in vain", a.From, pattern, strings.Join(from.AllowedContentTypes, ", "))
		case everything && !strings.HasSuffix(pattern, "*") && !to.AllowsContentType(pattern):
			c.fault("only.contentType lets %s through, which %s of %s does not allow (it allows %s)", pattern, a.To, c.to.ID, strings.Join(to.AllowedContentTypes, ", "))
		}
	}
	for _, t := range from.AllowedContentTypes {
		carried := len(wanted) == 0 || slices.ContainsFunc(wanted, func(pattern string) bool { return matchesType(pattern, t) })
		if carried && t != "application/octet-stream" && !to.AllowsContentType(t) {
			c.fault("%s holds %s, which %s of %s does not allow (it allows %s)", a.From, t, a.To, c.to.ID, strings.Join(to.AllowedContentTypes, ", "))
		}
	}
}

func (c *checker) sizes(a project.Attachment, from, to app.DataType) {
	limit, limited := to.MaxBytes()
	if !limited {
		return
	}
	largest, bounded := from.MaxBytes()
	switch {
	case a.Only.MaxSize > limit && (!bounded || largest > limit):
		c.fault("only.maxSize lets files of %d bytes through, but %s of %s takes %d MiB at most", a.Only.MaxSize, a.To, c.to.ID, *to.MaxSize)
	case a.Only.MaxSize == 0 && bounded && largest > limit:
		c.fault("files of %s may have %d MiB, but %s of %s takes %d MiB at most", a.From, *from.MaxSize, a.To, c.to.ID, *to.MaxSize)
	}
}

// mayContribute reports whether the organisation may add data of a type. An
// entry by organisation number cannot be told from the folder and counts as a yes.
func (c *checker) mayContribute(t app.DataType) bool {
	return len(t.AllowedContributors) == 0 || slices.ContainsFunc(t.AllowedContributors, func(who string) bool {
		return strings.EqualFold(who, "org:"+c.from.Org) || strings.HasPrefix(strings.ToLower(who), "orgno:")
	})
}

func suggestType(id string, f *app.Folder) string {
	types := make([]string, len(f.Metadata.DataTypes))
	for i, t := range f.Metadata.DataTypes {
		types[i] = t.ID
	}
	return didYouMean(id, types)
}

// maskinportenLevel is the authentication level of an organisation that came by
// Maskinporten.
const maskinportenLevel = 3

func (c *checker) policies() {
	c.subject = AboutOriginalPolicy
	if !c.permits(c.from, "read", false) {
		c.fault("the policy of %s does not let %s read, so its forms cannot be fetched", c.from.ID, c.from.Org)
	}
	if c.def.Confirm && !c.permits(c.from, "complete", false) {
		c.fault("the policy of %s does not let %s complete, so its forms cannot be confirmed; add the action to a rule for urn:altinn:org = %s, or take confirm away", c.from.ID, c.from.Org, c.from.Org)
	}
	c.subject = AboutReceivingPolicy
	if !c.permits(c.to, "instantiate", false) {
		c.fault("the policy of %s does not let %s instantiate; add the action to a rule for urn:altinn:org = %s", c.to.ID, c.from.Org, c.from.Org)
	}
	for _, action := range []string{"read", "write"} {
		if !c.permits(c.to, action, true) {
			c.fault("the policy of %s does not let %s %s in its first task, which is needed to complete what it has started", c.to.ID, c.from.Org, action)
		}
	}
}

// permits asks an application's policy for the organisation, as the platform
// would: what a token from Maskinporten says of it, and in which task.
func (c *checker) permits(f *app.Folder, actionID string, inFirstTask bool) bool {
	resource := []policy.Attribute{
		{ID: policy.AttributeOrg, Value: f.Org}, {ID: policy.AttributeApp, Value: f.Name},
		{ID: policy.AttributeParty, Value: "1"}, // no rule can know a party
	}
	if inFirstTask {
		if first, err := f.Process.Next(f.Process.Start(), nil); err == nil {
			resource = append(resource, policy.Attribute{ID: policy.AttributeTask, Value: first.ID})
		}
	}
	decision := f.Policy.Evaluate(policy.Request{
		Subject: []policy.Attribute{
			{ID: policy.AttributeOrg, Value: c.from.Org},
			{ID: "urn:altinn:authlevel", Value: strconv.Itoa(maskinportenLevel), DataType: policy.TypeInteger},
		},
		Action:   []policy.Attribute{{ID: policy.AttributeAction, Value: actionID}},
		Resource: resource,
	})
	return decision.Result == policy.Permit && levelSuffices(decision.Obligations)
}

// levelSuffices applies the minimum authentication levels as Altinn's
// enforcement points do: one for everybody, or else one for organisations.
func levelSuffices(obligations []policy.Obligation) bool {
	everybody, organisation := 0, -1
	for _, o := range obligations {
		for _, a := range o.Assignments {
			level, err := strconv.Atoi(strings.TrimSpace(a.Value))
			switch {
			case err != nil:
			case a.Category == policy.MinimumLevel:
				everybody = max(everybody, level)
			case a.Category == policy.MinimumLevelOrg:
				organisation = max(organisation, level)
			}
		}
	}
	return maskinportenLevel >= everybody || organisation >= 0 && maskinportenLevel >= organisation
}
