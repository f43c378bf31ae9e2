package project_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stafett/stafett/project"
)

// TestMemberFaults changes or appends to the only handover of a good file.
func TestMemberFaults(t *testing.T) {
	t.Parallel()
	const recipient = `recipient: {organisationNumber: "313547264"}`
	cases := []struct {
		name, old, new string
		want           []string
	}{
		{"no since", "    since: 2026-01-01\n", "", []string{`9:5: a handover lacks "since"`}},
		{"since in words", "since: 2026-01-01", "since: i fjor", []string{"13:12: since: want a date such as 2026-01-01"}},
		{"since on a day that is not", "since: 2026-01-01", "since: 2026-02-30", []string{"since: want a date"}},
		{"since without a zone", "since: 2026-01-01", "since: 2026-01-01T12:00:00", []string{"or a time such as 2026-01-01T12:00:00+01:00"}},
		{"since as a list", "since: 2026-01-01", "since: []", []string{"since must be a date or a time, not a list"}},
		{"adopts itself", recipient, recipient + "\n    adopts: [en]", []string{"9:5: adopts: en is the id that it has now"}},
		{"adopts twice", recipient, recipient + "\n    adopts: [a, a]", []string{"13:17: adopts: a is there already"}},
		{"adopts another's id", "handovers:\n", "handovers:\n  - {id: to, adopts: [en], from: fts/a, to: fts/b, since: 2026-01-01, recipient: source}\n",
			[]string{`10:5: the handover in line 9 has the id "en" already`}},
		{"identity number as a recipient", recipient, `recipient: {personNumber: "01819012345"}`, []string{"12:17: recipient: a person cannot be named by identity number, because the journal holds none; use partyId, or source"}},
		{"recipient as a word", recipient, "recipient: owner", []string{"recipient: write {organisationNumber: …}, {partyId: …} or source"}},
		{"recipient without a mapping", recipient, `recipient: "313547264"`, []string{"write {organisationNumber: …}"}},
		{"no recipients", recipient, "recipient: []", []string{"recipient is an empty list"}},
		{"the same recipient", recipient, "recipient: [{partyId: 1}, {partyId: 2}, {partyId: 1}]", []string{"12:45: recipient: this one is in line 12 already"}},
		{"recipient's field", recipient, "recipient: {partyId: {feild: A}}", []string{`recipient.partyId has no "feild"; did you mean "field"?`, `recipient.partyId lacks "field"`}},
		{"recipient's path", recipient, "recipient: {partyId: {field: 'A b'}}", []string{`recipient.partyId.field: "A b" is not the path of a field`}},
		{"recipient's expression", recipient, "recipient: {partyId: [eqauls, 1, 1]}", []string{"12:26: recipient.partyId: "}},
		{"period", recipient, recipient + "\n    visibleAfter: 14 dagar", []string{"13:19: visibleAfter: want a duration of ISO 8601 in whole numbers, such as P14D"}},
		{"no period", recipient, recipient + "\n    dueBefore: P0D", []string{"dueBefore: it is no time at all"}},
		{"long period", recipient, recipient + "\n    dueBefore: P101Y", []string{"dueBefore: it is longer than 100 years"}},
		{"due before it is seen", recipient, recipient + "\n    visibleAfter: P1M\n    dueBefore: P27D", []string{"dueBefore comes before the owner sees the instance"}},
		{"confirm in words", recipient, recipient + "\n    confirm: ja", []string{"confirm must be true or false, not text"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(minimal, c.old, c.new, 1)
			if text == minimal {
				t.Fatalf("the file has no %q", c.old)
			}
			checkFaults(t, text, c.want)
		})
	}
}

// TestAttachmentFaults adds a member to the only attachment of a good file.
func TestAttachmentFaults(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, text string
		want       []string
	}{
		{"placeholder", "rename: '{nmae}{ext}'", []string{"14:44: rename: there is no {nmae}; did you mean {name}?"}},
		{"placeholder far from any", "rename: '{organisasjon}{ext}'", []string{"there is no {organisasjon}; there are {name}, {ext}, {n}, {reference}, {type}"}},
		{"brace", "rename: 'a}{ext}'", []string{"a brace stands alone"}},
		{"no extension", "rename: 'kart-{n}.pdf'", []string{"end it with {ext}"}},
		{"two extensions", "rename: '{ext}{ext}'", []string{"end it with {ext}"}},
		{"extension only", "rename: '{ext}'", []string{"a file needs a name"}},
		{"folder", "rename: 'kart/{n}{ext}'", []string{"a file's name has none of"}},
		{"empty filter", "only: {}", []string{"14:42: only is empty; it needs contentType, name or maxSize"}},
		{"unknown filter", "only: {size: 1MB}", []string{`only has no "size"`}},
		{"content type", "only: {contentType: pdf}", []string{`only.contentType: "pdf" is no content type; one is such as application/pdf`}},
		{"content type twice", "only: {contentType: [image/png, Image/PNG]}", []string{"image/png is there already"}},
		{"no content type", "only: {contentType: []}", []string{"no file would be carried"}},
		{"pattern", "only: {name: '[a'}", []string{`only.name: "[a" is no pattern`}},
		{"size without a unit", "only: {maxSize: 10}", []string{"only.maxSize: want a size with its unit, such as 500kB, 10MB or 10MiB"}},
		{"no size", "only: {maxSize: 0MB}", []string{"no file is that small"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkFaults(t, minimal+"    attachments: [{from: a, to: b, "+c.text+"}]\n", c.want)
		})
	}
}

