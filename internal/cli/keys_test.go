package cli

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/stafett/stafett/local"
)

// keysVariable names the file with the keys of every platform that the tests start as
// a process. To make them anew each time would be most of what such a process does.
const keysVariable = "STAFETT_TEST_KEYS"

// sharingKeys runs the tests with such a file.
type sharingKeys struct{ *testing.M }

func (m sharingKeys) Run() int {
	file, err := writeKeys()
	if err != nil {
		fmt.Fprintln(os.Stderr, "share the keys of local platforms:", err)
		return 1
	}
	defer func() { _ = os.Remove(file) }()
	// What the developer's own program is told is not for those that the tests start.
	var errs []error
	for _, name := range []string{"ENV", "PROJECT", "LOCAL", "JOURNAL", "DATABASE_URL", "STATE_DIR", "AUDIT", "LISTEN", "METRICS_LISTEN", "SELFSERVICE_CLIENT_ID", "SELFSERVICE_KEY_FILE"} {
		errs = append(errs, os.Unsetenv("STAFETT_"+name))
	}
	if err := errors.Join(append(errs, os.Setenv(keysVariable, file))...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	// Who runs in the background of a script ignores these, as its children do; the
	// tests end programs by them.
	for _, each := range []os.Signal{os.Interrupt, syscall.SIGHUP} {
		if signal.Ignored(each) {
			signal.Notify(make(chan os.Signal, 1), each)
		}
	}
	return m.M.Run()
}

func writeKeys() (file string, err error) {
	keys, err := local.NewKeys(context.Background())
	if err != nil {
		return "", err
	}
	var content []byte
	for _, key := range []*rsa.PrivateKey{keys.Maskinporten, keys.Authentication, keys.Entra, keys.Admin} {
		content = append(content, pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})...)
	}
	out, err := os.CreateTemp("", "stafett-test-keys-")
	if err != nil {
		return "", err
	}
	_, err = out.Write(content)
	if err == nil {
		err = out.Close()
	}
	return out.Name(), err
}

// sharedKeys reads them in such a process; without the file, there are none.
func sharedKeys() (keys local.Keys) {
	content, err := os.ReadFile(os.Getenv(keysVariable))
	if err != nil {
		return keys
	}
	for _, key := range []**rsa.PrivateKey{&keys.Maskinporten, &keys.Authentication, &keys.Entra, &keys.Admin} {
		var block *pem.Block
		block, content = pem.Decode(content)
		if *key, err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
			panic(err)
		}
	}
	return keys
}
