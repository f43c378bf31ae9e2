//go:build !race

package soak_test

// raceFlags make a build share what the tests have had compiled.
var raceFlags []string
