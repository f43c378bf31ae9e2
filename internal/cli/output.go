package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// printJSON prints one document on stdout.
func (s *session) printJSON(document any) error {
	encoder := json.NewEncoder(s.streams.Out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return fmt.Errorf("print JSON: %w", err)
	}
	return nil
}

type errorDocument struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Hint    string `json:"hint,omitempty"`
		Docs    string `json:"docs,omitempty"`
		Exit    int    `json:"exit"`
	} `json:"error"`
}

// printError tells an error on stderr: what failed and why, what to do, and
// where to read more.
func (s *session) printError(err error, code int) {
	told := explain(err)
	told.hint = s.inThisWorld(told.hint)
	message := err.Error()
	if code == exitInterrupted {
		told.hint, told.code = "", "INTERRUPTED"
		if !errors.As(err, new(*untouchedError)) {
			message = "interrupted; nothing is left half done that running the command again does not mend"
		}
	}
	if s.json {
		var document errorDocument
		document.Error.Code, document.Error.Message, document.Error.Hint = told.code, message, told.hint
		document.Error.Docs, document.Error.Exit = told.docs, code
		encoder := json.NewEncoder(s.streams.Err)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(document)
		return
	}
	s.streams.Err.Printf("error: %s\n", indent(message))
	if told.hint != "" {
		s.streams.Err.Printf("hint: %s\n", indent(told.hint))
	}
	if told.docs != "" {
		s.streams.Err.Printf("docs: %s\n", told.docs)
	}
}

// indent keeps the lines after the first under their label.
func indent(text string) string { return strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") }
