package control_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/control"
)

// stands remembers what it was told.
type stands struct {
	aging       control.Aging
	delay       time.Duration
	rules       control.KeyRules
	permissions []string
	vault       control.VaultSettings
	demanded    int
	parts       []control.Part
	seed        control.Seed
}

func (s *stands) Reset(_ context.Context, parts ...control.Part) error {
	if len(parts) == 1 && parts[0] == control.Vault {
		return errors.New("it cannot be")
	}
	s.parts = parts
	return nil
}

func (s *stands) Reload(_ context.Context, ids ...string) (control.Reading, error) {
	switch {
	case len(ids) == 0:
		return control.Reading{
			Applications: []string{"a/b", "a/c"},
			LayoutFaults: []control.LayoutFault{{Application: "a/b", File: "ui/form/layouts/p.json", Page: "p", Component: "c", Text: "It is wrong.", Detail: "why"}},
			Hooks:        []control.Hook{{Application: "a/c", Class: "End", Interface: "IProcessEnd", File: "logic/End.cs", Line: 3}},
		}, nil
	case ids[0] == "a/gone":
		return control.Reading{}, fmt.Errorf("a/gone: %w", control.ErrUnknown)
	case ids[0] == "a/broken":
		return control.Reading{}, errors.New("the policy is not right")
	}
	return control.Reading{Applications: ids}, nil
}

func (s *stands) AddSeed(_ context.Context, seed control.Seed) (control.Seeded, error) {
	if len(seed.Persons) > 1 {
		return control.Seeded{}, errors.New("they are too many")
	}
	s.seed = seed
	return control.Seeded{Persons: []control.SeededPerson{{SSN: "n", PartyID: 1, UserID: 2, Name: "Somebody"}}}, nil
}

func (s *stands) Age(aging control.Aging) (control.Aged, error) {
	s.aging = aging
	switch {
	case aging.Client == "gone":
		return control.Aged{}, fmt.Errorf("age client gone: %w", control.ErrUnknown)
	case aging.Client == "":
		return control.Aged{}, errors.New("name a client")
	}
	return control.Aged{
		Keys:    []control.AgedKey{{KeyID: "k", Expires: time.Unix(1_800_000_000, 0).UTC()}},
		Secrets: []control.AgedSecret{{Name: "a--ClientId"}},
	}, nil
}

func (s *stands) Propagation() time.Duration { return s.delay }

func (s *stands) SetPropagation(delay time.Duration) error {
	if delay < 0 {
		return errors.New("it is negative")
	}
	s.delay = delay
	return nil
}

func (s *stands) KeyRules() control.KeyRules         { return s.rules }
func (s *stands) SetKeyRules(rules control.KeyRules) { s.rules = rules }
func (s *stands) VaultPermissions() []string         { return s.permissions }

func (s *stands) VaultSettings() control.VaultSettings { return s.vault }

func (s *stands) SetVaultSettings(settings control.VaultSettings) error {
	if settings.RetentionDays == 1 {
		return errors.New("it is too short")
	}
	s.vault = settings
	return nil
}

func (s *stands) DemandVaultClaims(tokens int) error {
	s.demanded = tokens
	return nil
}

func (s *stands) SetVaultPermissions(permissions []string) error {
	s.permissions = permissions
	return nil
}

func TestReloadByTheControlAddress(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, &stands{})
	for named, want := range map[string]string{
		"":    "{[a/b a/c] [{a/b ui/form/layouts/p.json p c It is wrong. why}] [{a/c End IProcessEnd logic/End.cs 3}]}",
		"a/c": "{[a/c] [] []}",
	} {
		if read, err := w.client.Reload(t.Context(), strings.Fields(named)...); err != nil || fmt.Sprint(read) != want {
			t.Errorf("reload %q: %v, %v", named, read, err)
		}
	}
	_, err := w.client.Reload(t.Context(), "a/gone")
	wantStatus(t, "not served from a folder", err, http.StatusNotFound)
	_, err = w.client.Reload(t.Context(), "a/broken")
	wantStatus(t, "something is wrong", err, http.StatusUnprocessableEntity)
	if err.Error() != "the policy is not right" {
		t.Errorf("told %q", err)
	}
	if status, _ := w.send(t, http.MethodPost, "/applications/reload", "", "Bearer "+w.Token().Reveal(), `{"apps":[]}`); status != http.StatusBadRequest {
		t.Errorf("an unknown member: status %d", status)
	}
	if status, _ := w.send(t, http.MethodPost, "/applications/reload", "", "Bearer "+w.Token().Reveal(), ""); status != http.StatusOK {
		t.Errorf("no body: status %d", status)
	}
}

