package keys_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare/internal/keys"
)

func TestAwait(t *testing.T) {
	t.Parallel()
	given, stopped := error(nil), errors.New("stopped")
	passes, stays := error(&maskinporten.Error{Code: "invalid_scope"}), errors.New("stays")
	for name, one := range map[string]struct {
		answers []error // the last one again and again
		stop    time.Duration
		want    error
		after   time.Duration
	}{
		"given at once":               {answers: []error{given}, want: given},
		"given at the third time":     {answers: []error{passes, passes, given}, want: given, after: 10 * time.Second},
		"refused for good":            {answers: []error{stays}, want: stays},
		"refused for good after all":  {answers: []error{passes, stays}, want: stays, after: 5 * time.Second},
		"refused until the limit":     {answers: []error{passes}, want: passes, after: 3 * time.Minute},
		"stopped while it is waiting": {answers: []error{passes}, stop: 7 * time.Second, want: stopped, after: 7 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				if one.stop > 0 {
					time.AfterFunc(one.stop, func() { cancel(stopped) })
				}
				asked, told := 0, 0
				elapsed, err := keys.Proof{
					Ask: func(ctx context.Context) error {
						asked++
						if ctx.Err() != nil {
							return ctx.Err()
						}
						return one.answers[min(asked, len(one.answers))-1]
					},
					MayPass: func(fault maskinporten.Fault) bool { return fault == maskinporten.InvalidScope },
					Waiting: func(refusal error, elapsed time.Duration) {
						if !errors.Is(refusal, passes) || elapsed != time.Duration(told)*5*time.Second {
							t.Errorf("waits for %v after %s", refusal, elapsed)
						}
						told++
					},
				}.Await(ctx)
				if !errors.Is(err, one.want) || elapsed != one.after || told != asked-1 && one.stop == 0 {
					t.Errorf("%v after %s, asked %d times and told %d, want %v after %s", err, elapsed, asked, told, one.want, one.after)
				}
			})
		})
	}
}
