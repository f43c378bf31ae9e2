// Package definition gathers what an application says of the form of a task:
// layouts, texts, options and data model, each from its own address of the
// application's public API.
package definition

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/form"
)

// lifetime is how long a definition is used again: long enough for the requests
// of one page, short enough that a changed application shows at once.
const lifetime = 2 * time.Second

// Definition is the form of one task in one language. It is immutable.
type Definition struct {
	AppID    string // "{org}/{app}"
	TaskID   string
	Metadata app.Metadata
	// DataType is that of the data element which the form fills in; empty where
	// the task has none.
	DataType string
	// Form is nil where the task has no layouts.
	Form *form.Form
}

// Store loads definitions, and keeps each for two seconds. The zero value is
// ready; it is safe for concurrent use and must not be copied.
type Store struct {
	// Now is the clock; nil means [time.Now]. It is set before the first use.
	Now func() time.Time

	mu   sync.Mutex
	kept map[key]kept
}

// key is what a definition depends on. An application may make options for one
// instance, so that two instances never share any.
type key struct{ app, task, instance, language string }

type kept struct {
	definition *Definition
	until      time.Time
}

// Load reads the form of a task as the client's person may see it, in the
// client's language. instanceID is "{party}/{guid}".
//
// Options that the application does not have are left out, as the form says of
// them what it can. Any other failure to read a part is an error; that of the
// application is an [*api.Error].
func (s *Store) Load(ctx context.Context, client *api.Client, appID, taskID, instanceID string) (*Definition, error) {
	wanted := key{appID, taskID, instanceID, client.Language}
	if found := s.find(wanted); found != nil {
		return found, nil
	}
	loaded, err := load(ctx, client, appID, taskID, instanceID)
	if err != nil {
		return nil, fmt.Errorf("read the form of %s in %s: %w", taskID, appID, err)
	}
	s.keep(wanted, loaded)
	return loaded, nil
}

func (s *Store) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

func (s *Store) find(wanted key) *Definition {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.kept[wanted]; s.now().Before(found.until) {
		return found.definition
	}
	return nil
}

// keep stores a definition, and drops those that are too old.
func (s *Store) keep(wanted key, loaded *Definition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	maps.DeleteFunc(s.kept, func(_ key, old kept) bool { return !now.Before(old.until) })
	if s.kept == nil {
		s.kept = map[key]kept{}
	}
	s.kept[wanted] = kept{loaded, now.Add(lifetime)}
}

func load(ctx context.Context, client *api.Client, appID, taskID, instanceID string) (*Definition, error) {
	metadata, err := client.Metadata(ctx, appID)
	if err != nil {
		return nil, err
	}
	d := &Definition{AppID: appID, TaskID: taskID, Metadata: metadata}
	set, found, err := client.Form(ctx, appID, taskID)
	if err != nil {
		return nil, err
	}
	if set.DataType == "" {
		set.DataType = dataTypeOf(metadata, taskID)
	}
	d.DataType = set.DataType
	if !found {
		return d, nil
	}
	source := form.Source{AppID: appID, Set: set, DataTypes: metadata.DataTypes, Options: map[string][]app.Option{}}
	if source.Texts, err = client.Texts(ctx, appID); err != nil {
		return nil, err
	}
	if set.DataType != "" {
		if source.Schema, err = client.Schema(ctx, appID, set.DataType); err != nil {
			return nil, err
		}
	}
	for _, page := range set.Pages {
		for _, component := range page.Components {
			id := component.OptionsID
			if _, read := source.Options[id]; id == "" || read {
				continue
			}
			options, err := client.Options(ctx, appID, instanceID, id)
			if missing(err) {
				continue
			}
			if err != nil {
				return nil, err
			}
			source.Options[id] = options
		}
	}
	if d.Form, err = form.New(source); err != nil {
		return nil, err
	}
	return d, nil
}

// dataTypeOf finds the form data of a task where no layout set names it.
func dataTypeOf(metadata app.Metadata, taskID string) string {
	for _, dataType := range metadata.DataTypes {
		if dataType.TaskID == taskID && dataType.IsFormData() {
			return dataType.ID
		}
	}
	return ""
}

func missing(err error) bool {
	var refused *api.Error
	return errors.As(err, &refused) && refused.Status == http.StatusNotFound
}
