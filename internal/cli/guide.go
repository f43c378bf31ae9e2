package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stafett/stafett/prepare"
)

// errandError says that a person has something to do at Samarbeidsportalen, and
// that nobody was there to ask whether it is done.
type errandError struct{ errand prepare.Errand }

func (e *errandError) Error() string {
	if e.errand.Refused != nil {
		return errandTitle(e.errand) + ": what was answered does not hold: " + e.errand.Refused.Error()
	}
	return errandTitle(e.errand) + ": a person has to do this at " + e.errand.Page
}

// Remedy says how to go on.
func (e *errandError) Remedy() string {
	if e.errand.Kind == prepare.RegisterIntegration {
		return "do what is told above, then run the same command with --client-id ID: the id that the page shows"
	}
	return "do what is told above, then run the same command with --done"
}

// Unwrap returns why the last answer did not hold.
func (e *errandError) Unwrap() error { return e.errand.Refused }

// portalOptions say how Samarbeidsportalen is reached.
type portalOptions struct {
	guided   bool
	open     bool
	done     bool
	clientID string
}

func (o *portalOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.guided, "guided", false, "do it at the portal's pages by hand, also where there is an admin client")
	cmd.Flags().BoolVar(&o.open, "open", false, "open the portal's page in a browser when it is needed")
	cmd.Flags().BoolVar(&o.done, "done", false, "what was last asked for at the portal has been done there")
}

// guided gives the systems a person to ask. Without an admin client, or when that
// is wished, it is the person who does what is to be done at the portal.
func (c *connection) guided(s *session, systems *prepare.Systems, options portalOptions) *personGuide {
	guide := &personGuide{session: s, page: c.portal, clientID: options.clientID, done: options.done, open: options.open}
	systems.Guide = guide
	return guide
}

// personGuide asks the person at the terminal. It implements [prepare.Guide].
type personGuide struct {
	session *session
	// page replaces the portal's address: that of the local platform's own page,
	// which a browser reaches without the proxy.
	page     string
	clientID string // from --client-id; used once
	done     bool   // from --done; used once
	open     bool   // open the page in a browser

	last    *prepare.Errand // the errand that was told last
	waiting bool            // for a person to have done it
}

// Ask implements [prepare.Guide].
func (g *personGuide) Ask(ctx context.Context, errand prepare.Errand) (string, error) {
	answer, err := g.ask(ctx, errand)
	g.waiting = errors.As(err, new(*errandError)) || errors.Is(err, prepare.ErrStopped)
	return answer, err
}

func (g *personGuide) ask(ctx context.Context, errand prepare.Errand) (string, error) {
	if g.page != "" {
		errand.Page = g.page
	}
	isNew := g.last == nil || g.last.Kind != errand.Kind || g.last.KeyID != errand.KeyID
	g.last = &errand
	if errand.Kind == prepare.RegisterIntegration && g.clientID != "" {
		id := g.clientID
		g.clientID = ""
		return prepare.CheckClientID(id)
	}
	if errand.Kind != prepare.RegisterIntegration && g.done {
		g.done = false
		return "", nil
	}
	asks := !g.session.json && g.session.streams.CanPrompt
	if errand.MaySkip && !asks {
		return "", prepare.ErrSkipped
	}
	g.session.tellErrand(errand, isNew)
	if !asks {
		return "", &errandError{errand}
	}
	if g.open && isNew {
		if err := openBrowser(ctx, errand.Page); err != nil {
			g.session.warn("the browser did not open (%v); open the page yourself", err)
		}
	}
	var answer string
	var err error
	if errand.Kind == prepare.RegisterIntegration {
		answer, err = g.askClientID(ctx)
	} else {
		err = g.askDone(ctx, errand.MaySkip)
	}
	if errors.As(err, new(*needsInputError)) { // the terminal was closed
		err = &errandError{errand}
	}
	return answer, err
}

func (g *personGuide) askClientID(ctx context.Context) (string, error) {
	for {
		answer, err := g.session.ask(ctx, "The client id that the page shows (--client-id); q to go on another time: ", "the client id", "--client-id")
		switch {
		case err != nil:
			return "", err
		case strings.EqualFold(answer, "q"):
			return "", prepare.ErrStopped
		}
		id, err := prepare.CheckClientID(answer)
		if err == nil {
			return id, nil
		}
		g.session.streams.Err.Printf("%v; %s\n", err, remedy(err))
	}
}

func (g *personGuide) askDone(ctx context.Context, maySkip bool) error {
	prompt := "Done? Enter when it is, q to go on another time: "
	if maySkip {
		prompt = "Done? Enter when it is, s if the portal does not take it, q to go on another time: "
	}
	for {
		answer, err := g.session.ask(ctx, prompt, "whether that is done", "--done")
		switch {
		case err != nil:
			return err
		case answer == "", strings.EqualFold(answer, "y"), strings.EqualFold(answer, "j"):
			return nil
		case strings.EqualFold(answer, "q"), strings.EqualFold(answer, "n"):
			return prepare.ErrStopped
		case maySkip && strings.EqualFold(answer, "s"):
			return prepare.ErrSkipped
		}
		g.session.streams.Err.Printf("please press Enter, or answer with one of the letters\n")
	}
}