func TestStandsByTheControlAddress(t *testing.T) {
	t.Parallel()
	told := &stands{}
	w := newWorldWith(t, told)
	const by = 370 * 24 * time.Hour
	aged, err := w.client.Age(t.Context(), control.Aging{Client: "c", Secret: "s", By: by})
	if err != nil || told.aging != (control.Aging{Client: "c", Secret: "s", By: by}) || aged.Keys[0].Expires.Unix() != 1_800_000_000 || !aged.Secrets[0].Expires.IsZero() {
		t.Errorf("told %+v, answered %+v, %v", told.aging, aged, err)
	}
	_, err = w.client.Age(t.Context(), control.Aging{Client: "gone", By: by})
	wantStatus(t, "an unknown client", err, http.StatusNotFound)
	_, err = w.client.Age(t.Context(), control.Aging{By: by})
	wantStatus(t, "nothing named", err, http.StatusUnprocessableEntity)
	_, err = w.client.Age(t.Context(), control.Aging{Client: "c"})
	wantStatus(t, "no time", err, http.StatusUnprocessableEntity)

	if err := w.client.SetPropagation(t.Context(), 90*time.Second); err != nil || told.delay != 90*time.Second {
		t.Errorf("delay %s, %v", told.delay, err)
	}
	if delay, err := w.client.Propagation(t.Context()); err != nil || delay != 90*time.Second {
		t.Errorf("read %s, %v", delay, err)
	}
	wantStatus(t, "a negative delay", w.client.SetPropagation(t.Context(), -1), http.StatusUnprocessableEntity)

	rules := control.KeyRules{KeepExpiryOnRepost: true}
	if err := w.client.SetKeyRules(t.Context(), rules); err != nil || told.rules != rules {
		t.Errorf("rules %+v, %v", told.rules, err)
	}
	if got, err := w.client.KeyRules(t.Context()); err != nil || got != rules {
		t.Errorf("read %+v, %v", got, err)
	}

	if err := w.client.SetVaultPermissions(t.Context(), "get", "list"); err != nil {
		t.Error(err)
	}
	if got, err := w.client.VaultPermissions(t.Context()); err != nil || !reflect.DeepEqual(got, []string{"get", "list"}) {
		t.Errorf("permissions %q, %v", got, err)
	}
	if err := w.client.SetVaultPermissions(t.Context()); err != nil || len(told.permissions) != 0 {
		t.Errorf("none: %q, %v", told.permissions, err)
	}

	vault := control.VaultSettings{DeletionDelay: 90 * time.Second, RetentionDays: 7, PurgeProtection: true, AccessPolicy: true, EmptyPages: true}
	if err := w.client.SetVaultSettings(t.Context(), vault); err != nil || told.vault != vault {
		t.Errorf("vault settings %+v, %v", told.vault, err)
	}
	if got, err := w.client.VaultSettings(t.Context()); err != nil || got != vault {
		t.Errorf("read %+v, %v", got, err)
	}
	wantStatus(t, "too short a retention", w.client.SetVaultSettings(t.Context(), control.VaultSettings{RetentionDays: 1}), http.StatusUnprocessableEntity)
	if err := w.client.DemandVaultClaims(t.Context(), 2); err != nil || told.demanded != 2 {
		t.Errorf("demanded of %d tokens, %v", told.demanded, err)
	}

	for name, c := range map[string]struct {
		method, path, body string
		want               int
	}{
		"reset, nothing":   {"POST", "/reset", ``, 204},
		"reset, misspelt":  {"POST", "/reset", `{"part":[]}`, 400},
		"reset, no part":   {"POST", "/reset", `{"parts":["all"]}`, 422},
		"reset, in vain":   {"POST", "/reset", `{"parts":["vault"]}`, 500},
		"seed, misspelt":   {"POST", "/seed", `{"people":[]}`, 400},
		"seed, refused":    {"POST", "/seed", `{"persons":[{"name":"a"},{"name":"b"}]}`, 422},
		"seed, too large":  {"POST", "/seed", strings.Repeat(" ", 44<<20), 413},
		"vault, misspelt":  {"PUT", "/vault/settings", `{"x":true}`, 400},
		"vault, no delay":  {"PUT", "/vault/settings", `{"deletionDelay":"2"}`, 400},
		"vault, two":       {"PUT", "/vault/settings", `{} {}`, 400},
		"vault, as new":    {"PUT", "/vault/settings", `{}`, 204},
		"age, days":        {"POST", "/age", `{"client":"c","by":"370d"}`, 200},
		"age, no JSON":     {"POST", "/age", `x`, 400},
		"age, no length":   {"POST", "/age", `{"client":"c","by":"a year"}`, 422},
		"delay, no length": {"PUT", "/propagation", `{"delay":"30"}`, 422},
		"delay, misspelt":  {"PUT", "/propagation", `{"dely":"30s"}`, 400},
		"no permissions":   {"PUT", "/vault/permissions", `{}`, 422},
		"none":             {"PUT", "/vault/permissions", `{"permissions":[]}`, 204},
		"rules, misspelt":  {"PUT", "/key-rules", `{"x":true}`, 400},
	} {
		if status, body := w.send(t, c.method, c.path, "", "Bearer "+w.Token().Reveal(), c.body); status != c.want {
			t.Errorf("%s: %d %s, want %d", name, status, body, c.want)
		}
	}
	if status, _ := w.send(t, "PUT", "/propagation", "", "", `{"delay":"1s"}`); status != 401 {
		t.Errorf("without a token: %d", status)
	}
}

// A control address without stand-ins has no such resources.
func TestNoStands(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	wantStatus(t, "propagation", w.client.SetPropagation(t.Context(), time.Second), http.StatusNotFound)
}

func TestParseAge(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"370d": 370 * day, "1d12h": 36 * time.Hour, "36h": 36 * time.Hour, "90s": 90 * time.Second, "0d1s": time.Second,
		"": 0, "d": 0, "0d": 0, "-1d": 0, "1d-1h": 0, "1.5d": 0, "one day": 0, "99999999d": 0, "-3h": 0, "1d2d": 0, "5": 0,
	} {
		got, err := control.ParseAge(text)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
}
