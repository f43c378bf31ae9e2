package jwk

// Problem names one way in which the text of a key is wrong. The values are
// stable and may be shown in machine-readable output.
type Problem string

// The ways in which the text of a key can be wrong.
const (
	Empty           Problem = "empty"            // no text at all
	NotBase64       Problem = "not-base64"       // a character that base64 does not have, or padding in the middle
	NotEncoded      Problem = "not-encoded"      // the key's JSON itself, without base64 around it
	URLAlphabet     Problem = "url-alphabet"     // base64url where standard base64 is wanted
	PaddingMissing  Problem = "padding-missing"  // whole, but without the trailing "="
	Truncated       Problem = "truncated"        // the end is missing
	DoublyEncoded   Problem = "doubly-encoded"   // base64 of base64
	ByteOrderMark   Problem = "byte-order-mark"  // the JSON starts with U+FEFF
	UTF16           Problem = "utf-16"           // the JSON is not UTF-8, as when PowerShell encoded it
	PEM             Problem = "pem"              // a PEM file
	KeySet          Problem = "key-set"          // {"keys":[…]}
	KeyArray        Problem = "key-array"        // […]
	NotJWK          Problem = "not-jwk"          // something else
	NotRSA          Problem = "not-rsa"          // a key of another type
	PublicOnly      Problem = "public-only"      // no private member at all
	MissingMembers  Problem = "missing-members"  // some of the twelve members are missing or empty
	DuplicateMember Problem = "duplicate-member" // a member is there twice
	BadMember       Problem = "bad-member"       // a member's value is not of the right kind
	TooShort        Problem = "too-short"        // under MinimumBits
	Arithmetic      Problem = "arithmetic"       // the numbers do not belong together
	TooLong         Problem = "too-long"         // longer than any such key
)

// FormatError says what is wrong with the text of a key. It never holds a part
// of the key.
type FormatError struct {
	Problem Problem
	// Detail is one clause about this very text, such as which members are
	// missing.
	Detail string
	// Members names the JSON members concerned, where there are any.
	Members []string
}

// Error returns "read key: " and the detail.
func (e *FormatError) Error() string { return "read key: " + e.Detail }

// Remedy says what to do about it.
func (e *FormatError) Remedy() string {
	switch e.Problem {
	case PublicOnly:
		return "store the private key, not the one that was registered at Samarbeidsportalen; if it is gone, make a new key"
	case TooShort:
		return "make a new key of at least 2048 bits and register it"
	case URLAlphabet:
		return "encode the key's JSON in standard base64 (+ and /), not base64url (- and _)"
	case PaddingMissing:
		return `encode the key's JSON in base64 with its padding, the "=" at the end`
	case NotEncoded:
		return "encode the key's JSON in standard base64"
	case DoublyEncoded:
		return "encode the key's JSON in base64 once, not twice"
	case ByteOrderMark, UTF16:
		return "encode the key's JSON as UTF-8 without a byte order mark, then in standard base64"
	case PEM:
		return "convert the PEM key to a JSON Web Key with a kid, then encode its JSON in standard base64"
	case KeySet, KeyArray:
		return "take the one private key out of the set, and encode it alone"
	case NotBase64, Truncated, DuplicateMember, Arithmetic:
		return "take the value from where it was made and store the whole of it again; if it is gone, make a new key"
	case MissingMembers:
		return "write the key again with all of kty, use, kid, alg, n, e, d, p, q, dp, dq and qi, or make a new key"
	default:
		return "make a new key and register it"
	}
}
