package serve

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
)

// wireError is an error as it goes over the local socket: its words, and those of
// its parts that a caller may branch on.
type wireError struct {
	Message string
	Parts   []wirePart
}

// wirePart is a sentinel, which has a name only, or a typed error with its
// members.
type wirePart struct {
	Kind  string
	Value json.RawMessage `json:",omitempty"`
}

// sentinels are the errors that are told by identity.
var sentinels = map[string]error{
	"no-record":          handover.ErrNoRecord,
	"held":               handover.ErrHeld,
	"lost":               handover.ErrLost,
	"unknown-definition": handover.ErrUnknownDefinition,
	"not-wanted":         handover.ErrNotWanted,
	"scan-pending":       handover.ErrScanPending,
	"not-sent":           altinn.ErrNotSent,
	"instance-id":        altinn.ErrInstanceID,
	"deadline":           context.DeadlineExceeded,
}

// kind knows one type of error.
type kind struct {
	find func(error) any
	make func(json.RawMessage) (error, bool)
}

func kindOf[T any, P interface {
	*T
	error
}]() kind {
	return kind{
		find: func(err error) any {
			if found, ok := errors.AsType[P](err); ok {
				return found
			}
			return nil
		},
		make: func(value json.RawMessage) (error, bool) {
			made := P(new(T))
			return made, json.Unmarshal(value, made) == nil
		},
	}
}

// kinds are the errors that are told by type.
var kinds = map[string]kind{
	"not-completed":      kindOf[handover.NotCompletedError](),
	"source":             kindOf[handover.SourceError](),
	"missing-attachment": kindOf[handover.MissingAttachmentError](),
	"attachment":         kindOf[handover.AttachmentError](),
	"mapping":            kindOf[handover.MappingError](),
	"not-cancellable":    kindOf[handover.NotCancellableError](),
	"first-start":        kindOf[handover.FirstStartError](),
	"lineage":            kindOf[handover.LineageError](),
	"status":             kindOf[altinn.StatusError](),
}

func encodeError(err error) wireError {
	encoded := wireError{Message: err.Error()}
	for name, sentinel := range sentinels {
		if errors.Is(err, sentinel) {
			encoded.Parts = append(encoded.Parts, wirePart{Kind: name})
		}
	}
	for name, kind := range kinds {
		if found := kind.find(err); found != nil {
			if value, err := json.Marshal(found); err == nil {
				encoded.Parts = append(encoded.Parts, wirePart{Kind: name, Value: value})
			}
		}
	}
	return encoded
}

// remoteError is an error of the service, with the words that it had there.
type remoteError struct {
	message string
	parts   []error
}

// Error implements error.
func (e *remoteError) Error() string { return e.message }

// Unwrap returns what the error was made of, as far as it is known here.
func (e *remoteError) Unwrap() []error { return e.parts }

func (w wireError) decode() error {
	decoded := &remoteError{message: w.Message}
	for _, part := range w.Parts {
		if sentinel, ok := sentinels[part.Kind]; ok {
			decoded.parts = append(decoded.parts, sentinel)
		} else if kind, ok := kinds[part.Kind]; ok {
			if made, ok := kind.make(part.Value); ok {
				decoded.parts = append(decoded.parts, made)
			}
		}
	}
	return decoded
}
