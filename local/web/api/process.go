package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stafett/stafett/local/storage"
)

// ProcessState is where an instance stands, and what the person may do there.
type ProcessState struct {
	Started     *time.Time    `json:"started"` // nil: not begun
	Ended       *time.Time    `json:"ended"`   // nil: not ended
	EndEvent    string        `json:"endEvent"`
	CurrentTask *Task         `json:"currentTask"`  // nil: not begun, or ended
	Tasks       []ProcessTask `json:"processTasks"` // all tasks of the process
}

// Task is the current task.
type Task struct {
	ID          string          `json:"elementId"`
	Name        string          `json:"name"`
	Type        string          `json:"altinnTaskType"` // data, confirmation, signing, …
	ElementType string          `json:"elementType"`    // Task or ServiceTask
	Started     *time.Time      `json:"started"`
	Actions     map[string]bool `json:"actions"`     // by action of the process: whether it is permitted
	UserActions []UserAction    `json:"userActions"` // those, and actions that do not move the process
	Read        bool            `json:"read"`
	Write       bool            `json:"write"`
}

// UserAction is one action that a task has.
type UserAction struct {
	ID         string `json:"id"`
	Authorized bool   `json:"authorized"`
	Type       string `json:"type"` // ProcessAction or ServerAction
}

// ProcessAction is the type of an action that moves the process.
const ProcessAction = "ProcessAction"

// ProcessTask is a task of the process.
type ProcessTask struct {
	ID          string `json:"elementId"`
	Type        string `json:"altinnTaskType"`
	ElementType string `json:"elementType"`
}

// Process reads where an instance stands.
func (c *Client) Process(ctx context.Context, appID, id string) (ProcessState, error) {
	address, err := c.instanceAddress(appID, id, "process")
	if err != nil {
		return ProcessState{}, err
	}
	var state ProcessState
	err = c.call(ctx, request{operation: "read process", method: http.MethodGet, address: address}, nil, &state)
	return state, err
}

// Next ends the current task by an action, such as confirm or reject; an empty
// one stands for the usual action of the task's type. An [*Error] with status 409
// and Issues says that the task has faults and is not ended.
func (c *Client) Next(ctx context.Context, appID, id, action string) (ProcessState, error) {
	address, err := c.instanceAddress(appID, id, "process", "next")
	if err != nil {
		return ProcessState{}, err
	}
	var ask any
	if action != "" {
		ask = map[string]string{"action": action}
	}
	var state ProcessState
	err = c.call(ctx, request{
		operation: "end task", method: http.MethodPut, address: withQuery(address, "language", c.Language),
	}, ask, &state)
	return state, err
}

// History lists what has happened to the process, oldest first. It is read from the
// audit trail: the process history that Storage makes of that tells neither the
// person who did it nor, of a task that was entered once, when that was.
func (c *Client) History(ctx context.Context, id string) ([]storage.InstanceEvent, error) {
	var list struct {
		Events []storage.InstanceEvent `json:"instanceEvents"`
	}
	err := c.call(ctx, request{operation: "read process history", method: http.MethodGet, address: c.storageAddress(id, "events")}, nil, &list)
	return slices.DeleteFunc(list.Events, func(e storage.InstanceEvent) bool { return !strings.HasPrefix(e.EventType, "process_") }), err
}

// Validate lists what is wrong, or worth a remark, in the current task; nothing
// is stored. An instance in no task is answered 409.
func (c *Client) Validate(ctx context.Context, appID, id string) ([]Issue, error) {
	address, err := c.instanceAddress(appID, id, "validate")
	if err != nil {
		return nil, err
	}
	var issues []Issue
	err = c.call(ctx, request{
		operation: "validate instance", method: http.MethodGet, address: withQuery(address, "language", c.Language),
	}, nil, &issues)
	return issues, err
}
