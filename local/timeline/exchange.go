package timeline

import (
	"net/http"
	"time"
)

// Exchange is one request and how it was answered.
type Exchange struct {
	// ID numbers exchanges in the order in which they began, from 1.
	ID int64
	// Change numbers what has happened to the timeline, in the order in which it
	// did: an exchange gets one when it appears, and a new one each time that it is
	// repeated. It is what [Recorder.Follow] goes on from.
	Change int64
	// Parent is the exchange in which a stand-in made this request; 0 for what
	// came from outside the platform.
	Parent int64
	// Trace is the trace id of a W3C trace context, 32 hexadecimal digits: the
	// caller's own if it sent one, and the same for all calls below it.
	Trace    string
	Started  time.Time
	Duration time.Duration // until the handler had ended
	Host     string        // as served, such as test.maskinporten.no
	// System is what answered, by the name that people have for it: "Maskinporten",
	// "Key Vault", "Altinn Storage", or the application, "fts/barmarkskjoring".
	System string
	Method string
	Target string // path and query, redacted
	// Route is the path with names in place of ids, such as
	// /instances/{party}/{guid}/process/next; see [Route].
	Route  string
	Status int // 0 when there was no answer: the connection was closed
	Caller Caller
	// Facts are what the stand-in has noted, in that order, and redacted by
	// construction. They must not be changed.
	Facts []any
	// RequestBytes and AnswerBytes are the sizes of the bodies.
	RequestBytes, AnswerBytes int64
	// Times is how often the same request has got the same answer, 1 for most. A
	// program that looks for news every second is one exchange, with the facts and
	// the messages of the first time, and not as many.
	Times int
	Last  time.Time // when the last of them began
}

// Refused reports whether the request was turned down, or was not answered.
func (e Exchange) Refused() bool { return e.Status == 0 || e.Status >= http.StatusBadRequest }

// Polling reports whether the exchange is one that a program repeats over and
// over with no news.
func (e Exchange) Polling() bool { return e.Times > 2 }

// The kinds of [Caller].
const (
	KindPerson       = "person"
	KindOrganisation = "organisation" // with a token of Altinn
	KindIntegration  = "integration"  // at Maskinporten, or with its token
	KindAzure        = "azure"        // a service principal
	KindPortalAdmin  = "portal-admin" // a person at the page of Samarbeidsportalen
	KindStandIn      = "stand-in"     // the platform itself
	KindNobody       = "nobody"       // no credentials, and none needed or none given
	KindUnknown      = "unknown"      // credentials that did not hold
)

// Caller is who made a request, as far as its credentials told. It holds no
// identity number.
type Caller struct {
	Kind string // one of the constants
	Name string // of the person or the organisation

	ClientID   string // of an integration or a service principal
	ClientName string // of an integration at Samarbeidsportalen
	KeyID      string // the kid of the key that signed the grant
	TokenID    string // the id of its token: jti or, at Azure, uti
	Org        string // service owner code, such as "fts"
	OrgNumber  string // nine digits
	Scope      string // space separated
	Method     string // how it authenticated, in the words of the token: "BankID"
	UserID     int    // of a person at Altinn
	PartyID    int    // the person's own
	Level      int    // of security, 0 to 4
	Program    string // the User-Agent, redacted
}

// Message is a request or an answer, redacted.
type Message struct {
	Line   string // "POST https://test.maskinporten.no/token", "201 Created"; empty without an answer
	Header []Field
	Body   string // text; the parts of a multipart one by one
	Note   string // in place of a body that is not shown: "(image/png, 1234 bytes)"
}

// Field is one field of a message's header.
type Field struct{ Name, Value string }
