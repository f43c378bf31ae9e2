package doctor_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/prepare/doctor"
	"github.com/stafett/stafett/project"
)

func TestIDsAreUniqueAndBeginWithTheirStage(t *testing.T) {
	t.Parallel()
	order := []doctor.Stage{
		doctor.Files, doctor.Settings, doctor.Code, doctor.Repository, doctor.Vault, doctor.Key,
		doctor.Clock, doctor.Integration, doctor.Token, doctor.Exchange, doctor.Receiving, doctor.Handover,
	}
	seen, at := map[string]bool{}, 0
	for _, id := range doctor.IDs() {
		if seen[id] {
			t.Errorf("%s is the id of two checks", id)
		}
		seen[id] = true
		stage, _, _ := strings.Cut(id, ".")
		next := slices.Index(order, doctor.Stage(stage))
		if next < at {
			t.Errorf("%s comes out of the stages' order", id)
		}
		at = next
	}
}

func TestWhatBuildsOnAFaultIsSkipped(t *testing.T) {
	t.Parallel()
	var told []doctor.Result
	report := doctor.Run(t.Context(), doctor.World{Load: func() (*project.Project, error) {
		return nil, errors.New("read stafett.yaml: it is gone")
	}}, func(result doctor.Result) { told = append(told, result) })

	if len(told) != len(report.Results) {
		t.Errorf("told %d results and reported %d", len(told), len(report.Results))
	}
	first := report.Results[0]
	if !report.Failed() || first.ID != "files.project" || first.Status != doctor.Fail || !strings.Contains(first.Evidence, "it is gone") || first.Remedy.Text == "" {
		t.Errorf("first: %+v", first)
	}
	for _, result := range report.Results[1:] {
		if result.Status != doctor.Skip || result.Needs != "files.project" {
			t.Errorf("%s is %s and needs %q", result.ID, result.Status, result.Needs)
		}
	}
}

func TestWhatIsNotReachedIsSkipped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("interrupted"))
	report := doctor.Run(ctx, doctor.World{}, nil)
	if result := report.Results[0]; report.Failed() || result.Status != doctor.Skip || !strings.Contains(result.Evidence, "interrupted") {
		t.Errorf("%+v", result)
	}
}
