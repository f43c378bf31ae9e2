package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stafett/stafett/app/dotnet"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/maskinporten"
)

// settingsChecks are the checks of stage settings. They look at the files and at
// the environment variables; what the vault's secrets change in it is looked at
// when they have been read.
func settingsChecks() []check {
	return []check{
		{
			id: "settings.files", title: "the settings files are such as an application starts with",
			needs: []string{"files.original"}, run: loadSettings,
		},
		{
			id: "settings.names", title: "each settings file is one that a deployed application reads",
			needs: []string{"settings.files"}, run: settingsNames,
		},
		{
			id: "settings.section", title: "the section is there", needs: []string{"settings.files"}, run: readSection,
		},
		{
			id: "settings.environment", title: "the section names the environment of Maskinporten that goes with Altinn's",
			needs: []string{"settings.section"},
			run: func(ctx context.Context, f *facts) findings {
				where := "Environment"
				if f.section.Family == appsettings.BuiltIn {
					where = "Authority"
				}
				return f.unlessInVault(ctx, where, sectionEnvironment(f, f.section))
			},
		},
		{
			id: "settings.scopes", title: "the section asks for the scopes that a handover needs", docs: docsToken,
			needs: []string{"settings.section"},
			run: func(ctx context.Context, f *facts) findings {
				return f.unlessInVault(ctx, "Scope", sectionScopes(f, f.section))
			},
		},
		{
			id: "settings.exchange", title: "the application exchanges its token for Altinn's",
			needs: []string{"settings.section"}, run: exchangeSwitch,
		},
		{
			id: "settings.notes", title: "each setting of the section does what it seems to",
			needs: []string{"settings.section"}, run: sectionNotes,
		},
		{
			id: "settings.sources", title: "what holds here holds where the application is deployed",
			needs: []string{"settings.section"}, run: settingsSources,
		},
		{
			id: "settings.hosts", title: "no setting names a host that is gone or of the other environment",
			needs: []string{"settings.files"}, run: settingsHosts,
		},
		{
			id: "settings.events", title: "the original application tells when a form is done",
			needs: []string{"settings.files"}, run: eventsOn,
		},
		{
			id: "settings.confirm", title: "no handover hides its source from others",
			needs: []string{"files.project"}, run: confirms,
		},
	}
}

// settingsOptions are for the original application. Its generation is known once
// its code has been read.
func (f *facts) settingsOptions() appsettings.Options {
	options := appsettings.Options{Dir: f.project.Applications.Original, EnvironmentName: f.environmentName(), Environ: f.world.Environ}
	if f.code != nil && f.code.Generation() == dotnet.Generation9 {
		options.Generation = 9
	}
	return options
}

func loadSettings(ctx context.Context, f *facts) findings {
	configuration, err := appsettings.Load(ctx, f.settingsOptions())
	if err != nil {
		var found findings
		for _, one := range oneByOne(err) {
			found = append(found, finding{
				status: Fail, evidence: one.Error(), cause: "the application would not start",
				remedy: remedyOf(one, by("mend the file that is named, so that it is JSON as .NET reads it")),
			})
		}
		return found
	}
	f.configuration = configuration
	return ok("%s as environment %s", configuration.Dir(), f.environmentName())
}

func readSection(ctx context.Context, f *facts) findings {
	section, err := appsettings.ReadMaskinporten(f.configuration, f.project.Section)
	if err == nil {
		section.Family = f.familyOf(ctx, section)
		f.section = section
		return ok("%s is written for %s", section.Name, familyName(section.Family))
	}
	if missing, isMissing := errors.AsType[*appsettings.SectionError](err); isMissing {
		meant := cmp.Or(missing.Nearest, strings.Join(missing.Others, " or "))
		remedy := by("add the section %s to appsettings.json in %s, or set maskinporten.section in %s to the section that is there", missing.Section, f.configuration.Dir(), f.project.Path)
		if meant != "" {
			remedy = by("set maskinporten.section in %s to %s, or call the section of the settings %s", f.project.Path, meant, missing.Section)
		}
		return fault(Fail, err.Error(), "the application finds no Maskinporten client, and the names of the two secrets follow from the section's", remedy)
	}
	var found findings
	for _, one := range oneByOne(err) {
		found = append(found, finding{
			status: Fail, evidence: one.Error(), cause: "the application would not start",
			remedy: remedyOf(one, by("set it to true or false")),
		})
	}
	return found
}

func familyName(family appsettings.Family) string {
	return cmp.Or(string(family), string(appsettings.ClientLibrary))
}

// setting names a setting of a section with its origin, for evidence.
func setting(section, name string, origin appsettings.Origin) string {
	if origin.Source == "" {
		return section + ":" + name
	}
	return fmt.Sprintf("%s:%s (%s)", section, name, origin)
}

