// Package form is the engine of a form in a browser: it says what a page of an
// Altinn application shows for given data, reads what was typed on it, and
// checks it. It does no I/O.
//
// What components, expressions and bindings mean follows Altinn's documentation
// of its layouts (docs.altinn.studio, "Reference: layouts and components"). A
// component that it does not know is shown by its name. Not done are options
// made from rows of the form (source) or from other answers (mapping), an option
// that is chosen beforehand (preselectedOptionIndex), the tags of
// FileUploadWithTag, and expressions that ask for what a screen shows
// (displayValue, optionLabel), which count as absent.
//
// Identifiers. A component outside of repeating groups keeps the id of the
// layout; inside, the index of each row follows: "kjoretoy-vekt-0". The part of
// an address component has the name of its binding after a dot:
// "soker-adresse.zipCode".
package form
