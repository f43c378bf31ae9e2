package local

import (
	"context"
	"fmt"
	"net/url"

	"github.com/stafett/stafett/local/web"
	"github.com/stafett/stafett/local/web/frame"
)

// ServeConsole opens the console, the pages for a browser, at a loopback address
// such as 127.0.0.1:0; it stops with [Platform.Close].
func (p *Platform) ServeConsole(ctx context.Context, address string) (*url.URL, error) {
	console, err := p.newConsole()
	if err != nil {
		return nil, err
	}
	serving, err := console.Serve(ctx, address)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serving = append(p.serving, serving)
	return serving.URL(), nil
}

func (p *Platform) newConsole() (*frame.Console, error) {
	config := web.Config{
		HTTPClient: p.client, Platform: platformURL, Login: "https://" + LoginHost, AppsDomain: appsDomain,
		Logger: p.logger.With("stand-in", "console"),
	}
	for _, application := range p.seed.Apps {
		config.Apps = append(config.Apps, application.ID)
	}
	organisations := make(map[string]Party, len(p.seed.Organisations))
	for _, organisation := range p.seed.Organisations {
		organisations[organisation.OrgNumber] = organisation
	}
	for _, person := range p.seed.Persons {
		shown := frame.Person{
			Name: person.Name, UserID: person.UserID, PartyID: person.PartyID,
			Parties: []frame.Party{{ID: person.PartyID, Name: person.Name, IsPerson: true}},
		}
		if organisation, ok := organisations[person.DailyManagerOf]; ok {
			shown.Parties = append(shown.Parties, frame.Party{ID: organisation.PartyID, Name: organisation.Name, OrgNumber: organisation.OrgNumber})
		}
		config.People = append(config.People, shown)
	}
	console, err := web.New(config)
	if err != nil {
		return nil, fmt.Errorf("start the console: %w", err)
	}
	return console, nil
}
