package apphost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/secret"
)

// PrintRequest says which form of which instance is printed, and for whom.
type PrintRequest struct {
	Token      secret.String // of somebody who may read the instance
	InstanceID string        // "{party id}/{guid}"
	// TaskIDs are the tasks whose forms may be meant, the first that has one before
	// the others; the instance's current task is the last of them.
	TaskIDs  []string
	Language string // "nb", "nn" or "en"
}

// ErrNothingToPrint says that none of the tasks of a [PrintRequest] has a form.
var ErrNothingToPrint = errors.New("print form: none of the tasks has a form")

// Print writes the PDF that the application makes of a form when a task ends. It
// reads as the holder of the token may.
func (s *Server) Print(ctx context.Context, w io.Writer, asked PrintRequest) error {
	c := &call{
		r:        (&http.Request{Method: http.MethodGet, URL: &url.URL{RawQuery: url.Values{"language": {asked.Language}}.Encode()}}).WithContext(ctx),
		platform: session{s.platform, asked.Token}, instanceID: asked.InstanceID,
	}
	in, err := c.platform.instance(ctx, asked.InstanceID)
	if err != nil {
		return fmt.Errorf("print form: %w", err)
	}
	tasks := append(slices.Clone(asked.TaskIDs), currentTask(in))
	at := slices.IndexFunc(tasks, func(task string) bool {
		return task != "" && slices.ContainsFunc(s.formTypes(task), func(t app.DataType) bool { return hasData(in, t.ID) })
	})
	if at < 0 {
		return ErrNothingToPrint
	}
	return s.printForm(c, in, tasks[at], w)
}
