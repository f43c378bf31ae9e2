package rotate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/rotate"
)

// person does at the portal what an errand says, as often as able, and otherwise
// something else.
type person struct {
	w       *world
	wrongly int  // so many times nothing is done at first
	stops   bool // goes on another time
	errands []prepare.Errand
}

func (p *person) Ask(_ context.Context, errand prepare.Errand) (string, error) {
	p.errands = append(p.errands, errand)
	if p.stops {
		return "", prepare.ErrStopped
	}
	if p.wrongly > 0 {
		p.wrongly--
		return "", nil
	}
	var key jwk.Public
	if errand.Kind != prepare.RemoveKey {
		if err := json.Unmarshal([]byte(errand.PublicKey), &key); err != nil {
			return "", err
		}
		end := p.w.now.AddDate(1, 0, 0).Unix()
		key.Expires = &end
	}
	rest := slices.DeleteFunc(p.w.keys.Keys, func(k jwk.Public) bool { return k.KeyID == errand.KeyID })
	if errand.Kind != prepare.RemoveKey {
		rest = append(rest, key)
	}
	p.w.keys.Keys = rest
	return "", nil
}

func (p *person) asked() string {
	var kinds []string
	for _, errand := range p.errands {
		kinds = append(kinds, string(errand.Kind))
	}
	return strings.Join(kinds, " ")
}

// guided has no admin client. The secret is dated, as preparing does.
func guided(t *testing.T) (*world, *person) {
	w := newWorld(t)
	p := &person{w: w}
	w.guide = p
	stored := w.secrets[keySecret]
	stored.Expires = start.AddDate(1, 0, -1)
	w.secrets[keySecret] = stored
	return w, p
}

func (w *world) guidedRotation() (rotate.Result, error) {
	plan, err := w.rotation()
	if err != nil {
		w.t.Fatal(err)
	}
	systems := w.systems()
	systems.PropagationLimit = time.Millisecond
	return rotate.Apply(w.t.Context(), systems, plan, nil)
}

// A person adds the key and removes the old one; what the person says is believed
// when Maskinporten gives a token.
func TestGuidedRotation(t *testing.T) {
	t.Parallel()
	w, p := guided(t)
	p.wrongly = 1
	_, err := w.guidedRotation()
	if !as[*rotate.AwaitError](err) || p.asked() != "add-key add-key" {
		t.Fatalf("asked %s, %v", p.asked(), err)
	}
	second := w.inVault(keySecret)
	errand := p.errands[1]
	if errand.Refused == nil || p.errands[0].Refused != nil || errand.KeyID != second.KeyID() || errand.Thumbprint != thumbprint(second) ||
		errand.Page != prepare.TestPortal || errand.ClientID != clientID || strings.Contains(errand.PublicKey, `"d"`) {
		t.Errorf("%+v", errand)
	}
	if !w.works(firstKey()) || !w.works(second) {
		t.Error("both keys must work")
	}
	if stored := w.secrets[keySecret]; !stored.Expires.Equal(start.AddDate(1, 0, -1)) {
		t.Errorf("dated %s", stored.Expires)
	}
	w.target.Finish = true
	if _, err = w.guidedRotation(); err != nil || p.asked() != "add-key add-key remove-key" || p.errands[2].KeyID != firstKey().KeyID() || p.errands[2].PublicKey != "" {
		t.Errorf("asked %s, %v", p.asked(), err)
	}
	if got := w.registered(); !slices.Equal(got, []string{second.KeyID()}) {
		t.Errorf("registered are %v", got)
	}
	if plan, err := w.rotation(); err != nil || !plan.IsEmpty() {
		t.Errorf("another run would do:\n%s%v", plan, err)
	}
	if tags := w.secrets[keySecret].Tags; len(tags) != 3 || tags["kid"] != second.KeyID() {
		t.Errorf("tags %v", tags)
	}
}

// Wherever it stops, both keys work, the person is not asked for another key than
// before, and going on comes to an end.
func TestGuidedRotationStopsAnywhere(t *testing.T) {
	t.Parallel()
	for at := 1; at <= 4; at++ {
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprintf("change %d, late %v", at, late), func(t *testing.T) {
				t.Parallel()
				w, p := guided(t)
				w.target.Readers, w.target.OlderThan = rereads(time.Minute), days(1)
				w.now = w.now.Add(days(2))
				begun := w.now
				w.crashAt, w.crashLate = at, late
				for attempt := 0; ; attempt++ {
					if attempt == 5 {
						t.Fatal("it does not come to an end")
					}
					_, err := w.guidedRotation()
					if !w.works(w.inVault(keySecret)) || !w.works(firstKey()) && w.now.Equal(begun) {
						t.Fatalf("after %v, %v: a key does not work", w.log, p.asked())
					}
					if err == nil {
						break
					}
					if as[*rotate.AwaitError](err) {
						w.now = w.now.Add(time.Hour)
					} else if !errors.Is(err, errCrash) {
						t.Fatal(err)
					}
				}
				added := 0
				for _, errand := range p.errands {
					if errand.Kind == prepare.AddKey {
						added++
					}
				}
				if got := w.registered(); added != 1 || !slices.Equal(got, []string{w.inVault(keySecret).KeyID()}) {
					t.Errorf("asked %s; registered are %v", p.asked(), got)
				}
			})
		}
	}
}

