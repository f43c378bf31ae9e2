// Package browsertest gives tests a real browser of their own: Chromium without a
// window, with a profile that nobody has used, gone when the test ends. Without
// Chromium a test that asks for one is skipped and says so.
//
// A test does with a page what a person does, and finds things as a person who hears
// the page would: by what they are and what they are called, which is what Chromium
// tells a screen reader. So a button that nobody can find fails the test.
//
// While a page is used, all that goes wrong behind it is noted, and fails the test
// when it ends: scripts that fail, what the content security policy stops, what is
// not found, and every request to a host that the test has not opened.
package browsertest
