package serve

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/project"
)

func TestCloseEndsTheServicesOwnConnections(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			close(ended)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	environment, err := altinn.LookupEnvironment("tt02")
	if err != nil {
		t.Fatal(err)
	}
	var p parts
	if _, err := p.newClient(Config{Environment: environment, Project: &project.Project{}, Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := p.own.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.close(); err != nil {
		t.Fatal(err)
	}
	<-ended
}
