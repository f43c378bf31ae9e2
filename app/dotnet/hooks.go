package dotnet

import "slices"

// Hook is a class by which an application takes part in what its library does, or
// does something beside it.
type Hook struct {
	Class string
	// Interface is the library's or the framework's, such as "IProcessTaskEnd". A
	// class that has two is two hooks.
	Interface string
	Position  // of the class
}

// hookInterfaces are what the library of any generation asks an application's
// classes for (docs.altinn.studio, custom code; Altinn.App.Core, Features), and
// what ASP.NET itself runs: end points and background work of the application's own.
var hookInterfaces = []string{
	"IProcessTaskStart", "IProcessTaskEnd", "IProcessTaskAbandon", "IProcessEnd", "IProcessExclusiveGateway",
	"IOnTaskStartingHandler", "IOnTaskEndingHandler", "IOnTaskAbandonHandler", "IOnProcessEndingHandler",
	"IServiceTask", "IPipelineServiceTask",
	"IInstantiationProcessor", "IInstantiationValidator", "IStatelessDataPrefill",
	"IDataProcessor", "IDataWriteProcessor",
	"IValidator", "IInstanceValidator", "ITaskValidator", "IFormDataValidator", "GenericFormDataValidator", "IDataElementValidator",
	"IFileAnalyser", "IFileValidator",
	"IUserAction", "IUserActionAuthorizer", "IEventHandler",
	"IAppOptionsProvider", "IInstanceAppOptionsProvider", "IDataListProvider", "IInstanceDataListProvider", "IExternalApiClient",
	"IPageOrder", "IPdfFormatter", "ICustomPdfHandler", "ICustomTextsProvider",
	"IOrderDetailsCalculator", "IPaymentProcessor", "ISigneeProvider",
	"IEFormidlingMetadata", "IEFormidlingReceivers", "IFiksArkivPayloadGenerator", "IFiksArkivMessageHandler",
	"IAltinnApp", "AppBase", // generation 6: one class for all of it
	"ControllerBase", "Controller", "BackgroundService", "IHostedService",
}

// Hooks returns the classes that take part in what the library does, in order of
// file and line. A class that inherits from another of the application's own counts
// as what that one is; abstract classes and interfaces are left out. Whether the
// application registers a class is not looked at.
func (c *Code) Hooks() []Hook {
	bases := map[string][]string{}
	for _, s := range c.files {
		for _, t := range s.types {
			bases[t.name] = append(bases[t.name], t.bases...) // a class may be written in several parts
		}
	}
	var hooks []Hook
	search := hookSearch{bases: bases, left: maxBases}
	for _, s := range c.files {
		for _, t := range s.types {
			at := t.header[0] - 1 // the name
			if s.is(at-1, "interface") || s.isAbstract(at-1) {
				continue
			}
			for _, name := range search.among(t.bases, make(map[string]bool)) {
				hooks = append(hooks, Hook{Class: t.name, Interface: name, Position: s.position(at)})
			}
		}
	}
	return hooks
}

// maxBases bounds how many bases of classes are looked at. Classes that each inherit
// from the next would take their number squared otherwise.
const maxBases = 1_000_000

type hookSearch struct {
	bases map[string][]string // of each class
	left  int                 // how many may still be looked at
}

// among returns which of the names are hook interfaces, or classes of the
// application's own that have some; each name is looked at once.
func (h *hookSearch) among(names []string, seen map[string]bool) []string {
	var found []string
	for _, name := range names {
		if h.left--; h.left < 0 {
			return found
		}
		switch {
		case seen[name]:
		case slices.Contains(hookInterfaces, name):
			seen[name] = true
			found = append(found, name)
		default:
			seen[name] = true
			found = append(found, h.among(h.bases[name], seen)...)
		}
	}
	return found
}

// isAbstract reports whether the class whose keyword is at i is abstract.
func (s *source) isAbstract(i int) bool {
	for i--; s.is(i, "abstract", "public", "internal", "partial", "private", "protected", "file", "unsafe", "record"); i-- {
		if s.is(i, "abstract") {
			return true
		}
	}
	return false
}
