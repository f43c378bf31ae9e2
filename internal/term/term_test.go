package term

import (
	"bytes"
	"runtime"
	"testing"
)

func TestColourIsForTerminals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		environ  []string
		terminal bool
		want     bool
	}{
		{"terminal", nil, true, true},
		{"pipe", nil, false, false},
		{"NO_COLOR", []string{"NO_COLOR=1"}, true, false},
		{"NO_COLOR empty", []string{"NO_COLOR="}, true, true},
		{"NO_COLOR wins", []string{"NO_COLOR=1", "CLICOLOR_FORCE=1"}, true, false},
		{"forced on a pipe", []string{"CLICOLOR_FORCE=1"}, false, true},
		{"not forced", []string{"CLICOLOR_FORCE=0"}, false, false},
		{"dumb", []string{"TERM=dumb"}, true, false},
		{"the last entry counts", []string{"TERM=dumb", "TERM=xterm"}, true, true},
	} {
		if got := wantColour(Lookup(test.environ), test.terminal); got != test.want {
			t.Errorf("%s: %t, want %t", test.name, got, test.want)
		}
	}
}

func TestSymbolsAreForUnicode(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("consoles of Windows take UTF-8 whatever the locale")
	}
	for _, test := range []struct {
		environ []string
		want    bool
	}{
		{[]string{"LANG=nb_NO.UTF-8"}, true},
		{[]string{"LANG=se_NO.utf8"}, true},
		{[]string{"LANG=nn_NO.ISO-8859-1"}, false},
		{[]string{"LANG=nb_NO.UTF-8", "LC_ALL=C"}, false},
		{[]string{"LANG=C", "LC_CTYPE=C.UTF-8"}, true},
		{[]string{"LC_ALL=", "LANG=C.UTF-8"}, true},
		{nil, runtime.GOOS == "darwin"},
	} {
		if got := speaksUnicode(Lookup(test.environ)); got != test.want {
			t.Errorf("%q: %t, want %t", test.environ, got, test.want)
		}
	}
}

// TestMarksSpeakWithoutColour holds meaning to be in the text of a mark.
func TestMarksSpeakWithoutColour(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, mark := range []Mark{OK, Failed, Skipped, Pending, Warned} {
		for _, stream := range []Stream{{}, {unicode: true}} {
			text := stream.Mark(mark)
			if text == "" || seen[text] {
				t.Errorf("mark %d is %q, which says nothing or is another's", mark, text)
			}
			seen[text] = true
			stream.colour = true
			coloured := stream.Mark(mark)
			if coloured == text || !bytes.Contains([]byte(coloured), []byte(text)) {
				t.Errorf("mark %d in colour is %q", mark, coloured)
			}
		}
	}
}

func TestAStreamIsPlainUnlessItIsTold(t *testing.T) {
	t.Parallel()
	var written bytes.Buffer
	stream := Stream{Writer: &written}
	stream.Printf("%s %s %d\n", stream.Bold("bold"), stream.Faint("faint"), 1)
	if got := written.String(); got != "bold faint 1\n" {
		t.Errorf("got %q", got)
	}
}
