package cli

import (
	"errors"
	"testing"
)

func TestATroubleIsToldOnceUntilItIsOver(t *testing.T) {
	t.Parallel()
	var last trouble
	broken := errors.New("the project's file is broken")
	for i, step := range []struct {
		ran  bool
		err  error
		news bool
	}{
		{false, nil, false}, // it was not prepared yet
		{false, broken, true},
		{false, broken, false},
		{true, nil, false},    // it was mended,
		{false, broken, true}, // and broken again
		{false, errors.New("another"), true},
		{true, broken, true}, // it ran and then failed
	} {
		if step.ran {
			last.over()
		}
		if got := last.isNews(step.err); got != step.news {
			t.Errorf("step %d: %t", i, got)
		}
	}
}
