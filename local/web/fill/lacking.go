package fill

import (
	"errors"
	"net/http"
	"strconv"
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
	Text   string
	Detail string // as the application said it; may be empty
	Story  string // the refusal in the timeline
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
		page := refusedPage{Story: "/story?refused=1"}
		appID, owner := c.PostFormValue("app"), c.PostFormValue("party") // of what could not be started
		if at, err := placeOf(c); err == nil {
			page.Story += "&instance=" + at.instance
			appID = at.app
			owner, _, _ = strings.Cut(at.instance, "/")
		}
		party, _ := strconv.Atoi(owner) // both ways have read it before
		page.Text = c.Lacks(lack.right, appID, party)
		var refused *api.Error
		if errors.As(err, &refused) {
			page.Detail = refused.Detail
		}
		return frame.Show("refused", c.T("frame.status.403"), page).WithStatus(http.StatusForbidden), nil
	}
}

// byScript tells that the script of the page asks, which takes a part of a page
// or, where something fails, JSON.
func byScript(c *frame.Call) bool {
	return strings.Contains(c.Header.Get("Accept"), "application/json")
}
