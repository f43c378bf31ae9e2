package dotnet

// Program is what the application does when it starts, as far as its
// configuration goes. Calls that are never reached from the program's start are
// not listed.
type Program struct {
	File string // Program.cs; "" when there is none

	// Steps are the calls that add sources of configuration and what they
	// depend on, in the order in which the program runs them.
	Steps []Step
}

// StepKind tells what a step does.
type StepKind string

// The kinds of steps.
const (
	// AppWebHost is ConfigureAppWebHost, or LoadAppConfig of older guides: Altinn's
	// own sources, the mounted file with kvSetting among them.
	AppWebHost StepKind = "ConfigureAppWebHost" //nolint:gosec // G101: the names are those of methods
	// VaultProvider is AddAzureKeyVaultAsConfigProvider of Altinn's library.
	VaultProvider StepKind = "AddAzureKeyVaultAsConfigProvider"
	// OwnVault is AddAzureKeyVault of Azure's packages, called by the
	// application itself, as older guides say.
	OwnVault StepKind = "AddAzureKeyVault"
)

// Step is one call in [Program.Steps].
type Step struct {
	Kind StepKind
	Position
	// Guard is the condition of the if statements around the call and around the
	// calls of the functions that it stands in, as written; "" when there is none.
	Guard string
	// OutsideDevelopment tells that the guard keeps the step from running on a
	// developer's machine.
	OutsideDevelopment bool
	// Reload is whether the call sets an interval at which the vault is read
	// again. It is for [OwnVault] only.
	Reload bool
}

// Step returns the first step of a kind.
func (p Program) Step(kind StepKind) (Step, bool) {
	for _, s := range p.Steps {
		if s.Kind == kind {
			return s, true
		}
	}
	return Step{}, false
}

// ReadsVault reports whether the program adds a Key Vault to its configuration,
// by either way, and returns the step.
func (p Program) ReadsVault() (Step, bool) {
	if s, ok := p.Step(VaultProvider); ok {
		return s, true
	}
	return p.Step(OwnVault)
}

// VaultBeforeAppWebHost reports whether the vault is added before Altinn's own
// sources. The vault's address and credential come from those, so the
// application fails at start-up; and where it gets them from elsewhere, those
// sources win over the vault.
func (p Program) VaultBeforeAppWebHost() (vault, host Step, early bool) {
	for i, s := range p.Steps {
		if s.Kind != VaultProvider && s.Kind != OwnVault {
			continue
		}
		for _, later := range p.Steps[i+1:] {
			if later.Kind == AppWebHost {
				return s, later, true
			}
		}
	}
	return Step{}, Step{}, false
}

// Registration is one Maskinporten client that the code sets up.
type Registration struct {
	Position
	Method string // such as "AddMaskinportenHttpClient" or "ConfigureMaskinportenClient"
	// BuiltIn tells that it is the client of Altinn's application library, else
	// it is that of the package Altinn.ApiClients.Maskinporten.
	BuiltIn bool
	// Definition is the first type argument, such as "SettingsJwkClientDefinition".
	Definition string
	// Section is the path of the configuration section, with colons, such as
	// "myapp:MaskinportenSettings"; "" when the code computes it.
	Section string
	// Exchange tells that the code turns the exchange to an Altinn token on.
	Exchange bool
	// BeforeVault tells that the settings are copied out of the configuration
	// before the program adds the vault, so that the vault's secrets are not in
	// them.
	BeforeVault bool
}

// Scope is a scope that the code names.
type Scope struct {
	Name string
	Position
	// Method is the call that it is given to, such as
	// "UseMaskinportenAltinnAuthorisation", or the property that is set, "Scope".
	Method string
}
