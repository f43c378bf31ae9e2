package handover

import (
	"errors"
	"fmt"
)

var (
	// ErrUnknownDefinition reports a definition id that the project does not have.
	ErrUnknownDefinition = errors.New("there is no such handover definition")
	// ErrNotWanted reports that the definition's condition is not met, so there
	// is nothing to hand over.
	ErrNotWanted = errors.New("the definition's condition is not met by this form")
	// ErrScanPending reports that a file has not been scanned yet. Ask again later.
	ErrScanPending = errors.New("a file of the source has not been scanned for viruses yet")
)

// NotCompletedError reports a source whose process has not ended. Ask again
// when it has.
type NotCompletedError struct {
	Instance string
	Task     string // where it stands; empty if the process has not begun
}

// Error implements error.
func (e *NotCompletedError) Error() string {
	if e.Task == "" {
		return fmt.Sprintf("instance %s is not completed: its process has not begun", e.Instance)
	}
	return fmt.Sprintf("instance %s is not completed: its process is at %s", e.Instance, e.Task)
}

// SourceError reports a source that can never be handed over by the definition.
type SourceError struct{ Instance, Reason string }

// Error implements error.
func (e *SourceError) Error() string {
	return fmt.Sprintf("instance %s cannot be handed over: %s", e.Instance, e.Reason)
}

// MissingAttachmentError reports that the definition requires a file which the
// source does not have, such as the PDF (ref-data-as-pdf).
type MissingAttachmentError struct{ Instance, DataType string }

// Error implements error.
func (e *MissingAttachmentError) Error() string {
	return fmt.Sprintf("instance %s has no file of the data type %s, which the definition requires", e.Instance, e.DataType)
}

// AttachmentError reports a file that the receiving application would not take.
type AttachmentError struct {
	DataType string // in the source
	Element  string // id of the source's data element; names of files can be personal
	Reason   string
}

// Error implements error.
func (e *AttachmentError) Error() string {
	return fmt.Sprintf("the file %s of the data type %s cannot be carried: %s", e.Element, e.DataType, e.Reason)
}

// MappingError reports a value that cannot be put where the definition says. It
// does not hold the value.
type MappingError struct{ Target, Reason string }

// Error implements error.
func (e *MappingError) Error() string { return fmt.Sprintf("fill %s: %s", e.Target, e.Reason) }

// permanent reports whether asking again, with the same source and definition,
// gives the same error.
func permanent(err error) bool {
	var (
		source     *SourceError
		missing    *MissingAttachmentError
		attachment *AttachmentError
		mapping    *MappingError
	)
	return errors.As(err, &source) || errors.As(err, &missing) || errors.As(err, &attachment) || errors.As(err, &mapping)
}
