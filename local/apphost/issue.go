package apphost

import "net/http"

// Severities of an issue.
const (
	severityError   = 1
	severityWarning = 2
)

// Sources of issues: what callers name to have a kind of check left out.
const (
	sourceFile   = "DataRestrictionValidation"
	sourceCounts = "DataElementCount"
	sourceFiles  = "DataElement"
	sourceSchema = "JsonSchema"
	// By signatureConfig.
	sourceSigning = "SigningTask"
	// By the layout, and by rules in models/*.validation.json.
	sourceRequired   = "Required"
	sourceExpression = "Expression"
)

// issue is one finding of a validation.
type issue struct {
	Severity             int               `json:"severity"`
	DataElementID        *string           `json:"dataElementId"`
	Field                *string           `json:"field"`
	Code                 string            `json:"code"`
	Description          string            `json:"description"`
	Source               string            `json:"source"`
	NoIncrementalUpdates bool              `json:"noIncrementalUpdates"`
	CustomTextKey        *string           `json:"customTextKey"`
	CustomTextParameters map[string]string `json:"customTextParameters"`
}

// fileIssue is an issue with a file that is being sent.
func fileIssue(code, description string) issue {
	return issue{Severity: severityError, Code: code, Description: description, Source: sourceFile}
}

// uploadProblem is the answer to a file that is refused. It keeps the issues,
// which the older form of upload writes in another way.
type uploadProblem struct {
	*answer
	issues []issue
}

func (p *uploadProblem) Unwrap() error { return p.answer }

func uploadRefused(issues ...issue) error {
	return &uploadProblem{
		answer: problemWith(http.StatusBadRequest, "File validation failed", "The file does not suit its data type",
			map[string]any{"uploadValidationIssues": issues}),
		issues: issues,
	}
}
