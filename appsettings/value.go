package appsettings

import "github.com/stafett/stafett/secret"

// Kind tells what sort of source a value came from.
type Kind int

// The sorts of source.
const (
	File        Kind = iota + 1 // a JSON file in the application folder, user secrets, or mounted by the platform
	Environment                 // an environment variable
	CommandLine                 // an argument of the application
	KeyVault                    // a secret in Azure Key Vault
)

// Origin is the place where a value was set.
type Origin struct {
	// Source is for people: "appsettings.json:12", "environment FOO__BAR",
	// "command line --Foo:Bar", "key vault MaskinportenSettings--ClientId".
	// It is empty when there is no value.
	Source string
	// Kind is the sort of source.
	Kind Kind
	// Name is the file (relative to the application folder where it lies in
	// it), the environment variable, the argument's key or the vault secret.
	Name string
	// Line is the line in the file, from 1; 0 for the other kinds.
	Line int
}

// String returns Source.
func (o Origin) String() string { return o.Source }

// Value is one setting as one layer has it. It prints its text, or [redacted]
// where that is a secret: where it comes from Key Vault, or the setting's name
// says that it is a key, a password or the like. It may be null, as .NET makes of
// an empty object, and of null and [] in some generations.
type Value struct {
	// Key is the full path, spelled as the layer spells it.
	Key string
	// Origin is where the value was set.
	Origin Origin

	content secret.String
	null    bool
	secret  bool
}

// newValue makes a value. The text is a secret when the origin or the key says so.
func newValue(key, text string, origin Origin) Value {
	return Value{
		Key:     key,
		Origin:  origin,
		content: secret.New(text),
		secret:  origin.Kind == KeyVault || secretByName(key),
	}
}

// newNull makes a value that is present and null.
func newNull(key string, origin Origin) Value {
	return Value{Key: key, Origin: origin, null: true}
}

// Secret returns the content whatever its origin; null gives the empty secret.
func (v Value) Secret() secret.String { return v.content }

// Text returns the content. ok is false, and the text empty, for a secret and
// for null.
func (v Value) Text() (text string, ok bool) {
	if v.secret || v.null {
		return "", false
	}
	return v.content.Reveal(), true
}

// String implements fmt.Stringer: the text, "null", or [redacted].
func (v Value) String() string {
	switch {
	case v.secret:
		return secret.Redacted
	case v.null:
		return "null"
	}
	return v.content.Reveal()
}
