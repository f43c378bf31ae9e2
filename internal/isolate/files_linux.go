package isolate

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// bundles are where systems keep the certificates that all their programs trust,
// in one file; several names may lead to the same.
var bundles = []string{
	"/etc/ssl/certs/ca-certificates.crt",                // Debian, Ubuntu, Alpine, Arch
	"/etc/pki/tls/certs/ca-bundle.crt",                  // Fedora, Red Hat
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // the same, by its other name
	"/etc/ssl/ca-bundle.pem",                            // SUSE
	"/etc/ssl/cert.pem",                                 // Alpine, and what OpenSSL builds on its own
}

// nameCaches are folders of daemons that answer for names from outside.
var nameCaches = []string{"/run/nscd", "/var/run/nscd"}

// makeFiles puts files of its own in place of those that lead to names and trust,
// for this process and its children only.
func (s setup) makeFiles() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	hostname, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("read the name of this machine: %w", err)
	}
	contents := map[string][]byte{
		"/etc/hosts":       hostsFile(hostname, s.Names),
		"/etc/resolv.conf": []byte("# Nobody answers there: all names stand in /etc/hosts.\nnameserver 127.0.0.1\noptions timeout:1 attempts:1\n"),
	}
	if order, err := os.ReadFile("/etc/nsswitch.conf"); err == nil {
		contents["/etc/nsswitch.conf"] = namesFromFile(order)
	}
	if len(s.Trusted) > 0 {
		for _, path := range bundles {
			contents[path] = s.Trusted
		}
	}
	if err := replaceFiles(contents); err != nil {
		return err
	}
	for _, dir := range nameCaches {
		if err := unix.Mount("none", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "size=4k"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("hide %s: %w", dir, err)
		}
	}
	return nil
}

// replaceFiles shows other content in place of the files that exist. The content
// lies in memory, in a file system that can be seen at no place of its own: it
// covers a folder that every system has until all is replaced.
func replaceFiles(contents map[string][]byte) error {
	const dir = "/dev"
	if err := unix.Mount("none", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "mode=0755"); err != nil {
		return fmt.Errorf("make a file system in memory: %w", err)
	}
	var errs []error
	n := 0
	for path, content := range contents {
		n++
		source := filepath.Join(dir, fmt.Sprint(n))
		if err := os.WriteFile(source, content, 0o444); err != nil { //nolint:gosec // everybody reads these files
			errs = append(errs, err)
			continue
		}
		err := unix.Mount(source, path, "", unix.MS_BIND, "")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("replace %s: %w", path, err))
		}
	}
	if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
		errs = append(errs, fmt.Errorf("hide a file system: %w", err))
	}
	return errors.Join(errs...)
}

// hostsFile is a hosts(5) file in which the names lead to this machine and no
// others exist.
func hostsFile(hostname string, names []string) []byte {
	var file bytes.Buffer
	file.WriteString("127.0.0.1 localhost\n::1 localhost\n")
	if hostname != "" && hostname != "localhost" {
		fmt.Fprintf(&file, "%s %s\n", loopback, hostname)
	}
	for _, name := range names {
		fmt.Fprintf(&file, "%s %s\n", loopback, name)
	}
	return file.Bytes()
}

// namesFromFile changes an nsswitch.conf(5) such that names of hosts are those of
// the hosts file: who asks for another is told at once that there is none.
func namesFromFile(order []byte) []byte {
	var lines []string
	for line := range strings.Lines(string(order)) {
		if database, _, _ := strings.Cut(line, ":"); strings.TrimSpace(database) != "hosts" {
			lines = append(lines, strings.TrimRight(line, "\n"))
		}
	}
	return []byte(strings.Join(append(lines, "hosts: files", ""), "\n"))
}
