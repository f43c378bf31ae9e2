package prepare

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/prepare/internal/keys"
)

// DateSecret writes beside the key's secret when the key ends, so that what
// watches the vault can warn, and which key it is. The secret's value stays, and
// so do its other tags.
type DateSecret struct {
	Secret  string    // name of the secret
	Expires time.Time // zero to leave it as it is
	// KeyID and Thumbprint are what the tags kid and thumbprint are to say.
	KeyID, Thumbprint string

	tags map[string]string // all of them
}

// System implements [Action].
func (DateSecret) System() System { return KeyVault }

// Sign implements [Action].
func (DateSecret) Sign() Sign { return Alter }

// String implements [Action].
func (a DateSecret) String() string {
	text := fmt.Sprintf("tag secret %s with %s", a.Secret, keys.Text(a.KeyID, a.Thumbprint))
	if !a.Expires.IsZero() {
		text += ", and date it " + a.Expires.UTC().Format(time.DateOnly) + ", when the key ends"
	}
	return text
}

// endOf is when a key ends at the latest that is posted at that time or later:
// Digdir gives it a year, and the day is for those who read the date in another
// time zone, or a leap year otherwise.
func endOf(posted time.Time) time.Time { return posted.AddDate(1, 0, -1) }

// sameEnd is how far two ends of a key may lie apart to be the same. It is more
// than the day that endOf takes off.
const sameEnd = 48 * time.Hour

// planDates plans what stands beside the key's secret, when it is not right.
func (p *Plan) planDates() error {
	_, name := p.Target.secretNames()
	item, found := p.state.item(name)
	if !found || p.key == nil || p.replacing() {
		return nil
	}
	date := DateSecret{Secret: name, KeyID: p.keyID(), Thumbprint: p.thumbprint, tags: maps.Clone(item.Tags)}
	if end := p.keyEnds(item); !end.IsZero() && end.Sub(item.Expires).Abs() > sameEnd {
		date.Expires = end.UTC().Truncate(time.Second)
	}
	if item.Tags[keys.TagKeyID] == date.KeyID && item.Tags[keys.TagThumbprint] == date.Thumbprint && date.Expires.IsZero() {
		return nil
	}
	if date.tags == nil {
		date.tags = make(map[string]string)
	}
	date.tags[keys.TagKeyID], date.tags[keys.TagThumbprint] = date.KeyID, date.Thumbprint
	p.add(date)
	return nil
}

// keyEnds is when the vault's key ends, as far as that can be known: zero when it
// cannot.
func (p *Plan) keyEnds(item keyvault.Item) time.Time {
	if p.integration != nil {
		if registered, found := keys.Find(p.state.keys[p.integration.ClientID], p.thumbprint); found && registered.Expires != nil {
			return keys.End(registered)
		}
	}
	for _, action := range p.Actions {
		switch action.(type) {
		case PublishKey, RenewByHand:
			return endOf(p.state.readAt)
		}
	}
	if !item.Expires.IsZero() || item.Created.IsZero() {
		return item.Expires
	}
	if end := endOf(item.Created); end.After(p.state.readAt) {
		return end
	}
	return time.Time{}
}

// item finds a secret in the vault's list, whose names match without regard to
// case.
func (s *State) item(name string) (keyvault.Item, bool) {
	for _, item := range s.items {
		if item.Enabled && strings.EqualFold(item.Name, name) {
			return item, true
		}
	}
	return keyvault.Item{}, false
}

// thumbprintOf is empty for what is no key.
func thumbprintOf(public jwk.Public) string {
	thumbprint, err := public.Thumbprint()
	if err != nil {
		return ""
	}
	return thumbprint
}
