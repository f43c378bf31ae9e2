package doctor

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// clockChecks are the checks of stage clock.
func clockChecks() []check {
	return []check{
		{
			id: "clock.offset", title: "this machine's clock agrees with Maskinporten's", docs: docsToken,
			needs: []string{"files.project"}, online: true, run: clockOffset,
		},
	}
}

// Maskinporten takes an assertion that was made at most ten seconds ahead of its
// own clock.
const (
	offsetFails = 10 * time.Second
	offsetWarns = 5 * time.Second
)

// clockOffset compares the clock with the Date that Maskinporten's metadata comes
// with, at the middle of the request. It counts whole seconds.
func clockOffset(ctx context.Context, f *facts) findings {
	address := f.issuer.Issuer + ".well-known/oauth-authorization-server"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fault(Fail, err.Error(), "Maskinporten cannot be asked", by("look at the environment in %s", f.project.Path))
	}
	begin := f.now()
	response, err := f.client().Do(request)
	if err != nil {
		return unreachable("Maskinporten", err)
	}
	defer func() { _ = response.Body.Close() }()
	took := f.now().Sub(begin)
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20)); err != nil {
		return unreachable("Maskinporten", err)
	}
	theirs, err := http.ParseTime(response.Header.Get("Date"))
	if response.StatusCode != http.StatusOK || err != nil {
		return fault(Warn, fmt.Sprintf("%s: HTTP %d, Date %q", address, response.StatusCode, response.Header.Get("Date")),
			"what answers is not Maskinporten, or it is out of order", by("look whether a proxy stands between this machine and %s", f.issuer.Issuer))
	}
	offset := begin.Add(took / 2).Sub(theirs.Add(time.Second / 2)).Round(time.Second)
	direction := "ahead of"
	if offset < 0 {
		direction = "behind"
	}
	evidence := fmt.Sprintf("this machine's clock is %s %s Maskinporten's", offset.Abs(), direction)
	remedy := by("set the clock by the network (NTP) on this machine, and on the one where the application runs")
	switch {
	case offset.Abs() > offsetFails && offset > 0:
		return fault(Fail, evidence, "Maskinporten refuses what was signed in its future by more than ten seconds", remedy)
	case offset.Abs() > offsetFails:
		return fault(Fail, evidence, "what is signed has expired, or nearly so, when Maskinporten gets it (MP-130): Altinn's .NET package gives it ten seconds", remedy)
	case offset.Abs() > offsetWarns:
		return fault(Warn, evidence, "a few seconds more, and Maskinporten refuses what is signed here", remedy)
	}
	return ok("%s", evidence)
}
