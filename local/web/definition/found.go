package definition

import (
	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/form"
)

// Found is what an application has found, as [form.Form.Explain] reads it.
func Found(issues []api.Issue) []form.BackendIssue {
	found := make([]form.BackendIssue, len(issues))
	for i, issue := range issues {
		found[i] = form.BackendIssue{
			Severity: issue.Severity, Field: issue.Field, Code: issue.Code, Description: issue.Description,
			Source: issue.Source, TextKey: issue.CustomTextKey, TextParams: map[string]string{},
		}
		parameters, _ := issue.CustomTextParameters.(map[string]any)
		for key, value := range parameters {
			if text, ok := value.(string); ok {
				found[i].TextParams[key] = text
			}
		}
	}
	return found
}
