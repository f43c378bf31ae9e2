package front

import (
	"crypto/sha1" //nolint:gosec // the format demands it, and nothing depends on its strength
	"encoding/binary"
	"time"
	"unicode/utf16"
)

// TrustStorePassword opens what [Authority.TrustStore] returns. It is no secret:
// Java's own trust store has the same.
const TrustStorePassword = "changeit"

// TrustStore returns the authority's certificate as a Java key store (type JKS),
// for programs that cannot read PEM. It holds no key.
//
// The format is that of sun.security.provider.JavaKeyStore in OpenJDK: a header,
// one trusted certificate, and a keyed SHA-1 digest of it all.
func (a *Authority) TrustStore() []byte {
	const magic, version, entries, trusted = 0xfeedfeed, 2, 1, 2
	text := func(b []byte, s string) []byte {
		return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...) //nolint:gosec // the two texts have a few bytes
	}
	var store []byte
	for _, word := range []uint32{magic, version, entries, trusted} {
		store = binary.BigEndian.AppendUint32(store, word)
	}
	store = text(store, "stafett local platform")
	store = binary.BigEndian.AppendUint64(store, milliseconds(a.certificate.NotBefore))
	store = text(store, "X.509")
	store = binary.BigEndian.AppendUint32(store, uint32(len(a.certificate.Raw))) //nolint:gosec // a few hundred bytes
	store = append(store, a.certificate.Raw...)

	digest := sha1.New() //nolint:gosec // the format has no other digest
	for _, unit := range utf16.Encode([]rune(TrustStorePassword)) {
		_ = binary.Write(digest, binary.BigEndian, unit)
	}
	digest.Write([]byte("Mighty Aphrodite"))
	digest.Write(store)
	return digest.Sum(store)
}

func milliseconds(t time.Time) uint64 { return uint64(max(t.UnixMilli(), 0)) }
