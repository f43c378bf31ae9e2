package dotnet

import (
	"regexp"
	"strings"
)

var createAddress = regexp.MustCompile(`/instances(?:/create)?(?:\?|$)`)

// handovers finds where instances of another application are created.
func (f *finder) handovers() {
	creators := f.creators()
	uploads := false
	for _, s := range f.code.files {
		for i, t := range s.tokens {
			if method := s.enclosing(i); isUpload(t) && method != nil && s.sends(method) {
				uploads = true
			}
		}
	}
	for _, s := range f.code.files {
		for i, t := range s.tokens {
			method := s.enclosing(i)
			if uploads && t.kind == text && strings.Contains(t.value, "/instances/create") && method != nil && s.sends(method) {
				f.add(CreateEndpointWithAttachments, s.position(i),
					"instances/create takes neither attachments nor a mark of the form that the instance is made for, so a handover that is interrupted leaves an instance without its files, and a second try makes a second instance",
					"post a multipart request to /instances, with the instance, its data and its files in one, or leave the handover to stafett serve")
			}
		}
		f.taskEnds(s, creators)
	}
}

// creators returns the names of the functions that create an instance, and of
// those that call them. A name that other functions have too tells nothing.
func (f *finder) creators() map[string]bool {
	var creators map[string]bool
	for range 3 { // three levels of calls
		all := map[string]bool{}
		for _, s := range f.code.files {
			calls := s.callsOf(creators)
			for n := range s.functions {
				method := &s.functions[n]
				others, seen := all[method.name]
				all[method.name] = (others || !seen) && (s.creates(method) || among(calls, method.body[0], method.body[1]))
			}
		}
		creators = all
	}
	return creators
}

// creates reports whether a function posts to the address that makes instances.
func (s *source) creates(f *function) bool {
	return s.sends(f) && among(s.index.creates, f.body[0], f.body[1])
}

// callsOf returns the calls of functions by some names, in order.
func (s *source) callsOf(names map[string]bool) []int {
	var calls []int
	for i := range s.tokens {
		if s.isWord(i) && names[s.tokens[i].value] && s.is(i+1, "(") && !s.declares(i) {
			calls = append(calls, i)
		}
	}
	return calls
}

// taskEnds finds hooks of the end of a task that create an instance.
func (f *finder) taskEnds(s *source, creators map[string]bool) {
	var creating []int
	for i := range s.tokens {
		method := s.enclosing(i)
		if method == nil || !s.isWord(i) || !s.is(i+1, "(") || s.declares(i) {
			continue
		}
		if creators[s.tokens[i].value] || s.is(i, "PostAsync", "SendAsync") && s.creates(method) {
			creating = append(creating, i)
		}
	}
	for n := range s.types {
		t := &s.types[n]
		hook := ""
		for _, base := range t.bases {
			if base == "IProcessTaskEnd" || base == "IOnTaskEndingHandler" {
				hook = base
			}
		}
		if i := next(creating, t.body[0]); hook != "" && i >= 0 && i < t.body[1] {
			f.add(HandoverInTaskEnd, s.position(i),
				t.name+" ("+hook+") creates an instance while the citizen waits: when it fails, the form is not sent in, and when the step is tried again, a second instance is made",
				"let the form be sent in first and hand it over afterwards, as stafett serve does from the event that the process has ended")
		}
	}
}
