package frame

import (
	"io"
	"net/http"
	"time"

	"github.com/stafett/stafett/local/web/api"
)

// Person is a made-up person who can be chosen.
type Person struct {
	Name    string
	UserID  int
	PartyID int
	// Parties are those for whom the person may act, the person's own first.
	Parties []Party
}

// Party is a person or an organisation that can own instances.
type Party struct {
	ID        int
	Name      string
	OrgNumber string // nine digits; empty for a person
	IsPerson  bool
}

// Party returns one of those for whom the person may act.
func (p *Person) Party(id int) (Party, bool) {
	for _, party := range p.Parties {
		if party.ID == id {
			return party, true
		}
	}
	return Party{}, false
}

// Call is one request to the console.
type Call struct {
	*http.Request
	// Person has been chosen; nil for nobody, which only pages of Area.Open see.
	Person *Person
	// Level is the person's authentication level, 0 to 4.
	Level    int
	Language string // "nb", "nn" or "en"

	console *Console
	area    *area
	session session
	login   *login
}

// T gives a word of the area, or else of the frame, with its places filled in.
// For a key that does not exist it gives the key.
func (c *Call) T(key string, args ...any) string { return c.area.word(c.Language, key, args...) }

// When writes a time as people in Norway read it, as the function of templates does.
func (c *Call) When(t time.Time) string { return when(c.Language, t, c.console.zone) }

// Size writes a number of bytes as people read it.
func (c *Call) Size(n int64) string { return size(c.Language, n) }

// Render writes one template of the area, named as in [Fragment], for a handler
// that sends more than one in a [Stream].
func (c *Call) Render(w io.Writer, template string, data any) error {
	return c.console.execute(w, c, Fragment(template, data))
}

// API returns a client of the applications and of Storage with the person's
// own token. It must not be called without a person.
func (c *Call) API() *api.Client {
	return &api.Client{
		HTTP: c.console.cfg.HTTPClient, Platform: c.console.cfg.Platform, AppsDomain: c.console.cfg.AppsDomain,
		Token: c.login.token, Language: c.Language,
	}
}

// Notice is what a page says of the change before it.
type Notice struct {
	Text  string // empty for nothing
	Color string // of the alert: success, warning
}

// Notice keeps a text for the next page that this browser shows.
func (c *Call) Notice(text string) {
	c.console.sessions.notice(c.session.id, Notice{Text: text, Color: "success"})
}

// Warn keeps a text as Notice does, for what did not go as the person meant it.
func (c *Call) Warn(text string) {
	c.console.sessions.notice(c.session.id, Notice{Text: text, Color: "warning"})
}

// Acting is the party that was last given to ActFor in this browser, or else the
// person's own.
func (c *Call) Acting() int {
	if _, ok := c.Person.Party(c.session.party); ok {
		return c.session.party
	}
	return c.Person.PartyID
}

// ActFor remembers the party whose things the person looks at, for pages that are
// asked for later.
func (c *Call) ActFor(party int) {
	if party != c.session.party {
		c.console.sessions.change(c.session.id, func(s *session) { s.party = party })
	}
}

// PartyName names any party that the console knows, and others by their number.
func (c *Call) PartyName(id int) string {
	for _, person := range c.People() {
		if party, ok := person.Party(id); ok {
			return party.Name
		}
	}
	return c.T("frame.party", id)
}

// Choose makes this browser's session one of the person with the user id, at
// an authentication level; false means that there is no such person.
func (c *Call) Choose(a Answer, userID, level int) (Answer, bool) {
	person := c.console.person(userID)
	if person == nil {
		return a, false
	}
	a.session = func(c *Call, w http.ResponseWriter) {
		c.console.sessions.end(c.session.id)
		http.SetCookie(w, sessionCookie(c.Request, c.console.sessions.begin(person, level)))
	}
	return a, true
}

// Leave ends this browser's session.
func (c *Call) Leave(a Answer) Answer {
	a.session = func(c *Call, w http.ResponseWriter) {
		c.console.sessions.end(c.session.id)
		http.SetCookie(w, sessionCookie(c.Request, ""))
	}
	return a
}

// People returns those who can be chosen.
func (c *Call) People() []Person { return c.console.cfg.People }
