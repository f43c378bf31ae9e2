package cli

import (
	"testing"

	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/local/fault"
	"github.com/stafett/stafett/local/front"
	"github.com/stafett/stafett/project"
)

func TestWhereAServiceIsReached(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080", "localhost:1": "http://localhost:1", "[::1]:80": "http://[::1]:80",
		":8080": "http://127.0.0.1:8080", "0.0.0.0:8080": "http://127.0.0.1:8080", "[::]:8080": "http://127.0.0.1:8080",
		"127.0.0.1:0": "", "none": "", "192.0.2.1:8080": "", "example.com:80": "",
	} {
		if got, ok := loopbackOf(listen); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v; want %q", listen, got, ok, want)
		}
	}
}

// With --local, the platform is told where the service is before it starts.
func TestEventsAreForwardedToTheService(t *testing.T) {
	t.Parallel()
	network, err := front.New(front.Config{Hosts: []front.Host{{Name: "x.no"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	forwards := front.NewForwards(network)
	server, err := control.Serve(t.Context(), control.Config{Faults: fault.New(nil), Forwards: forwards})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	dir := t.TempDir()
	state := readyDocument{Schema: readySchema, Proxy: server.URL(), Control: readyControl{URL: server.URL(), Token: server.Token().Reveal()}}
	s := &session{local: true, lookup: func(name string) string {
		if name == "STAFETT_STATE_DIR" {
			return dir
		}
		return ""
	}}
	path, err := s.statePath()
	if err != nil {
		t.Fatal(err)
	}
	if err := writeState(path, state); err != nil {
		t.Fatal(err)
	}
	c := &connection{project: &project.Project{}}
	if err := c.forwardEvents(t.Context(), s, "127.0.0.1:8080"); err != nil || len(forwards.List()) != 0 {
		t.Errorf("without events: %v, %v", forwards.List(), err)
	}
	c.project.Service.Events.Address = "https://stafett.example.com"
	c.project.Service.Listen = "127.0.0.1:8081"
	for listen, want := range map[string]string{"127.0.0.1:8080": "http://127.0.0.1:8080", "": "http://127.0.0.1:8081"} {
		if err := c.forwardEvents(t.Context(), s, listen); err != nil || forwards.List()["stafett.example.com"] != want {
			t.Errorf("%q: %v, %v", listen, forwards.List(), err)
		}
	}
	s.local = false
	forwards.Remove("stafett.example.com")
	if err := c.forwardEvents(t.Context(), s, ""); err != nil || len(forwards.List()) != 0 {
		t.Errorf("without --local: %v, %v", forwards.List(), err)
	}
}
