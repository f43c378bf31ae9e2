package fill

import (
	"errors"
	"net/http"
	"strings"

	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/frame"
)

// lackingError is a refusal by the application's policy.
type lackingError struct {
	right string // the action that was not permitted, such as "read"
	err   error
}

func (e *lackingError) Error() string { return "use the right " + e.right + ": " + e.err.Error() }
func (e *lackingError) Unwrap() error { return e.err }

// lacking tells which right a request needed, if it was refused for want of one.
func lacking(right string, err error) error {
	var refused *api.Error
	if errors.As(err, &refused) && refused.Status == http.StatusForbidden && refused.RequiredLevel == "" {
		return &lackingError{right, err}
	}
	return err
}

// refusedPage is the page about a right that is lacking.
type refusedPage struct {
	Text, Right string
	Detail      string // as the application said it; may be empty
	Story       string // the refusal in the timeline
}

// explained makes a page of a refusal that says which right is lacking. Scripts
// get the frame's own answer.
func explained(handle frame.Handler) frame.Handler {
	return func(c *frame.Call) (frame.Answer, error) {
		a, err := handle(c)
		var lack *lackingError
		if !errors.As(err, &lack) || byScript(c) {
			return a, err
		}
		page := refusedPage{Right: lack.right, Text: c.T("refused.other", c.Person.Name), Story: "/story?refused=1"}
		if at, err := placeOf(c); err == nil {
			page.Story += "&instance=" + at.instance
		}
		switch lack.right {
		case "read", "write", "instantiate":
			page.Text = c.T("refused."+lack.right, c.Person.Name)
		}
		var refused *api.Error
		if errors.As(err, &refused) {
			page.Detail = refused.Detail
		}
		return frame.Show("refused", c.T("refused"), page).WithStatus(http.StatusForbidden), nil
	}
}

// byScript tells that the script of the page asks, which takes a part of a page
// or, where something fails, JSON.
func byScript(c *frame.Call) bool {
	return strings.Contains(c.Header.Get("Accept"), "application/json")
}
