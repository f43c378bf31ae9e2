package prepare

// Leg is a part of the preparation that one person can do with the rights that
// they have. What the next one needs goes in a file, a [Registration], which
// holds nothing secret.
type Leg string

// The legs, in their order. Each can be run again at any time, and then does what
// is left of it.
const (
	// Whole is all of it, by one who may use both the vault and the portal.
	Whole Leg = ""
	// KeyLeg makes the key, stores it in the vault and writes the file. It needs
	// the vault, and neither the portal nor Maskinporten.
	KeyLeg Leg = "key"
	// PortalLeg registers the integration with the key that the file has, and
	// writes its client id into the file. It needs the portal, by an admin client or
	// a person, and neither the vault nor the applications' folders.
	PortalLeg Leg = "portal"
	// StoreLeg checks that the file is about the vault's key, has Maskinporten give
	// a token, stores the client id in the vault, and fits the files. It needs the
	// vault, and not the portal.
	StoreLeg Leg = "store"
)

// usesVault reports whether the leg reads and writes the vault.
func (l Leg) usesVault() bool { return l != PortalLeg }

// UsesPortal reports whether the leg registers something at Samarbeidsportalen.
func (l Leg) UsesPortal() bool { return l == Whole || l == PortalLeg }

// fits reports whether the leg fits the applications' files.
func (l Leg) fits() bool { return l == Whole || l == StoreLeg }
