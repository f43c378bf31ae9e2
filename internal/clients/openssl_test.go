package clients_test

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// need skips a test whose program is not here.
func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not here; install it with the system's package manager", program)
	}
}

// connect lets openssl connect to a host through the platform's proxy and verify
// its chain and name. What it says is returned, and whether it was content.
func connect(t *testing.T, w *world, host string, args ...string) (said string, ok bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	args = append([]string{"s_client", "-proxy", strings.TrimPrefix(w.ready.Proxy, "http://"), "-connect", host + ":443", "-servername", host, "-verify_return_error"}, args...)
	out, err := w.client(ctx, "openssl", args...).CombinedOutput()
	return string(out), err == nil
}

func TestOpenSSLVerifiesEachName(t *testing.T) {
	t.Parallel()
	need(t, "openssl")
	w := theWorld(t)
	verified := 0
	for _, host := range w.ready.Hosts {
		if host == "169.254.169.254" { // Azure's metadata address speaks plain HTTP
			continue
		}
		for _, version := range []string{"-tls1_2", "-tls1_3"} {
			said, ok := connect(t, w, host, version, "-CAfile", w.ready.CA, "-verify_hostname", host)
			if !ok || !strings.Contains(said, "Verify return code: 0 (ok)") {
				t.Errorf("%s, %s: %s", host, version, said)
			}
			verified++
		}
	}
	if verified < 20 {
		t.Errorf("only %d connections were verified", verified)
	}
}

func TestOpenSSLRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	need(t, "openssl")
	w := theWorld(t)
	const host = "test.maskinporten.no"
	cases := []struct {
		what, host string
		args       []string
		says       string
	}{
		{"an authority that nobody trusts", host, []string{"-no-CAfile", "-no-CApath"}, "self-signed certificate in certificate chain"},
		{"a certificate for another name", host, []string{"-CAfile", w.ready.CA, "-verify_hostname", "maskinporten.no"}, "hostname mismatch"},
		{"a name that is not served", "example.com", []string{"-CAfile", w.ready.CA}, "502"},
		{"a name of production", "maskinporten.no", []string{"-CAfile", w.ready.CA}, "502"},
	}
	for _, c := range cases {
		if said, ok := connect(t, w, c.host, c.args...); ok || !strings.Contains(said, c.says) {
			t.Errorf("%s: ok %v: %s", c.what, ok, said)
		}
	}
}

// TestOpenSSLReadsTheConstraints shows what stands in the authority's certificate for
// all to see: it can vouch for the served names and for nothing else.
func TestOpenSSLReadsTheConstraints(t *testing.T) {
	t.Parallel()
	need(t, "openssl")
	w := theWorld(t)
	text := w.output(t, nil, "openssl", "x509", "-in", w.ready.CA, "-noout", "-ext", "nameConstraints,basicConstraints,keyUsage")
	for _, want := range []string{"X509v3 Name Constraints: critical", "X509v3 Basic Constraints: critical", "CA:TRUE, pathlen:0", "X509v3 Key Usage: critical", "Certificate Sign"} {
		if !strings.Contains(text, want) {
			t.Errorf("the certificate does not say %q:\n%s", want, text)
		}
	}
	permitted := map[string]bool{}
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "DNS:"); ok {
			permitted[name] = true
		}
	}
	for _, host := range w.ready.Hosts {
		if host != "169.254.169.254" && !permitted[host] {
			t.Errorf("%s is not among the permitted names", host)
		}
		delete(permitted, host)
	}
	if len(permitted) > 0 {
		t.Errorf("names are permitted that are not served: %v", permitted)
	}
	// Before it is three days old it ends.
	w.output(t, nil, "openssl", "x509", "-in", w.ready.CA, "-noout", "-checkend", "0")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if out, err := w.client(ctx, "openssl", "x509", "-in", w.ready.CA, "-noout", "-checkend", "259201").CombinedOutput(); err == nil {
		t.Errorf("the authority lives longer than three days: %s", out)
	}
}

// TestNobodyTrustsThePlatformUntold takes from clients what tells them of the
// authority: that they verify it at all shows by their refusal then.
func TestNobodyTrustsThePlatformUntold(t *testing.T) {
	t.Parallel()
	need(t, "env")
	need(t, "curl")
	fetch := nodeCommand(t, "--input-type=module", "--eval", "await fetch('"+maskinporten+"jwk')")
	w := theWorld(t)
	untold := []string{"-u", "SSL_CERT_FILE", "-u", "SSL_CERT_DIR", "-u", "CURL_CA_BUNDLE", "-u", "NODE_EXTRA_CA_CERTS"}
	for _, command := range [][]string{
		{"curl", "--silent", "--show-error", maskinporten + "jwk"},
		fetch,
	} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		out, err := w.client(ctx, "env", slices.Concat(untold, command)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "certificate") {
			t.Errorf("%s: %v: %s", command[0], err, out)
		}
	}
}
