package isolate

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/sys/unix"
)

func TestHostsFile(t *testing.T) {
	t.Parallel()
	want := "127.0.0.1 localhost\n::1 localhost\n127.0.0.1 machine\n127.0.0.1 a.no\n127.0.0.1 b.no\n"
	if got := string(hostsFile("machine", []string{"a.no", "b.no"})); got != want {
		t.Errorf("hosts:\n%s", got)
	}
	if got := string(hostsFile("localhost", nil)); got != "127.0.0.1 localhost\n::1 localhost\n" {
		t.Errorf("hosts of a machine without a name:\n%s", got)
	}
}

func TestNamesComeFromTheFileOnly(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"":                                "hosts: files\n",
		"passwd: files\nhosts:  dns\n":    "passwd: files\nhosts: files\n",
		"hosts: resolve\n# hosts: a\n":    "# hosts: a\nhosts: files\n",
		"\thosts : nis\nnetgroup: nis":    "netgroup: nis\nhosts: files\n",
		"hosts: files\nhosts: myhostname": "hosts: files\n",
	} {
		if got := string(namesFromFile([]byte(given))); got != want {
			t.Errorf("%q becomes %q, want %q", given, got, want)
		}
	}
}

func TestTheSettingThatDoesNotPermitItIsNamed(t *testing.T) {
	t.Parallel()
	system := func(path, content string) fs.FS { return fstest.MapFS{path: {Data: []byte(content + "\n")}} }
	for _, c := range []struct {
		name string
		root fs.FS
		err  error
		want string
	}{
		{"no user namespaces", system("proc/sys/user/max_user_namespaces", "0"), unix.ENOSPC, "sysctl user.max_user_namespaces=15000"},
		{"no network namespaces", system("proc/sys/user/max_net_namespaces", "0"), unix.ENOSPC, "sysctl user.max_net_namespaces=15000"},
		{"no mount namespaces", system("proc/sys/user/max_mnt_namespaces", "0"), unix.ENOSPC, "sysctl user.max_mnt_namespaces=15000"},
		{"root only", system("proc/sys/kernel/unprivileged_userns_clone", "0"), unix.EPERM, "sysctl kernel.unprivileged_userns_clone=1"},
		{"AppArmor", system("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"), outcomeOf(fmt.Errorf("bring it up: %w", unix.EPERM)), "kernel.apparmor_restrict_unprivileged_userns=0"},
		{"a container", system("proc/sys/user/max_user_namespaces", "96365"), unix.EPERM, "seccomp=unconfined"},
		{"another reason", system("proc/sys/user/max_user_namespaces", "0"), unix.EADDRINUSE, ""},
		{"no reason of the system's", fstest.MapFS{}, outcomeOf(errors.New("mishap")), ""},
	} {
		if got := permission(c.root, c.err); !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
