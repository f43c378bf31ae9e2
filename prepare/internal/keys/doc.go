// Package keys has what preparing a key and rotating it must do alike: look into
// registered key sets, say what a change of one leaves out, tag the secrets, and
// name a key to people.
package keys
