package front_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/front"
)

func TestForwards(t *testing.T) {
	t.Parallel()
	program := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, r.Method+" "+r.Host+r.URL.RequestURI()+" "+string(body))
	}))
	defer program.Close()
	network, err := front.New(front.Config{Hosts: []front.Host{{Name: "x.no", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "the network")
	})}}})
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	forwards := front.NewForwards(network)
	defer forwards.CloseIdleConnections()
	out := &http.Client{Transport: forwards}

	post := func(address string) string {
		response, err := out.Post(address, "text/plain", strings.NewReader("event"))
		if err != nil {
			return err.Error()
		}
		defer response.Body.Close()
		content, _ := io.ReadAll(response.Body)
		return string(content)
	}
	const hook = "https://hook.example.com:8443/events/1?x=y"
	if got := post("https://x.no/"); got != "the network" {
		t.Errorf("a served name: %s", got)
	}
	if got := post(hook); !strings.Contains(got, "hook.example.com is not served") {
		t.Errorf("before the forward: %s", got)
	}
	if err := forwards.Set("Hook.Example.com", program.URL); err != nil {
		t.Fatal(err)
	}
	if got := post(hook); got != "POST hook.example.com:8443/events/1?x=y event" {
		t.Errorf("with the forward: %s", got)
	}
	if !forwards.Remove("hook.EXAMPLE.com") || forwards.Remove("hook.example.com") {
		t.Error("the forward is not removed once")
	}
	var refused *front.NotServedError
	if _, err := out.Get(hook); !errors.As(err, &refused) {
		t.Errorf("after the forward: %v", err)
	}
}

func TestForwardsThatCannotBe(t *testing.T) {
	t.Parallel()
	network, err := front.New(front.Config{Hosts: []front.Host{{Name: "x.no", Handler: http.NotFoundHandler()}}})
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	forwards := front.NewForwards(network)
	for _, c := range []struct{ host, target, want string }{
		{"", "http://127.0.0.1:1", "not a host name"},
		{"a.no:443", "http://127.0.0.1:1", "not a host name"},
		{"*.no", "http://127.0.0.1:1", "not a host name"},
		{"a.no/x", "http://127.0.0.1:1", "not a host name"},
		{"X.no", "http://127.0.0.1:1", "serves the name itself"},
		{"a.no", "https://127.0.0.1:1", "not an address"},
		{"a.no", "http://127.0.0.1", "not an address"},
		{"a.no", "http://127.0.0.1:1/path", "not an address"},
		{"a.no", "http://u:p@127.0.0.1:1", "not an address"},
		{"a.no", "http://192.0.2.1:80", "only a loopback address"},
		{"a.no", "http://example.com:80", "only a loopback address"},
	} {
		if err := forwards.Set(c.host, c.target); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s to %s: %v, want %q", c.host, c.target, err, c.want)
		}
	}
	for _, target := range []string{"http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1/"} {
		if err := forwards.Set("a.no", target); err != nil {
			t.Error(err)
		}
	}
	if got := forwards.List(); len(got) != 1 || got["a.no"] != "http://localhost:1" {
		t.Errorf("listed %v", got)
	}
}
