package local

import (
	"context"
	"fmt"
	"net/url"

	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/local/loopback"
	"github.com/stafett/stafett/local/web"
	"github.com/stafett/stafett/local/web/frame"
	"github.com/stafett/stafett/local/web/records"
	"github.com/stafett/stafett/local/web/story"
)

// ConsoleOption tells the console what the platform does not know.
type ConsoleOption func(*web.Config)

// WithHandovers lets the console show the handovers of a service that runs beside
// the platform.
func WithHandovers(handovers records.Handovers) ConsoleOption {
	return func(cfg *web.Config) { cfg.Records.Handovers = handovers }
}

// ServeConsole opens the console, the pages for a browser, at a loopback address
// such as 127.0.0.1:0; it stops with [Platform.Close].
func (p *Platform) ServeConsole(ctx context.Context, address string, options ...ConsoleOption) (*url.URL, error) {
	console, err := p.newConsole(options)
	if err != nil {
		return nil, err
	}
	serving, err := loopback.Serve(ctx, address, console)
	if err != nil {
		return nil, fmt.Errorf("serve the console: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serving = append(p.serving, serving)
	return serving.URL(), nil
}

func (p *Platform) newConsole(options []ConsoleOption) (*frame.Console, error) {
	config := web.Config{
		HTTPClient: p.client, Platform: platformURL, Login: "https://" + LoginHost, AppsDomain: appsDomain,
		Logger:  p.logger.With("stand-in", "console"),
		Records: p.records(),
	}
	config.Story = story.Config{Timeline: p.story, Original: p.seed.Apps[0].ID, Policy: p.policy}
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
	for _, option := range options {
		option(&config)
	}
	return web.New(config)
}

// policy is that of an application, or nil where there is no such application.
func (p *Platform) policy(appID string) *policy.Policy {
	folder, ok := p.folder(appID)
	if !ok {
		return nil
	}
	return folder.Policy
}
