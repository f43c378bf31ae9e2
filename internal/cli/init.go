package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/project"
	"github.com/stafett/stafett/project/propose"
)

type initOptions struct {
	original, receiving string
	output              string
	schema              string
	number              string
	force               bool
}

func newInit(s *session) *cobra.Command {
	var options initOptions
	cmd := &cobra.Command{
		Use:   "init ORIGINAL RECEIVING",
		Short: "Write stafett.yaml for two applications",
		Long: `Reads two application folders, which are not changed: ORIGINAL, where a person
fills in the form, and RECEIVING, where each sent-in form becomes a new instance.
Writes a stafett.yaml with a comment on every line that needs one: owner, section,
vault, and a handover with the fields that both forms have by name and type, and
the files that the receiving application takes. What is less than certain is a
comment in the file, with its reason. A file that is there already is kept.

The first line names the file's JSON Schema, with which an editor completes names
and shows mistakes (VS Code: the YAML extension). With no network: --schema FILE
writes the schema to a file beside it.

The folders do not always tell the owner's organisation number; then you are asked,
or give --organisation-number. docs/init.md goes on from there.`,
		Annotations: exits("0; 1 when a folder cannot be read or the file is there already, 3 when nobody can be\nasked for the organisation number, 64 when both folders hold the same application."),
		Example: `  stafett init ../my-form ../my-inbox
  stafett init my-form my-inbox --organisation-number 313547264 -o tt02/stafett.yaml
  stafett init my-form my-inbox --json | jq .proposal.prefill   # each field, with the reason`,
		Args: twoFolders,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("project") {
				return misused(cmd, "init makes the project file; name it with --output, not with --project")
			}
			if s.env != "" && s.env != "tt02" {
				return misused(cmd, "init begins in tt02; write what differs in production under environments in the file")
			}
			options.original, options.receiving = args[0], args[1]
			return s.init(cmd.Context(), options)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&options.output, "output", "o", projectFile, "the `FILE` to write")
	flags.BoolVar(&options.force, "force", false, "replace the file if it is there already")
	flags.StringVar(&options.number, "organisation-number", "", "the `NUMBER` of the owner of ORIGINAL")
	flags.StringVar(&options.schema, "schema", "", "write the JSON Schema to this `FILE` too, and name it in the first line")
	return cmd
}

func twoFolders(cmd *cobra.Command, args []string) error {
	if len(args) != 2 {
		return misused(cmd, fmt.Sprintf("%s needs two folders, the original application's and the receiving one's, and got %s", cmd.CommandPath(), counted(len(args), "argument")))
	}
	return nil
}

// initDocument is what init prints with --json.
type initDocument struct {
	Schema   string            `json:"schema"`
	Path     string            `json:"path"`
	Proposal *propose.Proposal `json:"proposal"`
	// Pending is what the applications lack for the handover, and what prepare sees to.
	Pending []string `json:"pending"`
}

func (s *session) init(ctx context.Context, options initOptions) error {
	path, err := filepath.Abs(options.output)
	if err != nil {
		return fmt.Errorf("find %s: %w", options.output, err)
	}
	if err := refuseTaken("--output", path, nil, options.force); err != nil { // before anybody is asked
		return err
	}
	if err := refuseTaken("--schema", options.schema, project.Schema(), options.force); err != nil {
		return err
	}
	original, receiving, err := loadTwo(options)
	if err != nil {
		return err
	}
	if original.ID == receiving.ID {
		return &usageError{&propose.SameError{AppID: original.ID}}
	}
	in, err := s.initInput(ctx, options, filepath.Dir(path), original, receiving)
	if err != nil {
		return err
	}
	proposal, err := propose.New(in)
	if err != nil {
		return err
	}
	content := proposal.YAML()
	read, err := project.Parse(path, content)
	if err != nil {
		return err
	}
	document := initDocument{Schema: "stafett/init/v1", Path: path, Proposal: proposal, Pending: []string{}}
	for _, definition := range read.Handovers {
		for _, fault := range oneByOne(handover.Check(definition, original, receiving)) {
			text := fault.Error()
			if told := (*handover.Fault)(nil); errors.As(fault, &told) {
				text = told.Message
			}
			document.Pending = append(document.Pending, text)
		}
	}
	if options.schema != "" {
		if err := write("--schema", options.schema, project.Schema(), options.force); err != nil {
			return err
		}
	}
	if err := write("--output", path, content, options.force); err != nil {
		return err
	}
	if s.json {
		return s.printJSON(document)
	}
	s.tellProposal(options.output, document)
	return nil
}

