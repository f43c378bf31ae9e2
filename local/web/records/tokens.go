package records

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stafett/stafett/local/redact"
	"github.com/stafett/stafett/local/web/frame"
)

// Issuer is who has issued a token.
type Issuer string

// The issuers of the local platform.
const (
	Maskinporten Issuer = "maskinporten"
	Altinn       Issuer = "altinn"
	Entra        Issuer = "entra"
)

// Issuers returns all issuers, in the order in which the story meets them.
func Issuers() []Issuer { return []Issuer{Entra, Maskinporten, Altinn} }

// Origin is what a token was issued for.
type Origin string

// The origins of tokens.
const (
	BySecret    Origin = "secret"     // a client secret, at Entra ID
	ByMachine   Origin = "machine"    // the identity of a machine in Azure
	ByGrant     Origin = "grant"      // a grant that a key of the integration has signed
	ByExchange  Origin = "exchange"   // a token of Maskinporten
	ByTestLogin Origin = "test-login" // a person or organisation that was chosen
	ByRefresh   Origin = "refresh"    // a token of Altinn
)

// Token tells of a token that has been issued. It is not the token.
type Token struct {
	Issuer Issuer
	Origin Origin
	Time   time.Time
	// KeyID is the kid of the key that signed the grant which the token was given
	// for; empty where there was none.
	KeyID string
	// Claims are those of the token: a JSON object without identity numbers.
	Claims string
}

// token is what is told of a token.
type token struct {
	Token
	// ID names the token in the addresses of pages. It is made of the claims, and
	// nothing can be done with it.
	ID      string
	Expires time.Time
	Valid   bool
	// ClientID and Client are the integration that asked for it, or the app that
	// Entra knows; Client is its name, where that is known.
	ClientID, Client string
	// Organisation and Person are for whom the token speaks; at most one is set.
	Organisation, Person string
	Level                string // of the person's authentication
	Scopes               []string
	Audience             string
	// JTI ties a token of Altinn to that of Maskinporten which it was exchanged for.
	JTI string
}

// tokensPage lists tokens.
type tokensPage struct {
	Search string
	Issuer Issuer // empty for all
	Client string // client id; empty for all
	// Issuers are those to choose from.
	Issuers []Issuer
	Tokens  []token
	Hidden  int // older ones that are not shown
	Read    time.Time
}

// maxTokens is how many tokens a page shows.
const maxTokens = 200

func (a *area) showTokens(c *frame.Call) (frame.Answer, error) {
	query := c.URL.Query()
	page := tokensPage{
		Search: search(c), Issuer: Issuer(query.Get("issuer")), Client: query.Get("client"), Issuers: Issuers(), Read: a.cfg.Now(),
	}
	page.Tokens = a.tokens(func(t token) bool {
		return (page.Issuer == "" || t.Issuer == page.Issuer) && (page.Client == "" || t.ClientID == page.Client) && t.mentions(page.Search)
	})
	page.Hidden = max(0, len(page.Tokens)-maxTokens)
	page.Tokens = page.Tokens[:len(page.Tokens)-page.Hidden]
	return frame.Show("tokens", c.T("tokens"), page), nil
}

// tokenPage is one token with its claims, and where it came from.
type tokenPage struct {
	token
	Claims []claim
	// From is the token that it was exchanged for, and Into those that it was
	// exchanged to.
	From *token
	Into []token
	// Holders are the secrets with the key that signed the grant.
	Holders []holder
	Read    time.Time
}

