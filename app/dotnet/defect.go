package dotnet

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Defect is a known mistake in the application's code.
type Defect struct {
	// ID is stable, such as "base-address-in-method".
	ID string
	Position
	What   string // what is wrong and what comes of it; a sentence without full stop
	Remedy string // what to write instead; a sentence without full stop
}

// The defects that are looked for.
const (
	// BaseAddressInMethod: a shared HttpClient gets its BaseAddress in a method.
	BaseAddressInMethod = "base-address-in-method"
	// UploadResultIgnored: an upload that fails looks like one that succeeds.
	UploadResultIgnored = "upload-result-ignored"
	// DataTypeHardCoded: every file is sent as one data type.
	DataTypeHardCoded = "data-type-hard-coded"
	// MalformedTestHost: a host name of the test environment lacks its end.
	MalformedTestHost = "malformed-test-host"
	// HandoverInTaskEnd: the new instance is created while a task ends.
	HandoverInTaskEnd = "handover-in-task-end"
	// CreateEndpointWithAttachments: an instance is created by the simplified
	// endpoint and its attachments follow one by one.
	CreateEndpointWithAttachments = "create-endpoint-with-attachments"
	// SettingsReadBeforeVault: a client's settings are copied before the vault is
	// there.
	SettingsReadBeforeVault = "settings-read-before-vault"
	// RemovedInGeneration9: what generation 9 of Altinn's library no longer has.
	RemovedInGeneration9 = "removed-in-generation-9"
)

// GuideDefects returns the mistakes of Altinn's guide to multi-app solutions
// that the code has, in order of file and line. A mistake is reported only where
// it is plain to see; that none is reported proves nothing.
func (c *Code) GuideDefects() []Defect {
	f := &finder{code: c}
	for _, s := range c.files {
		f.baseAddresses(s)
		f.uploads(s)
		f.hosts(s)
		if c.Generation() == Generation9 {
			f.removed(s)
		}
	}
	f.handovers()
	f.earlySettings()
	slices.SortStableFunc(f.found, func(a, b Defect) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.ID, b.ID))
	})
	return f.found
}

type finder struct {
	code  *Code
	found []Defect
}

func (f *finder) add(id string, at Position, what, remedy string) {
	f.found = append(f.found, Defect{ID: id, Position: at, What: what, Remedy: remedy})
}

// baseAddresses finds "_client.BaseAddress = …" in methods. HttpClient takes no
// new base address once it has sent a request.
func (f *finder) baseAddresses(s *source) {
	for i := range s.tokens {
		if !s.is(i, "BaseAddress") || !s.is(i-1, ".") || !s.is(i+1, "=") || s.is(i+2, "=") || !s.isWord(i-2) {
			continue
		}
		method, class := s.enclosing(i), s.enclosingType(i)
		if method == nil || class == nil || method.name == class.name {
			continue // a constructor sets it once
		}
		name := s.tokens[i-2].value
		if s.declaredIn(name, method.parameters) || s.declaredIn(name, [2]int{method.body[0], i - 2}) || s.lambdaParameter(name, i) || !s.isField(name, class) {
			continue
		}
		f.add(BaseAddressInMethod, s.position(i),
			fmt.Sprintf("%s sets %s.BaseAddress each time it is called, which throws InvalidOperationException once the client has sent a request, so the second instance or the first attachment fails", method.name, name),
			"set BaseAddress once, where the client is registered or in the constructor, or give each request its whole address")
	}
}

// declaredIn reports whether a range declares a name as parameter or variable.
func (s *source) declaredIn(name string, within [2]int) bool {
	return among(s.index.declared[name], within[0], within[1])
}

// lambdaParameter reports whether a lambda expression around the token at i has
// a parameter of the name.
func (s *source) lambdaParameter(name string, i int) bool {
	lambdas := s.index.lambdas[name]
	before, _ := slices.BinarySearchFunc(lambdas, i, func(l span, i int) int { return cmp.Compare(l.at, i) })
	return before > 0 && lambdas[before-1].reach > i
}

// isField reports whether a type declares a name outside of its functions, or as
// a parameter of its own.
func (s *source) isField(name string, t *typeDeclaration) bool {
	return among(s.index.fields[name], t.header[0], t.body[1])
}

var dataTypeInAddress = regexp.MustCompile(`/data\?(?:[^"]*&)?dataType=([A-Za-z0-9_.-]+)`)

// isUpload reports whether a text is the address that a file is sent to.
func isUpload(t token) bool {
	return t.kind == text && strings.Contains(t.value, "/data?") && strings.Contains(t.value, "dataType=")
}

// senders are the methods of HttpClient that send a file or a form.
var senders = []string{"PostAsync", "SendAsync", "PutAsync", "PostAsJsonAsync"}

// sends reports whether a function sends a request.
func (s *source) sends(f *function) bool { return among(s.index.sends, f.body[0], f.body[1]) }

