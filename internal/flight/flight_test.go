package flight_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stafett/stafett/internal/flight"
)

func TestManyShareOneCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var group flight.Group[int]
		calls := 0
		var waiting sync.WaitGroup
		for range 50 {
			waiting.Go(func() {
				got, err := group.Do(t.Context(), func(context.Context) (int, error) {
					calls++
					time.Sleep(time.Second)
					return 7, nil
				})
				if got != 7 || err != nil {
					t.Errorf("got %d, %v", got, err)
				}
			})
		}
		waiting.Wait()
		if calls != 1 {
			t.Errorf("%d calls", calls)
		}
		// The call has ended, so the next caller starts another.
		_, err := group.Do(t.Context(), func(context.Context) (int, error) { return 0, errors.ErrUnsupported })
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestACallerLeavesAndTheCallGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var group flight.Group[string]
		type key struct{}
		slow := func(ctx context.Context) (string, error) {
			select {
			case <-time.After(time.Minute):
				return ctx.Value(key{}).(string), nil
			case <-ctx.Done():
				return "", context.Cause(ctx)
			}
		}
		reason := errors.New("the caller has no more time")
		first, leave := context.WithCancelCause(context.WithValue(t.Context(), key{}, "the first caller's"))
		var waiting sync.WaitGroup
		waiting.Go(func() {
			if _, err := group.Do(first, slow); !errors.Is(err, reason) {
				t.Errorf("who leaves gets %v", err)
			}
		})
		synctest.Wait()
		waiting.Go(func() {
			if got, err := group.Do(t.Context(), slow); got != "the first caller's" || err != nil {
				t.Errorf("who stays gets %q, %v", got, err)
			}
		})
		synctest.Wait()
		leave(reason)
		waiting.Wait()
	})
}

func TestTheLastToLeaveCancels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var group flight.Group[int]
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ended := make(chan error, 1)
		_, err := group.Do(ctx, func(ctx context.Context) (int, error) {
			<-ctx.Done()
			ended <- ctx.Err()
			return 0, ctx.Err()
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v", err)
		}
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the call's context ends with %v", err)
		}
		// A newcomer does not get the cancelled call.
		if got, err := group.Do(t.Context(), func(context.Context) (int, error) { return 1, nil }); got != 1 || err != nil {
			t.Errorf("the next caller gets %d, %v", got, err)
		}
	})
}
