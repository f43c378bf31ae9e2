// Package rotate replaces the key of an integration while it is in use, and
// renews it, without a request that fails.
//
// [Read] reads the vault and the registered keys; [NewRotation] and [NewRenewal]
// compute from that alone, without any I/O, what is to be done; [Apply] does it.
// There is no file of its own in which a rotation remembers how far it has come:
// the secrets, their tags and the key set say it, so that any machine can go on
// where another was stopped.
//
// # The order of a rotation
//
//  1. A new key is made and stored in a secret of its own, stafett--next--<section>.
//     It is safe there before anything refers to it, and no application reads it:
//     to .NET it is the setting stafett:next:<section>, which nothing asks for.
//  2. Its public part is added to the key set, beside the one in use. Digdir's API
//     replaces whole sets, so the set is read, extended and sent back.
//  3. Maskinporten is asked for a token with it, until it gives one.
//  4. It becomes the new version of the section's secrets. Whoever reads them from
//     now on signs with the new key; whoever has read them before signs with the old
//     one; both are registered.
//  5. Whoever reads the secrets must have read them again: after an interval where
//     they are read again by themselves, and when somebody says so where they are
//     read at the start of a process only. Until then [Apply] returns an [*AwaitError].
//  6. The old key, and no other, is taken out of the key set.
//
// A crash or a refusal between any two of these leaves both keys working for those
// who have them, and planning again goes on from there.
//
// # Renewal
//
// Digdir keeps a key for a year from when it was posted, and posting it again
// renews it (docs.digdir.no, "Feilsøking": MP-121). Nothing has to be deployed for
// that. Whether it moved the key's end is read back, and told when it did not.
package rotate