func (f *finder) uploads(s *source) {
	answered := s.answersUsed()
	for i, t := range s.tokens {
		method := s.enclosing(i)
		if !isUpload(t) || method == nil || !s.sends(method) {
			continue
		}
		if match := dataTypeInAddress.FindStringSubmatch(t.value); match != nil {
			f.add(DataTypeHardCoded, s.position(i),
				fmt.Sprintf("%s sends every file as the data type %q, which the receiving application refuses unless its metadata has it, with that content type and size", method.name, match[1]),
				"take the data type as a parameter, and give the receiving application one for each kind of file")
		}
		if s.ignoresResult(method, answered) {
			f.add(UploadResultIgnored, s.position(i),
				method.name+" does nothing when the upload is refused, so a file is lost and nobody is told",
				"throw when the answer's status is not a success, as EnsureSuccessStatusCode does")
		}
	}
}

// ignoresResult reports whether it is plain that nothing in a function tells a
// failed request from a successful one: it throws nothing, returns nothing, and
// does no more with an answer than to ask whether it is a success and to read it.
func (s *source) ignoresResult(f *function, answered []answer) bool {
	if !s.is(f.body[0]-1, "{") {
		return false // its value is that of the expression
	}
	if among(s.index.tells, f.body[0], f.body[1]) {
		return false
	}
	first, _ := slices.BinarySearchFunc(answered, f.body[0], func(a answer, at int) int { return cmp.Compare(a.sent, at) })
	return first == len(answered) || answered[first].used >= f.body[1]
}

// answer is a request and where the answer to it is used; of this and all later
// ones, the first such place.
type answer struct{ sent, used int }

// answersUsed tells of each request that is sent, in order, where something is done
// with the answer to it, or to a later one, that comes first.
func (s *source) answersUsed() []answer {
	all := make([]answer, len(s.index.sends))
	used := len(s.tokens) + 1
	for n, i := range slices.Backward(s.index.sends) {
		used = min(used, s.answerUsed(i))
		all[n] = answer{i, used}
	}
	return all
}

// answerUsed returns where the answer to the request that is sent at i is used: behind
// the file when it goes nowhere.
func (s *source) answerUsed(i int) int {
	nowhere := len(s.tokens) + 1
	start, end := s.statementStart(i), s.behind(i+1)
	if s.is(start, "await") && s.is(end, ";") {
		return nowhere
	}
	equals := next(s.index.equals, start)
	if s.is(start, "await") || equals < 0 || equals > i || !s.isWord(equals-1) || !s.is(equals+1, "await") || !s.is(end, ";") {
		return i
	}
	if at := next(s.index.used[s.tokens[equals-1].value], end); at >= 0 {
		return at
	}
	return nowhere
}

var testHost = regexp.MustCompile(`(?:apps|platform)\.(?:tt02|at2[1-4]|yt01)(?:[/:"]|$)`)

func (f *finder) hosts(s *source) {
	for i, t := range s.tokens {
		if t.kind == text && testHost.MatchString(t.value) {
			f.add(MalformedTestHost, s.position(i),
				fmt.Sprintf("%q is no address, for the hosts of the test environments end in altinn.no", t.value),
				"write .tt02.altinn.no, or better use GeneralSettings:HostName, which is right in each environment")
		}
	}
}

// replacements say what generation 9 has instead.
var replacements = []struct{ name, behind, remedy string }{
	{"IProcessTaskEnd", "", "implement IOnTaskEndingHandler, or better a service task, whose step has an id that stays the same when it is tried again"},
	{"IProcessTaskStart", "", "implement IOnTaskStartingHandler"},
	{"IProcessTaskAbandon", "", "implement IOnTaskAbandonHandler"},
	{"PlatformHttpException", "CreateAsync", "call PlatformHttpException.Create"},
	{"ConfigureMaskinportenClient", "", "remove the call: Altinn provides the application's client; for another identity use the package " + PackageClientLibrary},
	{"UseMaskinportenAuthorisation", "", "call UseMaskinportenAuthorization"},
	{"UseMaskinportenAltinnAuthorisation", "", "call UseMaskinportenAltinnAuthorization"},
}

func (f *finder) removed(s *source) {
	for i := range s.tokens {
		for _, r := range replacements {
			if !s.is(i, r.name) || r.behind != "" && (!s.is(i+1, ".") || !s.is(i+2, r.behind)) || s.declares(i) {
				continue
			}
			name := r.name
			if r.behind != "" {
				name += "." + r.behind
			}
			f.add(RemovedInGeneration9, s.position(i), "generation 9 of Altinn's library has no "+name+", so this does not compile", r.remedy)
		}
	}
}

func (f *finder) earlySettings() {
	for _, r := range f.code.Registrations {
		if r.BeforeVault {
			f.add(SettingsReadBeforeVault, r.Position,
				fmt.Sprintf("%s gets a copy of the section %s that is made before the program adds the vault, so the client has neither its client id nor its key", r.Method, r.Section),
				"give it the section itself, GetSection without Get or Bind, which is read when the client is first used")
		}
	}
}