// loadTwo reads both folders, and tells what is wrong with either.
func loadTwo(options initOptions) (original, receiving *app.Folder, err error) {
	load := func(role, path string) (*app.Folder, error) {
		if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
			return nil, &noFolderError{role: role, path: path}
		}
		folder, err := app.Load(path)
		if err != nil {
			return nil, &givenFolderError{err}
		}
		return folder, nil
	}
	original, originalErr := load("original", options.original)
	receiving, receivingErr := load("receiving", options.receiving)
	return original, receiving, errors.Join(originalErr, receivingErr)
}

// initInput gathers what a proposal is made from, with paths from the folder of
// the file.
func (s *session) initInput(ctx context.Context, options initOptions, dir string, original, receiving *app.Folder) (propose.Input, error) {
	in := propose.Input{Original: propose.Application{Folder: original}, Receiving: propose.Application{Folder: receiving}, Since: time.Now()}
	var err error
	if in.Original.Path, err = pathFrom(dir, options.original); err != nil {
		return in, err
	}
	if in.Receiving.Path, err = pathFrom(dir, options.receiving); err != nil {
		return in, err
	}
	if options.schema != "" {
		if in.Schema, err = pathFrom(dir, options.schema); err != nil {
			return in, err
		}
		if !filepath.IsAbs(in.Schema) && !strings.HasPrefix(in.Schema, ".") {
			in.Schema = "./" + in.Schema // an editor would take a bare name for an address
		}
		absolute, err := filepath.Abs(options.schema)
		switch {
		case err != nil:
			return in, fmt.Errorf("find %s: %w", options.schema, err)
		case absolute == filepath.Join(dir, filepath.Base(options.output)):
			return in, &usageError{fmt.Errorf("--schema %s is the file that init writes; give the schema a file of its own", options.schema)}
		case strings.ContainsFunc(in.Schema, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
			return in, &usageError{fmt.Errorf("--schema %q: editors read the schema's name up to the first space; choose one without", in.Schema)}
		}
	}
	if in.OrganisationNumber, err = s.ownersNumber(ctx, options.number, original); err != nil {
		return in, err
	}
	told := settingsOf(ctx, original, receiving)
	in.Section, in.Vault, in.Notices = told.section, told.vault, told.notices
	return in, nil
}

// pathFrom gives a path as a file in dir names it: relative and with slashes, or
// absolute where no relative one leads there.
func pathFrom(dir, path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", path, err)
	}
	if relative, err := filepath.Rel(dir, absolute); err == nil {
		return filepath.ToSlash(relative), nil
	}
	return filepath.ToSlash(absolute), nil // on another drive
}

// ownersNumber is the organisation number that a flag gives, else the folder, else
// a person.
func (s *session) ownersNumber(ctx context.Context, given string, original *app.Folder) (propose.Choice, error) {
	const flag = "--organisation-number"
	valid := func(number string) bool { return project.Recipient{OrganisationNumber: number}.Valid() }
	if given != "" {
		if !valid(given) {
			return propose.Choice{}, &usageError{fmt.Errorf("%s is %q; it has nine digits, without spaces, and the last one is a check digit", flag, given)}
		}
		return propose.Choice{Value: given}, nil
	}
	if number, ok := propose.OrganisationNumber(original); ok {
		return number, nil
	}
	question := "what is the organisation number of " + original.Org
	switch {
	case s.json:
		return propose.Choice{}, &needsInputError{question, "the folders do not tell it, and with --json nobody is asked", flag}
	case !s.streams.CanPrompt:
		return propose.Choice{}, &needsInputError{question, "the folders do not tell it, and there is no terminal to ask on", flag}
	}
	for {
		answer, err := s.ask(ctx, fmt.Sprintf("The organisation number of %s (%s): ", original.Org, flag), question, flag)
		if ctx.Err() != nil {
			return propose.Choice{}, &untouchedError{ctx.Err()}
		}
		if err != nil {
			return propose.Choice{}, err
		}
		if number := strings.ReplaceAll(answer, " ", ""); valid(number) {
			return propose.Choice{Value: number}, nil
		}
		s.streams.Err.Printf("please answer with nine digits, of which the last is a check digit\n")
	}
}

