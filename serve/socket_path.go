package serve

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
)

// maxSocketPath is how long the path of a socket may be, in bytes. Linux takes
// 107 and macOS 103 (unix(7), sun_path).
const maxSocketPath = 100

// SocketPath returns where the service of a journal has its local socket: in a
// folder of its own beside the journal, or, when that path is too long for a
// socket's address, in the user's cache folder. It depends on the journal's path
// as it is given and on the user, so commands find the service when they run as
// the same user and name the same file.
func SocketPath(journal string) string {
	if absolute, err := filepath.Abs(journal); err == nil {
		journal = absolute
	}
	beside := filepath.Join(journal+".run", "socket")
	if len(beside) <= maxSocketPath {
		return beside
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return beside
	}
	name := sha256.Sum256([]byte(journal))
	short := filepath.Join(cache, "stafett", hex.EncodeToString(name[:8]), "socket")
	if len(short) > maxSocketPath {
		return beside // to listen there fails, and says why
	}
	return short
}
