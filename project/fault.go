package project

import "fmt"

// Fault is one thing wrong in a project file.
type Fault struct {
	Path     string
	Position Position
	Message  string // what is wrong, and what to write instead
}

// Error gives "path:line:column: message", which editors can jump to.
func (f *Fault) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", f.Path, f.Position.Line, f.Position.Column, f.Message)
}
