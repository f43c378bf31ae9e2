package project

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Service says how the handover service runs. What the file leaves out has the
// default that is named.
type Service struct {
	// Listen is the address on which it answers, "host:port", or "none". Default
	// 127.0.0.1:8080.
	Listen string
	// SweepEvery is how long it waits between two sweeps. Default 1 minute.
	SweepEvery time.Duration
	// Concurrency is how many handovers are worked on at the same time for each
	// receiving application. Default 8.
	Concurrency int
	// KeepDetail is how long the journal keeps the detail of a settled handover.
	// Default 90 days.
	KeepDetail time.Duration
	// RereadSecrets is how often settings and secrets are read again; 0, the
	// default, means at start only.
	RereadSecrets time.Duration
	Callers       Callers
	Events        Events
}

// Callers are those who may ask for handovers over HTTP. By default there are
// none.
type Callers struct {
	Scope         string   // that their tokens must have
	Organisations []string // their organisation numbers
}

// Events is how Altinn tells of completed forms. By default it doesn't.
type Events struct {
	Address string // where Altinn reaches the service: https, without a slash at the end
	Secret  string // the name of the secret in the vault that an event's address ends with
}

// Test is what differs in test mode.
type Test struct {
	Position  Position
	Recipient Recipient // of all handovers; zero if the file has no test mode
}

func defaultService() Service {
	return Service{Listen: "127.0.0.1:8080", SweepEvery: time.Minute, Concurrency: 8, KeepDetail: 90 * 24 * time.Hour}
}

func (r *reader) service(n *yaml.Node, s *Service) {
	r.mapping(n, "service",
		field{"listen", false, r.checked("service.listen", &s.Listen, checkListen)},
		field{"sweepEvery", false, r.duration("service.sweepEvery", time.Second, &s.SweepEvery)},
		field{"concurrency", false, r.count("service.concurrency", 1000, &s.Concurrency)},
		field{"keepDetail", false, r.duration("service.keepDetail", 24*time.Hour, &s.KeepDetail)},
		field{"rereadSecrets", false, r.duration("service.rereadSecrets", time.Minute, &s.RereadSecrets)},
		field{"callers", false, func(n *yaml.Node) { r.callers(n, &s.Callers) }},
		field{"events", false, func(n *yaml.Node) {
			r.mapping(n, "service.events",
				field{"address", true, r.eventAddress("service.events.address", &s.Events.Address)},
				field{"secret", true, r.checked("service.events.secret", &s.Events.Secret, checkSecretName)},
			)
		}},
	)
}

func (r *reader) callers(n *yaml.Node, c *Callers) {
	*c = Callers{} // not those of another environment as well
	r.mapping(n, "service.callers",
		field{"scope", true, r.checked("service.callers.scope", &c.Scope, checkCallerScope)},
		field{"organisations", true, func(n *yaml.Node) {
			r.items(n, "service.callers.organisations", func(item *yaml.Node) {
				var number string
				r.checked("service.callers.organisations", &number, checkOrganisationNumber)(item)
				switch {
				case number == "":
				case slices.Contains(c.Organisations, number):
					r.fault(position(item), "service.callers.organisations: %s is there already", number)
				default:
					c.Organisations = append(c.Organisations, number)
				}
			})
			if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
				r.fault(position(n), "service.callers.organisations is empty; leave callers out if nobody may ask")
			}
		}},
	)
}

func (r *reader) test(n *yaml.Node, p *Project) {
	p.Test.Position = position(n)
	r.mapping(n, "test",
		field{"recipient", true, func(n *yaml.Node) {
			var rule RecipientRule
			if !r.recipientRule(n, "test.recipient", &rule) {
				return
			}
			fixed, ok := rule.Fixed()
			if !ok {
				r.fault(position(n), "test.recipient must be the same for every form: organisationNumber or partyId with a fixed value")
				return
			}
			p.Test.Recipient = fixed
		}},
	)
}

func checkListen(address string) string {
	const want = "want host:port, such as 127.0.0.1:8080, :8080 for all addresses of the machine, or none"
	if _, err := netip.ParseAddrPort(address); err == nil || address == "none" {
		return ""
	}
	host, port, _ := strings.Cut(address, ":")
	if _, err := strconv.ParseUint(port, 10, 16); err != nil || host != "" && !hostForm.MatchString(host) {
		return want
	}
	return ""
}

var hostForm = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$`)

// checkCallerScope refuses the scopes that Altinn gives to everybody: an Altinn
// token carries no audience, so a scope of one's own is what tells it apart.
func checkCallerScope(scope string) string {
	if wrong := checkScope(scope); wrong != "" {
		return wrong
	}
	if strings.HasPrefix(scope, "altinn:") {
		return scope + " is held by all organisations at Altinn; use a scope of your own, such as fts:stafett/handover"
	}
	return ""
}

// secretForm is what Azure Key Vault takes as a secret's name.
var secretForm = regexp.MustCompile(`^[0-9A-Za-z-]{1,127}$`)

func checkSecretName(name string) string {
	if !secretForm.MatchString(name) {
		// Never repeat it: the secret itself may have been put here.
		return "want the name of a secret in the vault: at most 127 letters, digits and '-'"
	}
	return ""
}

func (r *reader) eventAddress(what string, to *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		var address string
		r.text(what, &address)(n)
		if address == "" {
			return
		}
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			r.fault(position(n), "%s: want an https address that Altinn reaches, such as https://stafett.fts.example", what)
			return
		}
		*to = strings.TrimRight(address, "/")
	}
}

// count reads a number from 1 to most.
func (r *reader) count(what string, most int, to *int) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if !r.kind(n, yaml.ScalarNode, what, "a number") {
			return
		}
		value, err := strconv.Atoi(n.Value)
		if err != nil || value < 1 || value > most {
			r.fault(position(n), "%s must be a number from 1 to %d", what, most)
			return
		}
		*to = value
	}
}
