package serve

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stafett/stafett/secret"
)

func TestOnlyATooLargeEventIsTooLarge(t *testing.T) {
	t.Parallel()
	l := listener{webhook: newWebhook(), log: slog.New(slog.DiscardHandler)}
	l.webhook.hold(secret.New("of the test"))
	for want, body := range map[int]io.Reader{
		http.StatusRequestEntityTooLarge: strings.NewReader(strings.Repeat(" ", maxEvent+1)),
		http.StatusBadRequest:            iotest.ErrReader(errors.New("the connection broke")),
	} {
		r, w := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/events/x", body), httptest.NewRecorder()
		r.SetPathValue("secret", "of the test")
		l.postEvent(w, r)
		if w.Code != want {
			t.Errorf("got %d, want %d", w.Code, want)
		}
	}
}
