package fit_test

import (
	"strings"
	"testing"

	"github.com/stafett/stafett/prepare/fit"
)

func TestUnfillable(t *testing.T) {
	t.Parallel()
	if got := fit.Unfillable(variant{}.read(t)); got != "" {
		t.Errorf("the example: %s", got)
	}
	// Copied from another application: its rules are about that one.
	copied := variant{originalPolicy: func(text string) string { return strings.ReplaceAll(text, ">barmarkskjoring<", ">annet-skjema<") }}
	if got := fit.Unfillable(copied.read(t)); !strings.Contains(got, "the policy of fts/barmarkskjoring lets no person write") {
		t.Errorf("%q", got)
	}
}
