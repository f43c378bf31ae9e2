package control

import "time"

// SeedInstance is an instance of an application that the platform serves. It is made
// the way anybody makes one, by the application's own rules, at the time that it tells;
// what its application or the policy refuses cannot be seeded.
type SeedInstance struct {
	// Handle is how the rest of the seed names it.
	Handle      string `json:"handle,omitempty" yaml:"handle"`
	Application string `json:"application" yaml:"application"` // {org}/{app}
	Owner       string `json:"owner" yaml:"owner"`             // a party
	// By is who makes it and sends it in: a person, or the org code of the application's
	// owner. Empty means the owner of the instance, or, of an organisation, its daily
	// manager; where the application's owner is the owner of the instance, or there is no
	// such person, it means the application's owner.
	By string `json:"by,omitempty" yaml:"by"`
	// Created is when it was made; zero means the first of the times below that is
	// given, from Ended on, or else now.
	Created      time.Time `json:"created,omitzero" yaml:"created"`
	VisibleAfter time.Time `json:"visibleAfter,omitzero" yaml:"visibleAfter"`
	DueBefore    time.Time `json:"dueBefore,omitzero" yaml:"dueBefore"`
	// Data are its form data and files, of a task when it is there. Form data replaces
	// what the application makes by itself.
	Data []SeedData `json:"-" yaml:"-"`
	// Task is the id of the task that it stands in, those before being done; empty means
	// the first.
	Task string `json:"task,omitempty" yaml:"task"`
	// Ended is when it was sent in: all tasks were done then, and it is archived since.
	// Task is empty then.
	Ended time.Time `json:"ended,omitzero" yaml:"ended"`
	// ReadStatus is Unread, Read or UpdatedSinceLastReview; empty means what has become
	// of it.
	ReadStatus string `json:"readStatus,omitempty" yaml:"readStatus"`
	// Substatus is the label that the application's owner has put on it.
	Substatus *SeedSubstatus `json:"substatus,omitempty" yaml:"substatus"`
	// Confirmed is when the application's owner confirmed that it has received it.
	Confirmed time.Time `json:"confirmed,omitzero" yaml:"confirmed"`
	// SoftDeleted and HardDeleted are when it was deleted; zero where it was not.
	SoftDeleted time.Time `json:"softDeleted,omitzero" yaml:"softDeleted"`
	HardDeleted time.Time `json:"hardDeleted,omitzero" yaml:"hardDeleted"`
}

// SeedSubstatus is the service owner's own label on an instance.
type SeedSubstatus struct {
	Label       string `json:"label" yaml:"label"`
	Description string `json:"description,omitempty" yaml:"description"`
}

// SeedData is the content of a data element.
type SeedData struct {
	Type string // the id of a data type of the application
	// Filename is empty for form data.
	Filename string
	// ContentType is a media type. Empty means that of the file's name. Form data may be
	// application/json or application/xml, whichever of the two the application keeps.
	ContentType string
	Content     []byte
}
