package dotnet

// Defect is a known mistake in the application's code.
type Defect struct {
	// ID is stable, such as "base-address-in-method".
	ID string
	Position
	What   string // a sentence: what is wrong and what comes of it
	Remedy string // a sentence: what to write instead
}

// GuideDefects returns the mistakes of Altinn's guide to multi-app solutions
// that the code has, in order of file and line. A mistake is reported only where
// it is plain to see; that none is reported proves nothing.
func (c *Code) GuideDefects() []Defect { return nil }
