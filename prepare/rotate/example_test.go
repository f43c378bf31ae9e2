package rotate_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/rotate"
)

// A job that runs every day: it does nothing until the key has a month left, and
// goes on with what was begun.
func Example() {
	daily := func(ctx context.Context, systems prepare.Systems, target prepare.Target) error {
		state, err := rotate.Read(ctx, systems, rotate.Target{
			Target: target, Within: 30 * 24 * time.Hour,
			Readers: []rotate.Reader{{Name: "stafett serve", Rereads: time.Hour}, {Name: "fts/barmarkskjoring"}},
		})
		if err != nil {
			return err
		}
		plan, err := rotate.NewRotation(state)
		if err != nil {
			return err
		}
		if plan.Key.Alert >= 0 {
			fmt.Printf("key %s has %d days left\n", plan.Key.KeyID, plan.Key.DaysLeft)
		}
		_, err = rotate.Apply(ctx, systems, plan, nil)
		if awaited, ok := errors.AsType[*rotate.AwaitError](err); ok {
			fmt.Println("both keys work;", awaited.Remedy())
			return nil
		}
		return err
	}
	_ = daily
}
