package apphost

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

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

// Print writes the PDF that the application makes of a form when a task ends. Where
// none of the tasks shows a form, as one that pays need not, it names the sender and
// the files. It reads as the holder of the token may.
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
		_, found := s.formOf(in, task)
		return task != "" && found
	})
	if at < 0 {
		return s.printTasks(c, in, nil, w)
	}
	return s.printForm(c, in, tasks[at], w)
}
