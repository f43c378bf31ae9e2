package jwk_test

import (
	"encoding/json"
	"fmt"
	"log"
	"maps"
	"slices"

	"github.com/stafett/stafett/jwk"
)

// What is posted to Samarbeidsportalen is the public part, and nothing else can
// get into the set.
func ExampleGenerate() {
	key, err := jwk.Generate("fts-tt02-2026-11-22", jwk.MinimumBits)
	if err != nil {
		log.Fatal(err)
	}
	set, err := json.Marshal(jwk.Set{Keys: []jwk.Public{key.Public()}})
	if err != nil {
		log.Fatal(err)
	}
	var posted struct{ Keys []map[string]string }
	if err := json.Unmarshal(set, &posted); err != nil {
		log.Fatal(err)
	}
	fmt.Println("members:", slices.Sorted(maps.Keys(posted.Keys[0])))
	fmt.Println("kid:    ", posted.Keys[0]["kid"])
	// Output:
	// members: [alg e kid kty n use]
	// kid:     fts-tt02-2026-11-22
}

// A key goes to a vault in the form that Altinn's libraries read, and prints in
// no form at all.
func ExampleKey_Encoded() {
	key, err := jwk.Generate("fts-tt02-2026-11-22", jwk.MinimumBits)
	if err != nil {
		log.Fatal(err)
	}
	encoded := key.Encoded() // Reveal gives the text that the vault is to hold
	fmt.Printf("%v %+v %s\n", key, *key, encoded)

	read, err := jwk.ParseEncoded(encoded)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(read.KeyID(), read.PrivateKey().Equal(key.PrivateKey()))
	// Output:
	// [redacted] [redacted] [redacted]
	// fts-tt02-2026-11-22 true
}

// A key that Altinn could not read says what is wrong with it, without showing it.
func ExampleParseEncoded_problem() {
	key, err := jwk.Generate("fts-tt02-2026-11-22", jwk.MinimumBits)
	if err != nil {
		log.Fatal(err)
	}
	_, err = jwk.ParseEncoded(key.JSON()) // forgot the base64 around it
	fmt.Println(err)
	// Output:
	// read key: the value is JSON, where base64 of it is wanted
}
