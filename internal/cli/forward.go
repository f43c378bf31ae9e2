package cli

import (
	"context"
	"fmt"
	"net"
	"net/url"
)

// forwardEvents lets the local platform's events reach a service that is about
// to listen on this machine, under the name in service.events. A service that
// does not say on which port is not found.
func (c *connection) forwardEvents(ctx context.Context, s *session, listen string) error {
	if !s.local || c.project.Service.Events.Address == "" {
		return nil
	}
	address, err := url.Parse(c.project.Service.Events.Address)
	if err != nil {
		return fmt.Errorf("read service.events.address: %w", err)
	}
	if listen == "" {
		listen = c.project.Service.Listen
	}
	target, ok := loopbackOf(listen)
	if !ok {
		return nil
	}
	steering, err := s.steer(ctx)
	if err != nil {
		return err
	}
	return steering.SetForward(ctx, address.Hostname(), target)
}

// loopbackOf is where a service that listens on an address is reached from this
// machine; ok is false where it is not, or the port is not known yet.
func loopbackOf(listen string) (target string, ok bool) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || port == "0" {
		return "", false
	}
	ip := net.ParseIP(host)
	switch {
	case host == "" || ip != nil && ip.IsUnspecified():
		host = "127.0.0.1"
	case host != "localhost" && (ip == nil || !ip.IsLoopback()):
		return "", false
	}
	return "http://" + net.JoinHostPort(host, port), true
}
