package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stafett/stafett/local"
)

// localtestPorts are the ports at which applications in Development look for
// Altinn's localtest: the platform, the pages, the PDF service.
const localtestPorts = "5101,8000,5300"

// serveLocaltest offers what Altinn's localtest offers, if that is asked for.
func serveLocaltest(ctx context.Context, platform *local.Platform, ports string) (*readyLocaltest, error) {
	if ports == "" {
		return nil, nil
	}
	chosen, err := readLocaltestPorts(ports)
	if err != nil {
		return nil, &usageError{err}
	}
	served, err := platform.ServeLocaltest(ctx, chosen)
	if err != nil {
		return nil, &listenError{flag: "--localtest", code: "LOCALTEST-PORT", err: err,
			remedy: "stop Altinn's localtest, which uses the same ports, or choose others: --localtest=5102,8001,5301"}
	}
	return &readyLocaltest{Platform: served.Platform.String(), Front: served.Front.String(), PDF: served.PDF.String()}, nil
}

func readLocaltestPorts(text string) (local.LocaltestPorts, error) {
	parts := strings.Split(text, ",")
	ports := make([]int, len(parts))
	for n, part := range parts {
		port, err := strconv.ParseUint(strings.TrimSpace(part), 10, 16)
		if err != nil {
			return local.LocaltestPorts{}, fmt.Errorf("--localtest %s: %q is no port", text, part)
		}
		if port != 0 && slices.Contains(ports[:n], int(port)) {
			return local.LocaltestPorts{}, fmt.Errorf("--localtest %s: %d is there twice", text, port)
		}
		ports[n] = int(port)
	}
	if len(ports) != 3 {
		return local.LocaltestPorts{}, errors.New("--localtest takes three ports, of the platform, of the pages and of the PDF service, such as " + localtestPorts)
	}
	return local.LocaltestPorts{Platform: ports[0], Front: ports[1], PDF: ports[2]}, nil
}
