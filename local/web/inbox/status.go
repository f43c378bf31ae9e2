package inbox

import (
	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/local/web/api"
)

// label is a word with a colour, which never says more than the word.
type label struct {
	Key   string // of the words
	Text  string // for what is not among the words, instead of a key
	Color string // data-color of Designsystemet; empty for none
}

// statusOf tells how far an instance has come.
func statusOf(in api.Instance) label {
	switch {
	case in.Status.IsSoftDeleted || in.Status.IsHardDeleted:
		return label{Key: "status.deleted", Color: "neutral"}
	case in.Status.IsArchived:
		return label{Key: "status.archived", Color: "success"}
	case in.Ended():
		return label{Key: "status.sent", Color: "success"}
	case in.Process == nil || in.Process.CurrentTask == nil:
		return label{Key: "status.new", Color: "neutral"}
	}
	task := in.Process.CurrentTask
	switch task.AltinnTaskType {
	case "data":
		return label{Key: "status.data", Color: "info"}
	case "confirmation":
		return label{Key: "status.confirmation", Color: "warning"}
	case "signing":
		return label{Key: "status.signing", Color: "warning"}
	case "payment":
		return label{Key: "status.payment", Color: "warning"}
	case "feedback":
		return label{Key: "status.feedback", Color: "info"}
	}
	if task.Name != "" {
		return label{Text: task.Name, Color: "info"}
	}
	return label{Text: task.ElementID, Color: "info"}
}

// unreadOf tells what the party has not seen; nil for nothing.
func unreadOf(in api.Instance) *label {
	switch in.Status.ReadStatus {
	case storage.ReadStatusUnread:
		return &label{Key: "unread", Color: "accent"}
	case storage.ReadStatusUpdated:
		return &label{Key: "updated", Color: "accent"}
	}
	return nil
}
