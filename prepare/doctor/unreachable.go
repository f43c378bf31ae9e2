package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
)

// noAnswer reports whether an error is of the network, or of the time that an
// answer may take, and not of what was to be sent.
func noAnswer(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, new(*url.Error)) || errors.As(err, new(net.Error))
}

// unreachable tells that a system did not answer at all.
func unreachable(system string, err error) findings {
	evidence := fmt.Sprintf("%s: %v", system, err)
	if name, isName := errors.AsType[*net.DNSError](err); isName && name.IsNotFound {
		return fault(Fail, evidence, "there is no host of the name "+name.Name, by("check where the name comes from, and that this machine has a network"))
	}
	return fault(Fail, evidence, system+" did not answer", by("check the name where it is set, and try again; behind a proxy or firewall, check HTTPS_PROXY and that the host is allowed"))
}
