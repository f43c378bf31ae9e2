package isolate

import (
	"errors"
	"io/fs"
	"strings"

	"golang.org/x/sys/unix"
)

// permission names the setting of the system, below root, that does not permit
// what failed; empty if it failed for another reason.
func permission(root fs.FS, err error) string {
	isRefusal := false
	for _, number := range []unix.Errno{unix.EPERM, unix.EACCES, unix.ENOSPC, unix.EUSERS, unix.EINVAL, unix.ENOSYS} {
		isRefusal = isRefusal || errors.Is(err, number)
	}
	if !isRefusal {
		return ""
	}
	for _, setting := range []struct{ path, forbids, remedy string }{
		{"proc/sys/user/max_user_namespaces", "0", "this system allows no user namespaces; as root: sysctl user.max_user_namespaces=15000"},
		{"proc/sys/user/max_net_namespaces", "0", "this system allows no network namespaces; as root: sysctl user.max_net_namespaces=15000"},
		{"proc/sys/user/max_mnt_namespaces", "0", "this system allows no mount namespaces; as root: sysctl user.max_mnt_namespaces=15000"},
		{"proc/sys/kernel/unprivileged_userns_clone", "0", "this system allows user namespaces to root only; as root: sysctl kernel.unprivileged_userns_clone=1"},
		{"proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor keeps user namespaces without rights here; as root: sysctl kernel.apparmor_restrict_unprivileged_userns=0, or give this program a profile with \"userns,\""},
	} {
		content, err := fs.ReadFile(root, setting.path)
		if err == nil && strings.TrimSpace(string(content)) == setting.forbids {
			return setting.remedy
		}
	}
	return "the system does not permit user namespaces; in a container, start that with --security-opt seccomp=unconfined, or a profile that allows unshare, clone and mount"
}