// existsError says that there is a file where one is to be written.
type existsError struct {
	path, flag string // flag names the file
	isFolder   bool
}

func (e *existsError) Error() string {
	if e.isFolder {
		return "write " + e.path + ": it is a folder"
	}
	return "write " + e.path + ": it is there already, and is kept"
}

// Unwrap gives the fault of the file system.
func (e *existsError) Unwrap() error {
	return &fs.PathError{Op: "write", Path: e.path, Err: fs.ErrExist}
}

// Remedy names both ways out, or the only one.
func (e *existsError) Remedy() string {
	if e.isFolder {
		return "write to another: " + e.flag + " FILE"
	}
	return "write to another: " + e.flag + " FILE; or replace it: --force"
}

// refuseTaken makes sure that nothing is written over, unless that is wished. What
// is the same already may stay. No path is none.
func refuseTaken(flag, path string, content []byte, replace bool) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return &existsError{path, flag, true}
	}
	there, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || replace || err == nil && bytes.Equal(there, content) {
		return nil
	}
	return &existsError{path, flag, false}
}

// write writes a file in one step, never half of it, and makes the folders around
// it. It looks once more whether the path is taken, for a person may have thought
// for long about what was asked in the meantime.
func write(flag, path string, content []byte, replace bool) error {
	if err := refuseTaken(flag, path, content, replace); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // it lies in version control, for others too
		return fmt.Errorf("write %s: %w", path, err)
	}
	before, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !bytes.Equal(before, content) {
		err = prepare.LocalFiles{}.Replace(path, before, content)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// tellProposal tells what has been written, what to look at, and what comes next.
func (s *session) tellProposal(output string, document initDocument) {
	p, out := document.Proposal, s.streams.Out
	fields, comments, files, unfilled := p.Counts()
	out.Printf("%s %s joins %s and %s.\n\n", out.Mark(term.OK), output, p.Original, p.Receiving)
	out.Printf("  carried         %s, %s\n", counted(fields, "field"), counted(files, "data type")+" of files")
	out.Printf("  as a comment    %s, less than certain: take the # away where it is right\n", counted(comments, "line"))
	out.Printf("  without source  %s of %s\n", counted(unfilled, "field"), p.Receiving)
	if p.NoPrefill != "" {
		out.Printf("  no field can be filled in: %s\n", p.NoPrefill)
	}
	out.Printf("\nLook at these lines first:\n\n")
	for _, line := range []struct {
		name   string
		choice propose.Choice
	}{{"organisationNumber", p.Number}, {"section", p.Section}, {"vault", p.Vault}} {
		why := ""
		if line.choice.Why != "" {
			why = " (" + line.choice.Why + ")"
		}
		out.Printf("  %s: %s%s\n", line.name, line.choice.Value, why)
	}
	out.Printf("  id: %s (for ever; a handover is known by it)\n", p.HandoverID)
	for _, notice := range p.Notices {
		s.warn("%s", notice)
	}
	for _, text := range document.Pending {
		out.Printf("  %s\n", out.Faint("to be mended by \"stafett prepare\": "+text))
	}
	flags := ""
	if output != projectFile {
		flags = " -p " + quoted(output)
	}
	out.Printf("\nThen, with no account:\n\n  stafett local up%s\n  stafett prepare --local%s    # in another terminal\n", flags, flags)
}
