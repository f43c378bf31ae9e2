package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/local/front"
)

func TestWarnOfExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s := &session{streams: &term.Streams{Err: &term.Stream{Writer: &out}}}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go s.warnOfExpiry(ctx, time.Now())
		time.Sleep(front.AuthorityLifetime - expiresSoon - time.Second)
		synctest.Wait()
		if out.Len() > 0 {
			t.Errorf("told before its time: %s", out.String())
		}
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if text := out.String(); strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "warning: the certificate of this local platform ends at ") {
			t.Errorf("told %q, want one line", text)
		}
	})
}
