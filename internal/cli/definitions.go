package cli

import (
	"errors"
	"fmt"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/project"
)

// definitions checks all handovers of the project against both applications. In
// test mode they go to the recipient for that.
func (c *connection) definitions(test bool) ([]*handover.Definition, error) {
	original, receiving, err := loadApplications(c.project)
	if err != nil {
		return nil, err
	}
	if test && c.project.Test.Recipient == (project.Recipient{}) {
		return nil, &usageError{fmt.Errorf("--test: %s names no recipient for test mode; add test: {recipient: {organisationNumber: …}}", c.project.Path)}
	}
	var definitions []*handover.Definition
	var faults []error
	for _, definition := range c.project.Handovers {
		compiled, err := handover.Compile(definition, original, receiving)
		if err == nil && test {
			compiled, err = compiled.ForTest(c.project.Test.Recipient)
		}
		if err != nil {
			faults = append(faults, err)
			continue
		}
		definitions = append(definitions, compiled)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, &definitionsError{c.project.Path, err}
	}
	return definitions, nil
}

// definitionsError says what is wrong with the handovers of a project.
type definitionsError struct {
	path   string
	faults error
}

func (e *definitionsError) Error() string { return fmt.Sprintf("check %s:\n%v", e.path, e.faults) }
func (e *definitionsError) Unwrap() error { return e.faults }

// handoverFaults tells, one by one, why forms could not be handed over, for a
// command that does not need that they can. Otherwise it would show first when
// a person has sent one.
func (c *connection) handoverFaults() []string {
	_, err := c.definitions(false)
	var told []string
	for _, fault := range oneByOne(unwrapDefinitions(err)) {
		told = append(told, "no form can be handed over yet: "+fault.Error())
	}
	return told
}

// unwrapDefinitions is what is wrong with the definitions, if it is they.
func unwrapDefinitions(err error) error {
	if definitions, ok := errors.AsType[*definitionsError](err); ok {
		return definitions.faults
	}
	return err
}

// oneByOne takes joined errors apart.
func oneByOne(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	switch {
	case err == nil:
		return nil
	case !ok:
		return []error{err}
	}
	var all []error
	for _, part := range joined.Unwrap() {
		all = append(all, oneByOne(part)...)
	}
	return all
}
