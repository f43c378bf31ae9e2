package keys

// ContentType is what the vault shows a key's secret as.
const ContentType = "application/jwk+json;base64"

// The tags of a secret that holds a key say who has made it and which key it is,
// so that whoever may only list the vault can tell.
const (
	TagMadeBy     = "made-by"
	TagKeyID      = "kid"
	TagThumbprint = "thumbprint" // RFC 7638
)

// MadeBy is the value of [TagMadeBy].
const MadeBy = "stafett"

// Cleared is what takes the place of a key in a secret that a key passes through. It
// is no key. Such a secret is not disabled: an application that has just listed the
// vault and is refused one of its secrets does not start.
const Cleared = "no key is waiting here"

// Tags are those of a secret that holds a key.
func Tags(keyID, thumbprint string) map[string]string {
	return map[string]string{TagMadeBy: MadeBy, TagKeyID: keyID, TagThumbprint: thumbprint}
}
