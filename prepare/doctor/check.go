package doctor

import (
	"context"
	"fmt"
)

// Status is how a check ended.
type Status string

// The ways in which a check ends.
const (
	OK   Status = "ok"
	Warn Status = "warn" // works today, or does something that surprises
	Fail Status = "fail" // a handover does not work, or will not where it is deployed
	Skip Status = "skip" // not looked at; Evidence or Needs says why
)

// Stage is a group of checks.
type Stage string

// The stages, in the order in which they are run.
const (
	Files       Stage = "files"       // the project file, the application folders
	Settings    Stage = "settings"    // what the applications are configured with
	Code        Stage = "code"        // what can be told from the C# code
	Repository  Stage = "repository"  // secrets in tracked files
	Vault       Stage = "vault"       // Key Vault, its secrets and their names
	Key         Stage = "key"         // the private key itself
	Clock       Stage = "clock"       // this machine's clock
	Integration Stage = "integration" // what is registered at Samarbeidsportalen
	Token       Stage = "token"       // Maskinporten's token
	Exchange    Stage = "exchange"    // Altinn's token
	Receiving   Stage = "receiving"   // the receiving application
	Handover    Stage = "handover"    // the definitions, against both applications
)

// Remedy is how a fault is mended.
type Remedy struct {
	// Text is a sentence that names the place and what to do there.
	Text string `json:"text,omitempty"`
	// Command mends it when it is run, program name first. Empty means that Text
	// is for a person to do.
	Command []string `json:"command,omitempty"`
}

// Result is what one check found. A check that found several faults gives a
// result for each of them.
type Result struct {
	ID       string `json:"id"` // stable, such as "vault.names"; it begins with the stage
	Stage    Stage  `json:"stage"`
	Title    string `json:"title"` // what is so when the check is OK
	Status   Status `json:"status"`
	Evidence string `json:"evidence,omitempty"` // what was seen; never a secret
	Cause    string `json:"cause,omitempty"`    // what it means, for a failure or a warning
	Remedy   Remedy `json:"remedy,omitzero"`    // for a failure or a warning
	Docs     string `json:"docs,omitempty"`     // a public page with more
	Needs    string `json:"needs,omitempty"`    // for a skip: the id of the check that must pass first
}

// check is one thing that is looked at.
type check struct {
	id, title string
	docs      string              // a public page with more
	needs     []string            // ids of earlier checks that must have passed
	unless    func(f *facts) bool // when it reports true, needs do not matter
	online    bool                // asks another machine
	run       func(ctx context.Context, f *facts) findings
}

// finding is one outcome of a check.
type finding struct {
	status          Status
	evidence, cause string
	remedy          Remedy
	needs           string
}

// findings are all outcomes of a check; there is at least one.
type findings []finding

// ok is the outcome of a check that found nothing wrong. The arguments say what
// it saw.
func ok(format string, arguments ...any) findings {
	return findings{{status: OK, evidence: fmt.Sprintf(format, arguments...)}}
}

// skip is the outcome of a check that has nothing to look at.
func skip(format string, arguments ...any) findings {
	return findings{{status: Skip, evidence: fmt.Sprintf(format, arguments...)}}
}

// fault is the outcome of a check that found one thing wrong.
func fault(status Status, evidence, cause string, remedy Remedy) findings {
	return findings{{status: status, evidence: evidence, cause: cause, remedy: remedy}}
}

// by is the remedy that a person carries out.
func by(format string, arguments ...any) Remedy {
	return Remedy{Text: fmt.Sprintf(format, arguments...)}
}

// running is the remedy of a command that mends it.
func running(text string, command ...string) Remedy {
	return Remedy{Text: text, Command: command}
}