// quoted shows a text that is no secret where it ought to be. It may be a key or a
// password all the same, stored under the wrong name.
func quoted(text string) string {
	if !isShowable(text) {
		return "a text that is not shown, for it may be a key"
	}
	return strconv.Quote(text)
}

// isShowable reports whether a text is neither JSON nor as long in one piece as
// what is encoded.
func isShowable(text string) bool {
	return !strings.Contains(text, "{") && !longPiece.MatchString(text)
}

var longPiece = regexp.MustCompile(`[A-Za-z0-9+/=_~-]{65}`)

// place says where to change a setting: where it was set, else in the section.
func (f *facts) place(origin appsettings.Origin) string {
	switch origin.Kind {
	case appsettings.File:
		return origin.Source + " in " + f.configuration.Dir()
	case appsettings.Environment, appsettings.CommandLine, appsettings.KeyVault:
		return "the " + origin.Source
	default:
		return "appsettings.json in " + f.configuration.Dir()
	}
}

// mend is the remedy for a setting: preparing changes those that stand in files,
// and a person the others.
func (f *facts) mend(origin appsettings.Origin, what string) Remedy {
	if origin.Kind == appsettings.File || origin.Kind == 0 {
		return running(what+" ("+f.place(origin)+")", preparing...)
	}
	return by("%s: %s", f.place(origin), what)
}

// sectionEnvironment judges Environment, or Authority, and where tokens are
// exchanged.
func sectionEnvironment(f *facts, section appsettings.MaskinportenSection) findings {
	if section.Family == appsettings.BuiltIn {
		return sectionAuthority(f, section)
	}
	set, wanted := section.Environment, f.issuer.Name
	shown := setting(section.Name, "Environment", set.Origin)
	named, err := maskinporten.LookupEnvironment(set.Text)
	retired, isRetired := errors.AsType[*maskinporten.RetiredError](err)
	remedy := f.mend(set.Origin, fmt.Sprintf("set Environment to %q", wanted))
	switch {
	case set.Text == "":
		return fault(Fail, shown+" has no value", "the application would not start", remedy)
	case isRetired:
		return fault(Fail, fmt.Sprintf("%s is %s", shown, quoted(set.Text)), fmt.Sprintf("that environment is closed (%s), and the application asks a host that is gone", retired.Closed), remedy)
	case err != nil:
		return fault(Fail, fmt.Sprintf("%s is %s", shown, quoted(set.Text)), "Maskinporten has the environments test and prod; the application would not start", remedy)
	case named.Name != wanted:
		return fault(Fail, fmt.Sprintf("%s is %q", shown, set.Text), crossing(named.Name, f.altinn.Name), remedy)
	}
	if exchange := section.TokenExchangeEnvironment; exchange.Text != "" && exchange.Text != f.altinn.Name {
		return fault(Fail, fmt.Sprintf("%s is %s", setting(section.Name, "TokenExchangeEnvironment", exchange.Origin), quoted(exchange.Text)),
			fmt.Sprintf("tokens are exchanged there, and Altinn's %s does not accept them", f.altinn.Name),
			by("%s: set TokenExchangeEnvironment to %q, or remove it", f.place(exchange.Origin), f.altinn.Name))
	}
	return ok("%s is %q, which goes with Altinn's %s", shown, set.Text, f.altinn.Name)
}

// crossing says that test and prod have been mixed.
func crossing(maskinportens, altinns string) string {
	return fmt.Sprintf("Altinn's %s does not accept tokens of Maskinporten's %s: nothing crosses between test and prod", altinns, maskinportens)
}

// sectionAuthority judges Authority, which the built-in client has in place of
// an environment.
func sectionAuthority(f *facts, section appsettings.MaskinportenSection) findings {
	set := section.Authority
	shown := setting(section.Name, "Authority", set.Origin)
	remedy := running(fmt.Sprintf("set Authority to %s (%s)", f.issuer.Issuer, f.place(set.Origin)), preparing...)
	named, err := maskinporten.LookupIssuer(set.Text)
	retired, isRetired := errors.AsType[*maskinporten.RetiredError](err)
	switch {
	case set.Text == "":
		return fault(Fail, shown+" has no value", "the application's own client does not know whom to ask", remedy)
	case isRetired:
		return fault(Fail, fmt.Sprintf("%s names %s", shown, retired.Name), fmt.Sprintf("that host is gone (%s)", retired.Closed), remedy)
	case err != nil:
		return fault(Fail, shown+" is another address", "it is not the address of Maskinporten that goes with Altinn's "+f.altinn.Name, remedy)
	case named.Name != f.issuer.Name:
		return fault(Fail, shown+" is Maskinporten's "+named.Name, crossing(named.Name, f.altinn.Name), remedy)
	}
	return ok("%s is %s, which goes with Altinn's %s", shown, set.Text, f.altinn.Name)
}

