package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/model"
	"github.com/stafett/stafett/local/apphost"
	"github.com/stafett/stafett/local/localtest"
	"github.com/stafett/stafett/local/loopback"
	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/secret"
)

// LocaltestPorts are where [Platform.ServeLocaltest] answers, on all loopback
// addresses of the machine; 0 is a free one.
type LocaltestPorts struct {
	Platform int // of the platform, and of what Front answers
	Front    int // of local.altinn.cloud, for a browser
	PDF      int // of the PDF service
}

// Localtest is where the platform answers in place of Altinn's localtest.
type Localtest struct {
	Platform, Front, PDF *url.URL
}

// ServeLocaltest offers, over plain http, what Altinn's own localtest offers to an
// application that is started in Development; it stops with [Platform.Close]. The
// error wraps a [*net.OpError] for a port that is taken.
func (p *Platform) ServeLocaltest(ctx context.Context, ports LocaltestPorts) (Localtest, error) {
	served, err := p.newLocaltest(p.handlers[PlatformHost], func(org string) http.Handler { return p.handlers[org+"."+appsDomain] })
	if err != nil {
		return Localtest{}, err
	}
	var addresses Localtest
	for _, one := range []struct {
		port    int
		name    string
		path    string
		handler http.Handler
		address **url.URL
	}{
		{ports.Platform, "localhost", "/", served, &addresses.Platform},
		{ports.Front, LoginHost, "/", served, &addresses.Front},
		{ports.PDF, "localhost", "/pdf", served.PDF(), &addresses.PDF},
	} {
		port, err := p.listenLocally(ctx, one.port, localtest.Guard(one.handler))
		if err != nil {
			return Localtest{}, fmt.Errorf("serve what localtest offers: %w", err)
		}
		host := net.JoinHostPort(one.name, port)
		if port == "80" {
			host = one.name
		}
		*one.address = &url.URL{Scheme: "http", Host: host, Path: one.path}
	}
	return addresses, nil
}

// newLocaltest makes the stand-in over the platform's components and the
// applications of each owner.
func (p *Platform) newLocaltest(platform http.Handler, owners func(org string) http.Handler) (*localtest.Server, error) {
	cfg := localtest.Config{
		Login: p.authentication.LoginHandler(), Platform: platform, App: owners,
		Move: func(appID, address string) (bool, error) { return p.remotes.move(Remote{ID: appID, URL: address}) },
		Token: func(ctx context.Context, userID, level int) (string, error) {
			person, ok := p.parties.Person(userID)
			if !ok {
				return "", fmt.Errorf("sign a token: there is no user %d", userID)
			}
			return p.authentication.PersonToken(ctx, person, level)
		},
		People: p.whoCanLogIn,
		Print:  p.print,
		Logger: p.logger.With("stand-in", "localtest"),
	}
	for _, application := range p.seed.Apps {
		cfg.Apps = append(cfg.Apps, application.ID)
	}
	return localtest.New(cfg)
}

// whoCanLogIn are all persons of the register who have a user, and whom they can
// represent.
func (p *Platform) whoCanLogIn() []localtest.Person {
	var people []localtest.Person
	for _, person := range p.parties.All() {
		if person.UserID == 0 {
			continue
		}
		shown := localtest.Person{UserID: person.UserID, PartyID: person.PartyID, Name: person.Name}
		for _, party := range p.parties.Represented(person.UserID) {
			shown.Parties = append(shown.Parties, localtest.Party{ID: party.PartyID, Name: party.Name})
		}
		people = append(people, shown)
	}
	return people
}

// listenLocally serves a handler on a port of this machine alone, over IPv4, and
// over IPv6 where the machine has that: a program may try either for "localhost".
func (p *Platform) listenLocally(ctx context.Context, port int, handler http.Handler) (string, error) {
	var config net.ListenConfig
	four, err := config.Listen(ctx, "tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return "", err
	}
	_, chosen, _ := net.SplitHostPort(four.Addr().String())
	serving := loopback.NewServer(ctx, handler)
	serving.Serve(four)
	six, err := config.Listen(ctx, "tcp6", "[::1]:"+chosen)
	if err == nil {
		serving.Serve(six)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serving = append(p.serving, serving)
	if errors.Is(err, syscall.EADDRINUSE) { // by somebody whom a program would find instead
		return "", err
	}
	return chosen, nil
}

// print makes the PDF of a form, as the application would if it is served from a
// folder. Of one that runs as a process of its own, the layouts and the data model
// are those that it shows to anybody.
func (p *Platform) print(ctx context.Context, w io.Writer, appID string, asked apphost.PrintRequest) error {
	if served, ok := p.folders[appID]; ok {
		return served.current.Load().host.Print(ctx, w, asked)
	}
	folder, ok := p.remotes.find(appID)
	if !ok {
		return fmt.Errorf("print form: there is no application %s, or it does not answer", appID)
	}
	shown := *folder
	shown.Models = make(map[string]*model.Schema)
	client := &api.Client{
		HTTP: p.inside, Platform: platformURL, AppsDomain: appsDomain, Language: asked.Language,
		Token: func(context.Context) (secret.String, error) { return asked.Token, nil },
	}
	for _, dataType := range folder.Metadata.DataTypes {
		if !dataType.IsFormData() {
			continue
		}
		schema, err := client.Schema(ctx, appID, dataType.ID)
		if err != nil {
			return fmt.Errorf("print form: %w", err)
		}
		shown.Models[dataType.ID] = schema
	}
	for _, task := range folder.Process.Tasks() {
		set, found, err := client.Form(ctx, appID, task.ID)
		if err != nil {
			return fmt.Errorf("print form: %w", err)
		}
		if found {
			shown.LayoutSets = append(shown.LayoutSets, set)
		}
	}
	shown.Options = make(map[string][]app.Option)
	host, err := apphost.New(apphost.Config{Folder: &shown, Platform: platformURL, HTTPClient: p.inside, Verifier: p.authentication, Logger: p.logger})
	if err != nil {
		return fmt.Errorf("print form: %w", err)
	}
	return host.Print(ctx, w, asked)
}
