package register_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stafett/stafett/local/register"
)

func TestSyntheticPersonNumbers(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		n := register.SyntheticPersonNumber(r)
		if !register.ValidPersonNumber(n) || !register.IsSyntheticPersonNumber(n) {
			t.Fatalf("%s is not a valid synthetic number", n)
		}
		if month := n[2:4]; month < "81" || month > "92" {
			t.Fatalf("%s: month %s is not raised by 80", n, month)
		}
	}
}

func TestSyntheticOrganisationNumbers(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		if n := register.SyntheticOrganisationNumber(r); !register.ValidOrganisationNumber(n) || n[0] != '3' {
			t.Fatalf("%s is not a valid number that begins with 3", n)
		}
	}
}

func TestTheSameSourceGivesTheSameNumbers(t *testing.T) {
	t.Parallel()
	a := register.SyntheticPersonNumber(rand.New(rand.NewPCG(7, 7)))
	if b := register.SyntheticPersonNumber(rand.New(rand.NewPCG(7, 7))); a != b {
		t.Errorf("%s and %s", a, b)
	}
}

// TestOneChangedDigitIsNoticed holds for every single digit, which is what the
// two modulo 11 digits promise.
func TestOneChangedDigitIsNoticed(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	person, org := register.SyntheticPersonNumber(r), register.SyntheticOrganisationNumber(r)
	for at := range person {
		for d := byte('0'); d <= '9'; d++ {
			changed := []byte(person)
			changed[at] = d
			if d != person[at] && register.ValidPersonNumber(string(changed)) {
				t.Errorf("person number with digit %d changed to %c is valid", at, d)
			}
		}
	}
	for at := range org {
		for d := byte('0'); d <= '9'; d++ {
			changed := []byte(org)
			changed[at] = d
			if d != org[at] && register.ValidOrganisationNumber(string(changed)) {
				t.Errorf("organisation number with digit %d changed to %c is valid", at, d)
			}
		}
	}
}

func TestValidNumbers(t *testing.T) {
	t.Parallel()
	for n, want := range map[string]bool{
		"313547264": true, "312008459": true, // the examples' organisations
		"313547265": false, "31354726": false, "3135472640": false, "31354726a": false, "": false,
	} {
		if got := register.ValidOrganisationNumber(n); got != want {
			t.Errorf("organisation number %q: %v, want %v", n, got, want)
		}
	}
	for _, n := range []string{"", "1", "abcdefghijk", "00000000000", "99999999999", "1234567890", "123456789012"} {
		if register.ValidPersonNumber(n) {
			t.Errorf("person number %q is valid", n)
		}
	}
}

func FuzzValidators(f *testing.F) {
	f.Add("313547264")
	f.Add("00000000000")
	f.Add("ÆØÅÆØ1")
	f.Fuzz(func(t *testing.T, n string) {
		if register.ValidPersonNumber(n) && len(n) != 11 {
			t.Errorf("person number %q has %d digits", n, len(n))
		}
		if register.ValidOrganisationNumber(n) && len(n) != 9 {
			t.Errorf("organisation number %q has %d digits", n, len(n))
		}
		if register.IsSyntheticPersonNumber(n) && !register.ValidPersonNumber(n) {
			t.Errorf("%q is synthetic but not valid", n)
		}
	})
}