// TestServiceFaults appends to a good file.
func TestServiceFaults(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, text string
		want       []string
	}{
		{"unknown name", "service: {sweepEvrey: 1m}", []string{`14:11: service has no "sweepEvrey"; did you mean "sweepEvery"?`}},
		{"address without a port", "service: {listen: localhost}", []string{"14:19: service.listen: want host:port"}},
		{"port that is none", "service: {listen: 'localhost:70000'}", []string{"want host:port"}},
		{"host that is none", "service: {listen: 'http://x:80'}", []string{"want host:port"}},
		{"address of IPv6 without brackets", "service: {listen: '::1:80'}", []string{"want host:port"}},
		{"interval in words", "service: {sweepEvery: often}", []string{"service.sweepEvery: want a length of time, such as 90s, 5m, PT5M or P90D"}},
		{"interval of a month", "service: {keepDetail: P3M}", []string{"want a length of time"}},
		{"interval too short", "service: {sweepEvery: 10ms}", []string{"service.sweepEvery: it must be 1s at least"}},
		{"detail kept too short", "service: {keepDetail: 0s}", []string{"service.keepDetail: it must be 24h0m0s at least"}},
		{"no concurrency", "service: {concurrency: 0}", []string{"service.concurrency must be a number from 1 to 1000"}},
		{"callers without a scope", "service: {callers: {organisations: [313547264]}}", []string{`service.callers lacks "scope"`}},
		{"everybody's scope", "service: {callers: {scope: 'altinn:serviceowner/instances.write', organisations: [313547264]}}", []string{"is held by all organisations at Altinn; use a scope of your own"}},
		{"caller twice", "service: {callers: {scope: 'a:b', organisations: [313547264, '313547264']}}", []string{"service.callers.organisations: 313547264 is there already"}},
		{"no callers", "service: {callers: {scope: 'a:b', organisations: []}}", []string{"service.callers.organisations is empty"}},
		{"events over http", "service: {events: {address: 'http://x.example', secret: a}}", []string{"service.events.address: want an https address"}},
		{"events' address with a query", "service: {events: {address: 'https://x.example/?a=b', secret: a}}", []string{"want an https address"}},
		{"the secret itself", "service: {events: {address: 'https://x.example', secret: 'h3mm/lig='}}", []string{"service.events.secret: want the name of a secret in the vault"}},
		{"test by a field", "test: {recipient: {partyId: {field: A}}}", []string{"14:19: test.recipient must be the same for every form"}},
		{"test of the source", "test: {recipient: source}", []string{"test.recipient must be the same for every form"}},
		{"test with an identity number", "test: {recipient: {personNumber: '01819012345'}}", []string{"test.recipient: a person cannot be named by identity number"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkFaults(t, minimal+c.text+"\n", c.want)
			if _, err := project.Parse("stafett.yaml", []byte(minimal+c.text+"\n")); strings.Contains(err.Error(), "h3mm") || strings.Contains(err.Error(), "01819012345") {
				t.Errorf("the fault repeats what may be secret: %v", err)
			}
		})
	}
	t.Run("no test mode in prod", func(t *testing.T) {
		t.Parallel()
		checkFaults(t, strings.Replace(minimal, "tt02\n", "prod\n", 1)+"test: {recipient: {partyId: 1}}\n", []string{"14:7: test is for tt02; there is no test mode in prod"})
	})
	for _, listen := range []string{":8443", "0.0.0.0:80", "'[::1]:8080'", "stafett.fts.example:443", "localhost:0", "none"} {
		t.Run(listen, func(t *testing.T) {
			t.Parallel()
			if _, err := project.Parse("stafett.yaml", []byte(minimal+"service:\n  listen: "+listen+"\n")); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestMembersAreDocumented asks the reader for all members that it knows.
func TestMembersAreDocumented(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile(filepath.Join("..", "docs", "definitions.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"    zzzzzzzzzz: 1\n", "    attachments: [{from: a, to: b, zzzzzzzzzz: 1}]\n", "    attachments: [{from: a, to: b, only: {zzzzzzzzzz: 1}}]\n",
		"    prefill: {A: {zzzzzzzzzz: 1}}\n", "service: {zzzzzzzzzz: 1}\n", "service: {callers: {scope: 'a:b', organisations: [313547264], zzzzzzzzzz: 1}}\n",
		"service: {events: {address: 'https://a.example', secret: a, zzzzzzzzzz: 1}}\n", "test: {recipient: {partyId: 1}, zzzzzzzzzz: 1}\n",
	} {
		_, err := project.Parse("stafett.yaml", []byte(minimal+text))
		_, names, ok := strings.Cut(fmt.Sprint(err), "; it may have ")
		if !ok {
			t.Errorf("%s: got %v", text, err)
		}
		for _, name := range strings.Split(names, ", ") {
			if !regexp.MustCompile("`[^`]*\\b" + name + "\\b[^`]*`").Match(document) {
				t.Errorf("docs/definitions.md does not tell of %q", name)
			}
		}
	}
}