func (a *area) showToken(c *frame.Call) (frame.Answer, error) {
	all := a.tokens(func(token) bool { return true })
	at := slices.IndexFunc(all, func(t token) bool { return t.ID == c.PathValue("id") })
	if at < 0 {
		return frame.Answer{}, frame.Refuse(http.StatusNotFound, "no-token")
	}
	page := tokenPage{token: all[at], Claims: claimsOf(all[at].Token.Claims), Read: a.cfg.Now()}
	for _, other := range all {
		switch {
		case page.JTI == "" || other.JTI != page.JTI || other.ID == page.ID:
		case page.Issuer == Altinn && other.Issuer == Maskinporten:
			page.From = &other
		case page.Issuer == Maskinporten && other.Issuer == Altinn:
			page.Into = append(page.Into, other)
		}
	}
	if page.KeyID != "" {
		vault, err := a.vault()
		if err != nil {
			return frame.Answer{}, err
		}
		thumbprint := ""
		for _, registered := range a.registered(page.KeyID) {
			thumbprint = registered.Thumbprint
		}
		page.Holders = vault.holders(page.KeyID, thumbprint)
	}
	return frame.Show("token", c.T("token-of", c.T("issuer."+string(page.Issuer)), c.When(page.Time)+seconds(page.Time)), page), nil
}

// tokens gives those that are wanted, the newest first.
func (a *area) tokens(wanted func(token) bool) []token {
	var found []token
	for _, issued := range a.cfg.Tokens() {
		if told := a.token(issued); wanted(told) {
			found = append(found, told)
		}
	}
	return found
}

// tokenClaims are the claims that tell what a token is for.
type tokenClaims struct {
	Expires   int64           `json:"exp"`
	Audience  json.RawMessage `json:"aud"` // a text or several
	Scope     string          `json:"scope"`
	TestScope string          `json:"urn:altinn:scope"` // of the test login
	ClientID  string          `json:"client_id"`
	AppID     string          `json:"appid"` // Entra's
	JTI       string          `json:"jti"`
	UTI       string          `json:"uti"` // Entra's
	Consumer  struct {
		ID string `json:"ID"`
	} `json:"consumer"`
	UserID json.RawMessage `json:"urn:altinn:userid"` // a text or a number
	Level  json.RawMessage `json:"urn:altinn:authlevel"`
}

func (a *area) token(issued Token) token {
	sum := sha256.Sum256([]byte(string(issued.Issuer) + "\x00" + issued.Time.Format(time.RFC3339Nano) + "\x00" + issued.Claims))
	told := token{Token: issued, ID: hex.EncodeToString(sum[:16])}
	var claims tokenClaims
	if json.Unmarshal([]byte(issued.Claims), &claims) != nil {
		return told // a claim is of another type than everywhere else; all are shown on the token's own page
	}
	told.Expires = time.Unix(claims.Expires, 0)
	told.Valid = told.Expires.After(a.cfg.Now())
	told.JTI, told.Audience = claims.JTI, strings.Join(texts(claims.Audience), " ")
	told.Scopes = strings.Fields(claims.Scope + " " + claims.TestScope)
	told.ClientID = claims.ClientID
	if issued.Issuer == Entra {
		told.ClientID = claims.AppID
	} else if registration, err := a.cfg.Registry.Registration(claims.ClientID); err == nil {
		told.Client = redact.Text(registration.Client.Name)
	}
	if _, number, ok := strings.Cut(claims.Consumer.ID, ":"); ok {
		told.Organisation = a.organisation(number)
	}
	if user := texts(claims.UserID); len(user) == 1 {
		told.Person, told.Level = a.person(user[0]), strings.Join(texts(claims.Level), "")
	}
	return told
}

// person is the name that goes with a user id; the id where there is none.
func (a *area) person(userID string) string {
	id, err := strconv.Atoi(userID)
	if err != nil {
		return userID
	}
	for _, person := range a.cfg.People {
		if person.UserID == id {
			return person.Name
		}
	}
	return userID
}

// texts reads a claim that is a text or a number, or several.
func texts(claim json.RawMessage) []string {
	var several []string
	if json.Unmarshal(claim, &several) == nil {
		return several
	}
	var one string
	if json.Unmarshal(claim, &one) == nil {
		return []string{one}
	}
	if len(claim) == 0 {
		return nil
	}
	return []string{string(claim)}
}

// mentions reports whether a search finds the token.
func (t token) mentions(wanted string) bool {
	return mentions(wanted, append([]string{t.Client, t.ClientID, t.Organisation, t.Person, t.KeyID, t.Audience}, t.Scopes...)...)
}
