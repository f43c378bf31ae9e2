// Package jwk holds the key pair with which an organisation signs for itself at
// Maskinporten: it makes one, writes it as Altinn's libraries read it, and says
// exactly what is wrong with one that they could not read.
//
// The form that settings and vaults hold is called EncodedJwk:
//
//	EncodedJwk = base64(JSON of one private RSA key)
//
// The outer base64 is the standard alphabet with padding (RFC 4648 section 4),
// since .NET's Convert.FromBase64String reads it. The members inside are
// base64url without padding (RFC 7518 section 6.3). The two alphabets, one
// inside the other, are the commonest confusion about this value.
//
// A [Key] is private and prints as "[redacted]" however it is printed. A
// [Public] is what may be shown and sent; it cannot hold a private member, by
// type, and refuses to be decoded from JSON that has one.
//
// [Generate], [Key.Encoded] and [ParseEncoded] are the way of a key through a
// vault ([github.com/stafett/stafett/keyvault.Vault.Set]); [Set] is what
// [github.com/stafett/stafett/selfservice.Client.ReplaceKeys] posts; and
// [github.com/stafett/stafett/maskinporten.New] signs with the Key.
package jwk