func errandTitle(errand prepare.Errand) string {
	switch errand.Kind {
	case prepare.RegisterIntegration:
		return "register an integration"
	case prepare.AddKey:
		return "add the key to integration " + errand.ClientID
	case prepare.ExtendScopes:
		return "add scopes to integration " + errand.ClientID
	case prepare.RenewKey:
		return "add the same key to integration " + errand.ClientID + " once more"
	case prepare.RemoveKey:
		return "remove the old key from integration " + errand.ClientID
	}
	return "do something at Samarbeidsportalen"
}

// errandSteps are what to do on the page. What stands in quotation marks stands on
// the page in Norwegian, as the name of a button, a link, a tab or a field, and is
// there in English where the page is in English.
func errandSteps(errand prepare.Errand) []string {
	open := `Open ` + errand.Page + `, log in ("Logg inn"), and see that you act for your organisation.`
	find := []string{open, "Open the client " + errand.ClientID + "."}
	key := `Open "Nøkler" (keys), choose "Legg til" (add), paste the public key as it is, on one line, and choose "Lagre" (save).`
	remove := `Open "Nøkler" (keys), choose "Slett" (delete) beside the key ` + errand.KeyID + `, and "Slett" (delete) once more. `
	switch errand.Kind {
	case prepare.RegisterIntegration:
		return []string{
			open,
			`Choose "Opprett klient" (create client), then "Maskinporten". That choice cannot be changed later.`,
			`"Visningsnavn" (display name): ` + errand.Name,
			`"Beskrivelse" (description): ` + errand.Description,
			`"Scopes": tick ` + strings.Join(errand.Scopes, " and ") + `, and choose "Opprett" (create).`,
			key,
			`Copy the client id, which stands beside "Klient-id" (client id).`,
		}
	case prepare.AddKey:
		if errand.InPlace {
			find = append(find, remove+"Another key has its id.")
		}
		return append(find, key)
	case prepare.ExtendScopes:
		return append(find, `Open "Scopes", and below "Legg til" (add) tick `+strings.Join(errand.Scopes, " and ")+`, if they are not there already. Then choose "Legg til valgte" (submit).`)
	case prepare.RenewKey:
		return append(find, key, `The date below "Gyldig til" (valid until) is then a year from now.`)
	case prepare.RemoveKey:
		return append(find, remove+"Leave the others.")
	}
	return nil
}

// tellErrand tells what to do; in full the first time, afterwards why it did not
// hold.
func (s *session) tellErrand(errand prepare.Errand, inFull bool) {
	if s.json {
		return
	}
	err := s.streams.Err
	if errand.Refused != nil {
		err.Printf("\nThat does not hold yet: %v\n", errand.Refused)
		if hint := remedy(errand.Refused); hint != "" {
			err.Printf("%s\n", hint)
		}
	}
	if !inFull {
		return
	}
	title := errandTitle(errand)
	err.Printf("\n%s\n", err.Bold("At Samarbeidsportalen: "+title))
	for i, step := range errandSteps(errand) {
		err.Printf("  %d. %s\n", i+1, step)
	}
	if errand.PublicKey != "" {
		err.Printf("\nThe public key:\n\n%s\n\n", errand.PublicKey)
	}
}

// errandDocument is an errand in --json.
type errandDocument struct {
	Kind        string   `json:"kind"`
	Page        string   `json:"page"`
	Steps       []string `json:"steps"`
	ClientID    string   `json:"clientId,omitempty"`
	Name        string   `json:"name,omitempty"`
	Description string   `json:"description,omitempty"`
	Scopes      []string `json:"scopes,omitempty"`
	PublicKey   string   `json:"publicKey,omitempty"`
	KeyID       string   `json:"keyId,omitempty"`
	Thumbprint  string   `json:"thumbprint,omitempty"`
	Refused     string   `json:"refused,omitempty"`
}

// document returns the errand that waits for a person when err says so; nil when
// none does.
func (g *personGuide) document(err error) *errandDocument {
	if waiting := (*errandError)(nil); !errors.As(err, &waiting) {
		return nil
	}
	e := g.last
	document := &errandDocument{
		Kind: string(e.Kind), Page: e.Page, Steps: errandSteps(*e), ClientID: e.ClientID, Name: e.Name, Description: e.Description,
		Scopes: e.Scopes, PublicKey: e.PublicKey, KeyID: e.KeyID, Thumbprint: e.Thumbprint,
	}
	if e.Refused != nil {
		document.Refused = fmt.Sprint(e.Refused)
	}
	return document
}