// sectionScopes judges what the client asks for.
func sectionScopes(f *facts, section appsettings.MaskinportenSection) findings {
	f.scopes = f.project.Integration.Scopes
	if section.Family == appsettings.BuiltIn {
		return ok("%s has its scopes in code", section.Family)
	}
	set := section.Scope
	shown := setting(section.Name, "Scope", set.Origin)
	have := strings.Fields(set.Text)
	if separator := strings.IndexAny(set.Text, ",;"); separator >= 0 {
		return fault(Fail, fmt.Sprintf("%s is %s", shown, quoted(set.Text)), "Maskinporten takes it for one scope, which it does not know: scopes are separated by spaces (MP-200)",
			by("%s: separate the scopes by one space each", f.place(set.Origin)))
	}
	lacking := slices.DeleteFunc(slices.Clone(f.project.Integration.Scopes), func(scope string) bool { return slices.Contains(have, scope) })
	if len(lacking) > 0 {
		return fault(Fail, fmt.Sprintf("%s lacks %s", shown, strings.Join(lacking, " ")),
			"the client asks for what the setting names and gets a token without the rest, with which Altinn lets it do less than a handover needs",
			f.mend(set.Origin, fmt.Sprintf("add %s to Scope", strings.Join(lacking, " "))))
	}
	f.scopes = have
	if !isShowable(set.Text) {
		return ok("%s names what is needed", shown)
	}
	return ok("%s names %s", shown, strings.Join(have, " "))
}

func exchangeSwitch(_ context.Context, f *facts) findings {
	section := f.section
	if section.Family == appsettings.BuiltIn {
		return skip("the application's own client is told in code whether to exchange its token")
	}
	flag := section.ExchangeToAltinnToken
	if flag.On {
		return ok("%s is true", setting(section.Name, "ExhangeToAltinnToken", flag.Origin))
	}
	remedy := by("%s: set ExhangeToAltinnToken to true (the library's name for it lacks a c)", f.place(flag.Origin))
	if value, exists := f.configuration.Get(section.Name + ":ExchangeToAltinnToken"); exists && value.Origin.Kind == appsettings.File && flag.Origin.Source == "" {
		remedy.Command = preparing
	}
	return fault(Warn, setting(section.Name, "ExhangeToAltinnToken", flag.Origin)+" is not true",
		"the application itself would send Maskinporten's token, which applications and Storage of Altinn refuse with 401; Stafett exchanges it by itself",
		remedy)
}

// sectionNotes tells each remark on a setting of the section.
func sectionNotes(_ context.Context, f *facts) findings {
	var found findings
	for _, note := range f.section.Notes {
		remedy := by("look at %s", f.place(note.Origin))
		if note.NoEffect {
			remedy = by("remove %s, or give it the name that is meant: %s", note.Name, f.place(note.Origin))
		}
		if strings.EqualFold(note.Name, "EnableDebugLog") && note.Origin.Kind == appsettings.File {
			remedy.Command = preparing
		}
		found = append(found, finding{
			status: Warn, evidence: setting(f.section.Name, note.Name, note.Origin), cause: note.Text, remedy: remedy,
		})
	}
	if found == nil {
		return ok("%s has no setting without effect", f.section.Name)
	}
	return found
}

// settingsSources warns of values that come from this machine alone.
func settingsSources(_ context.Context, f *facts) findings {
	var found findings
	var seen []string
	for _, name := range f.configuration.Children(f.section.Name) {
		path := f.section.Name + ":" + name
		value, exists := f.configuration.Get(path)
		if !exists || value.Secret().IsEmpty() {
			continue
		}
		seen = append(seen, name+" from "+value.Origin.String())
		if !onlyHere(value.Origin) {
			continue
		}
		hidden := hiddenBy(f.configuration, path)
		if hidden == "" {
			hidden = "no other source has it"
		}
		found = append(found, finding{
			status: Warn, evidence: fmt.Sprintf("%s comes from %s; %s", path, value.Origin, hidden),
			cause:  "it is set on this machine: a deployed application does not see it",
			remedy: by("take it away from %s, or set it in appsettings.json or the vault as well", f.place(value.Origin)),
		})
	}
	if found == nil {
		return ok("%s", cmp.Or(strings.Join(seen, "; "), "every setting of the section is empty"))
	}
	return found
}

// onlyHere reports whether a source is one of this machine.
func onlyHere(origin appsettings.Origin) bool {
	return origin.Kind == appsettings.Environment || origin.Kind == appsettings.CommandLine || strings.EqualFold(origin.Name, "appsettings.Local.json")
}

// hiddenBy tells which other values the winning one hides.
func hiddenBy(configuration *appsettings.Configuration, path string) string {
	values := configuration.All(path)
	var hidden []string
	for _, value := range values[:max(0, len(values)-1)] {
		if !value.Secret().IsEmpty() {
			hidden = append(hidden, value.Origin.String())
		}
	}
	if hidden == nil {
		return ""
	}
	return "it hides what is set in " + strings.Join(hidden, ", ")
}