// A person who goes on another time is asked for the same key then.
func TestGuidedRotationIsPutOff(t *testing.T) {
	t.Parallel()
	w, p := guided(t)
	p.stops = true
	for range 2 {
		if _, err := w.guidedRotation(); !errors.Is(err, prepare.ErrStopped) {
			t.Fatal(err)
		}
	}
	if p.errands[0].PublicKey != p.errands[1].PublicKey || w.changes != 1 {
		t.Errorf("another key was made: %v", w.log)
	}
}

func TestNobodyToAsk(t *testing.T) {
	t.Parallel()
	w, _ := guided(t)
	plan, err := w.rotation()
	if err != nil {
		t.Fatal(err)
	}
	systems := w.systems()
	systems.Guide = nil
	if _, err = rotate.Apply(t.Context(), systems, plan, nil); !as[*prepare.NobodyToAskError](err) || remedyOf(t, err) == "" {
		t.Errorf("%v", err)
	}
}

// Without an admin client, the date on the secret says when it is time.
func TestGuidedRenewal(t *testing.T) {
	t.Parallel()
	w, p := guided(t)
	w.target.Within = days(30)
	if plan, err := w.plan(rotate.NewRenewal); err != nil || !plan.IsEmpty() || plan.Key.DaysLeft != 364 {
		t.Errorf("%+v, %v", plan.Key, err)
	}
	w.now = w.now.Add(days(340))
	result, err := w.apply(rotate.NewRenewal)
	if err != nil || p.asked() != "renew-key" || len(result.Warnings) != 1 || !strings.Contains(result.Warnings[0], "the portal's list") {
		t.Errorf("asked %s: %+v, %v", p.asked(), result, err)
	}
	if want := w.now.AddDate(1, 0, -1); !w.secrets[keySecret].Expires.Equal(want) || !result.Key.Expires.Equal(want) {
		t.Errorf("dated %s", w.secrets[keySecret].Expires)
	}
}

// A key past its end is seen by what Maskinporten says, whatever the date, and the
// renewal is believed when that changes.
func TestGuidedRenewalOfAnExpiredKey(t *testing.T) {
	t.Parallel()
	w, p := guided(t)
	w.target.Within = days(1)
	*w.keys.Keys[0].Expires = start.Unix() - 1
	p.wrongly = 1
	plan, err := w.plan(rotate.NewRenewal)
	if err != nil || plan.Key.Alert != 0 {
		t.Fatalf("%+v, %v", plan.Key, err)
	}
	systems := w.systems()
	systems.PropagationLimit = time.Millisecond
	result, err := rotate.Apply(t.Context(), systems, plan, nil)
	if err != nil || p.asked() != "renew-key renew-key" || p.errands[1].Refused == nil || !result.Proved || len(result.Warnings) != 0 {
		t.Errorf("asked %s: %+v, %v", p.asked(), result, err)
	}
}

func TestGuidedWithoutADate(t *testing.T) {
	t.Parallel()
	w, _ := guided(t)
	stored := w.secrets[keySecret]
	stored.Expires = time.Time{}
	w.secrets[keySecret] = stored
	w.target.Within = days(30)
	plan, err := w.rotation()
	if err != nil || !plan.IsEmpty() || plan.Key.Alert != -1 || len(plan.Warnings) != 1 || !strings.Contains(plan.Warnings[0], "stafett prepare") {
		t.Errorf("%+v, %v", plan.Key, err)
	}
}

// Nobody is sent to remove the old key when it is the one that the vault holds again.
func TestGuidedRemovalMeetsAnother(t *testing.T) {
	t.Parallel()
	w, p := guided(t)
	published(w)
	w.target.Finish = true
	plan, err := w.rotation()
	if err != nil {
		t.Fatal(err)
	}
	w.store(keySecret, firstKey().Encoded().Reveal())
	if _, err := rotate.Apply(t.Context(), w.systems(), plan, nil); !as[*prepare.StaleError](err) || len(p.errands) != 0 {
		t.Errorf("%v, asked %q", err, p.asked())
	}
}
