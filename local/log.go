package local

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/stafett/stafett/local/redact"
)

// redactingHandler keeps tokens, keys and identity numbers out of a log,
// whoever writes to it and whatever a client put where it does not belong: a
// path is worth logging, and anything can stand in a path.
type redactingHandler struct{ slog.Handler }

func (h redactingHandler) Handle(ctx context.Context, record slog.Record) error {
	clean := slog.NewRecord(record.Time, record.Level, redact.Text(record.Message), record.PC)
	record.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(redactedAttr(a))
		return true
	})
	return h.Handler.Handle(ctx, clean)
}

func (h redactingHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return redactingHandler{h.Handler.WithAttrs(redactedAttrs(attrs))}
}

func (h redactingHandler) WithGroup(name string) slog.Handler {
	return redactingHandler{h.Handler.WithGroup(name)}
}

func redactedAttrs(attrs []slog.Attr) []slog.Attr {
	clean := make([]slog.Attr, len(attrs))
	for n, a := range attrs {
		clean[n] = redactedAttr(a)
	}
	return clean
}

// redactedAttr leaves a value as it is where its text holds nothing secret.
func redactedAttr(a slog.Attr) slog.Attr {
	value := a.Value.Resolve()
	if value.Kind() == slog.KindGroup {
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(redactedAttrs(value.Group())...)}
	}
	text := value.String()
	if value.Kind() == slog.KindAny {
		text = fmt.Sprintf("%+v", value.Any())
	}
	if clean := redact.Text(text); clean != text {
		return slog.String(a.Key, clean)
	}
	return slog.Attr{Key: a.Key, Value: value}
}
