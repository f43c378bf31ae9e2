package portal

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"regexp"
	"strings"

	"github.com/stafett/stafett/local/selfservice"
)

// pasteFault is what is wrong with a pasted key, for the person who did it. It
// quotes nothing of the text.
type pasteFault string

const (
	faultPrivate pasteFault = "Dette er en privat nøkkel. Her skal bare den offentlige nøkkelen inn. " +
		"Den private er nå vist til noen andre: lag et nytt nøkkelpar, og bruk ikke dette."
	faultEmpty       pasteFault = "Lim inn den offentlige nøkkelen."
	faultSet         pasteFault = "Dette er et nøkkelsett (JWKS). Lim inn én nøkkel: bare objektet som står i «keys»."
	faultArray       pasteFault = "Dette er en liste. Lim inn én nøkkel, uten klammene [ og ]."
	faultCertificate pasteFault = "Sertifikater tas ikke imot i den lokale portalen. Lim inn den offentlige nøkkelen."
	faultForm        pasteFault = "Teksten er verken en JWK eller PEM. En JWK begynner med {, PEM med -----BEGIN PUBLIC KEY-----."
	faultMember      pasteFault = "Nøkkelen er ikke en JWK: hvert felt skal være tekst, og exp et helt antall sekunder."
	faultNoKeyID     pasteFault = "Nøkkelen mangler kid, som skiller den fra andre nøkler."
	faultPEM         pasteFault = "PEM-teksten kan ikke leses som én offentlig nøkkel."
	faultRSA         pasteFault = "Nøkkelen er ikke en RSA-nøkkel. Maskinporten tar imot RSA."
)

// privateMember is a member that only private keys have (RFC 7518, sections 6.3.2
// and 6.4.1), also where the JSON around it is cut short.
var privateMember = regexp.MustCompile(`(?i)"(d|p|q|dp|dq|qi|oth|k)"\s*:`)

// readPasted reads a public key as a JWK (RFC 7517), or as PEM of a
// SubjectPublicKeyInfo or an RSAPublicKey (RFC 7468, RFC 8017). A key from PEM
// has no kid. The fault is empty when there is none.
func readPasted(text string) (selfservice.Key, pasteFault) {
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	// The private key of an application's settings is a JWK in base64.
	decoded, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	switch {
	case text == "":
		return selfservice.Key{}, faultEmpty
	case strings.Contains(text, "PRIVATE KEY-----"), privateMember.MatchString(text), err == nil && privateMember.Match(decoded):
		return selfservice.Key{}, faultPrivate
	case strings.HasPrefix(text, "["):
		return selfservice.Key{}, faultArray
	case strings.HasPrefix(text, "{"):
		return readJWK([]byte(text))
	case strings.HasPrefix(text, "-----BEGIN"):
		return readPEM([]byte(text))
	default:
		return selfservice.Key{}, faultForm
	}
}

func readJWK(text []byte) (selfservice.Key, pasteFault) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return selfservice.Key{}, faultForm
	}
	if _, ok := members["keys"]; ok {
		return selfservice.Key{}, faultSet
	}
	if _, ok := members["x5c"]; ok {
		return selfservice.Key{}, faultCertificate
	}
	var key selfservice.Key
	if err := json.Unmarshal(text, &key); err != nil {
		return selfservice.Key{}, faultMember
	}
	if key.KeyID == "" {
		return selfservice.Key{}, faultNoKeyID
	}
	return key, ""
}

func readPEM(text []byte) (selfservice.Key, pasteFault) {
	block, rest := pem.Decode(text)
	if block == nil || len(bytes.TrimSpace(rest)) > 0 {
		return selfservice.Key{}, faultPEM
	}
	var parsed any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		parsed, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		parsed, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		return selfservice.Key{}, faultCertificate
	default:
		return selfservice.Key{}, faultForm
	}
	if err != nil {
		return selfservice.Key{}, faultPEM
	}
	public, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return selfservice.Key{}, faultRSA
	}
	return selfservice.NewKey("", public), ""
}
