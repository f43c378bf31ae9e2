package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// needsInputError says that a question has no answer, why, and which flag
// answers it.
type needsInputError struct{ question, why, flag string }

func (e *needsInputError) Error() string { return e.question + ": " + e.why }

// Remedy names the flag.
func (e *needsInputError) Remedy() string { return "answer with " + e.flag }

// untouchedError is an interrupt before anything was changed.
type untouchedError struct{ err error }

func (e *untouchedError) Error() string { return "interrupted; nothing was changed" }
func (e *untouchedError) Unwrap() error { return e.err }

// confirm asks a question that flag answers with yes, before anything has been
// changed. Programs are not asked.
func (s *session) confirm(ctx context.Context, question, flag string) (bool, error) {
	lower := strings.ToLower(question[:1]) + question[1:]
	if s.json {
		return false, &needsInputError{lower, "with --json nobody is asked", flag}
	}
	if !s.streams.CanPrompt {
		return false, &needsInputError{lower, "there is no terminal to ask on", flag}
	}
	reader := bufio.NewReader(s.streams.In)
	for {
		s.streams.Err.Printf("%s (%s)? [y/N] ", question, flag)
		answer, err := readLine(ctx, reader)
		if err != nil {
			s.streams.Err.Printf("\n") // the cursor stands after the question
		}
		switch {
		case ctx.Err() != nil:
			return false, &untouchedError{ctx.Err()}
		case errors.Is(err, io.EOF):
			return false, &needsInputError{lower, "no answer was given", flag}
		case err != nil:
			return false, fmt.Errorf("read the answer: %w", err)
		}
		switch strings.ToLower(strings.TrimSpace(answer)) {
		case "y", "yes", "j", "ja":
			return true, nil
		case "", "n", "no", "nei":
			return false, nil
		}
		s.streams.Err.Printf("please answer y or n\n")
	}
}

// readLine reads a line, or gives up when ctx ends. A read from a terminal
// cannot be called off, so it is left behind; the process ends soon after.
func readLine(ctx context.Context, reader *bufio.Reader) (string, error) {
	type line struct {
		text string
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := reader.ReadString('\n')
		read <- line{text, err}
	}()
	select {
	case l := <-read:
		return l.text, l.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
