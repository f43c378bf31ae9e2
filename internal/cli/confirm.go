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

// confirm asks a question that --yes answers, before anything has been changed.
// Programs are not asked.
func (s *session) confirm(ctx context.Context, question string) (bool, error) {
	const flag = "--yes"
	lower := strings.ToLower(question[:1]) + question[1:]
	if s.json {
		return false, &needsInputError{lower, "with --json nobody is asked", flag}
	}
	if !s.streams.CanPrompt {
		return false, &needsInputError{lower, "there is no terminal to ask on", flag}
	}
	for {
		answer, err := s.ask(ctx, fmt.Sprintf("%s (%s)? [y/N] ", question, flag), lower, flag)
		switch {
		case ctx.Err() != nil:
			return false, &untouchedError{ctx.Err()}
		case err != nil:
			return false, err
		}
		switch strings.ToLower(answer) {
		case "y", "yes", "j", "ja":
			return true, nil
		case "", "n", "no", "nei":
			return false, nil
		}
		s.streams.Err.Printf("please answer y or n\n")
	}
}

// proposal is a plan that has been told, and what the flags say about it.
type proposal struct{ empty, show, yes bool }

// settles finds out whether a plan is to be applied: there is something to do, it
// was not only to be shown, and --yes or a person agrees. Where it is not, the
// document is printed with --json, and the error is the command's outcome.
func (s *session) settles(ctx context.Context, plan proposal, document any) (apply bool, err error) {
	switch {
	case plan.empty || plan.show:
		if s.json {
			err = s.printJSON(document)
		}
		if err == nil && !plan.empty {
			err = &exitError{exitPending}
		}
		return false, err
	case plan.yes:
		return true, nil
	}
	agreed, err := s.confirm(ctx, "Apply this plan")
	if err == nil && !agreed {
		s.streams.Err.Printf("nothing was changed\n")
		err = &exitError{exitFailed}
	}
	return agreed && err == nil, err
}

// ask prints a prompt and returns the line that is answered, without white space
// around it. question names what was asked and flag what answers it, in an error.
func (s *session) ask(ctx context.Context, prompt, question, flag string) (string, error) {
	if s.input == nil {
		s.input = bufio.NewReader(s.streams.In)
	}
	s.streams.Err.Printf("%s", prompt)
	answer, err := readLine(ctx, s.input)
	if err != nil {
		s.streams.Err.Printf("\n") // the cursor stands after the question
	}
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.Is(err, io.EOF):
		return "", &needsInputError{question, "no answer was given", flag}
	case err != nil:
		return "", fmt.Errorf("read the answer: %w", err)
	}
	return strings.TrimSpace(answer), nil
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
