package clients_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
)

const (
	// dotnetRuntime is a program of Microsoft's, azmcp, and all that it runs on: .NET 9, ASP.NET Core and
	// Azure's SDK.
	dotnetRuntime = "dotnet/node_modules/@azure/mcp-linux-x64/dist"
	// roslyn has the compiler of C#.
	roslyn = "dotnet/node_modules/@typespec/http-client-csharp/dist/generator"
)

// needDotnet skips a test without .NET, or without the compilers for it.
func needDotnet(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the .NET that the tests use is for Linux on amd64 only")
	}
	for _, folder := range []string{dotnetRuntime, roslyn} {
		if _, err := os.Stat(folder); err != nil {
			t.Skip(".NET is not here; install it, in the repository's folder, with: npm ci --prefix internal/clients/dotnet")
		}
	}
	if _, err := exec.LookPath("mcs"); err != nil {
		t.Skip("mcs is not here; install the package mono-mcs")
	}
}

// programs are those of dotnet/, compiled when the first test needs one.
var programs struct {
	once   sync.Once
	folder string
	err    error
}

// program is the path of a compiled program of dotnet/.
func program(t *testing.T, name string) string {
	t.Helper()
	needDotnet(t)
	w := theWorld(t)
	programs.once.Do(func() { programs.folder, programs.err = compile(w.file("dotnet")) })
	check(t, programs.err)
	return filepath.Join(programs.folder, name)
}

// compile makes a folder with the programs and the runtime for them. The compiler is itself a program of .NET: mcs
// compiles the few lines that call it.
func compile(folder string) (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	from, compiler := filepath.Join(here, dotnetRuntime), filepath.Join(here, roslyn)
	if err := os.Mkdir(folder, 0o700); err != nil {
		return "", err
	}
	linked, err := filepath.Glob(from + "/*.dll")
	if err != nil {
		return "", err
	}
	libraries, err := filepath.Glob(from + "/*.so")
	if err != nil {
		return "", err
	}
	linked = append(linked, libraries...)
	linked = append(linked, compiler+"/Microsoft.CodeAnalysis.dll", compiler+"/Microsoft.CodeAnalysis.CSharp.dll")
	for _, file := range linked {
		if err := os.Symlink(file, filepath.Join(folder, filepath.Base(file))); err != nil {
			return "", err
		}
	}
	arguments := []string{from}
	for _, name := range []string{"application", "models", "secrets", "settings"} {
		if err := host(folder, name, from); err != nil {
			return "", err
		}
		arguments = append(arguments, name, filepath.Join(folder, name+".dll"), "dotnet/"+name+".cs")
	}
	if err := host(folder, "compile", from); err != nil {
		return "", err
	}
	mcs := []string{"-nowarn:1701", "-nostdlib", "-noconfig", "-lib:" + folder, "-out:" + filepath.Join(folder, "compile.dll")}
	for _, assembly := range []string{
		"System.Private.CoreLib", "System.Runtime", "netstandard", "System.Collections", "System.Collections.Immutable", "System.Console", "System.Linq",
		"Microsoft.CodeAnalysis", "Microsoft.CodeAnalysis.CSharp",
	} {
		mcs = append(mcs, "-r:"+assembly+".dll")
	}
	if err := run("mcs", append(mcs, "dotnet/compile.cs")...); err != nil {
		return "", err
	}
	return folder, run(filepath.Join(folder, "compile"), arguments...)
}

func run(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

// host makes the file that starts a program of .NET. It is the same for all programs but for the name of the code,
// which zeros follow.
func host(folder, program, from string) error {
	content, err := os.ReadFile(filepath.Join(from, "azmcp"))
	if err != nil {
		return err
	}
	start := bytes.Index(content, []byte("azmcp.dll\x00"))
	if start < 0 {
		return errors.New("azmcp does not name its code")
	}
	copy(content[start:], program+".dll\x00")
	if err := os.WriteFile(filepath.Join(folder, program), content, 0o700); err != nil {
		return err
	}
	return os.Symlink(filepath.Join(from, "azmcp.runtimeconfig.json"), filepath.Join(folder, program+".runtimeconfig.json"))
}

// secrets runs a part of the program secrets, which is made of tests.
func secrets(t *testing.T, part string) {
	t.Helper()
	path := program(t, "secrets")
	if said := theWorld(t).output(t, nil, path, part); !strings.Contains("\n"+said, "\nok ") {
		t.Errorf("there are no tests in %s: %s", part, said)
	}
}

func TestAzureSDKForDotnetKeepsSecrets(t *testing.T) {
	t.Parallel()
	secrets(t, "keeps")
}

func TestAzureSDKForDotnetSignsIn(t *testing.T) {
	t.Parallel()
	secrets(t, "signs-in")
}

// TestAzureSDKForDotnetMeetsADemandingVault changes how the vault treats everybody.
func TestAzureSDKForDotnetMeetsADemandingVault(t *testing.T) {
	secrets(t, "demanding")
}

// TestAzureMCPServer runs a program of Microsoft's as it is.
func TestAzureMCPServer(t *testing.T) {
	t.Parallel()
	needDotnet(t)
	w := theWorld(t)
	path, err := filepath.Abs(filepath.Join(dotnetRuntime, "azmcp"))
	check(t, err)
	azmcp := func(command ...string) string {
		t.Helper()
		args := append([]string{"AZURE_MCP_COLLECT_TELEMETRY=false", path, "keyvault", "secret"}, command...)
		vault := strings.TrimSuffix(strings.TrimPrefix(w.ready.Seed.Vault, "https://"), ".vault.azure.net")
		return w.output(t, nil, "env", append(args, "--vault", vault, "--subscription", w.ready.Seed.TenantID)...)
	}
	var made struct {
		Results struct{ Name, Value string }
	}
	_, answer, _ := strings.Cut(azmcp("create", "--secret", "azmcp-made", "--value", "blåbær"), "\n") // a line about screens stands first
	check(t, json.Unmarshal([]byte(answer), &made))
	if got := made.Results; got.Name != "azmcp-made" || got.Value != "blåbær" {
		t.Errorf("created %+v", got)
	}
	if listed := azmcp("list"); !strings.Contains(listed, `"azmcp-made"`) {
		t.Errorf("listed %s", listed)
	}
}

// TestDotnetApplication starts an application as Altinn's are started in tt02, with the settings of the original form after stafett prepare, and
// has it make an instance of the receiving application. It reads all secrets, so it runs while no other test
// deletes any.
func TestDotnetApplication(t *testing.T) {
	path := program(t, "application")
	w := theWorld(t)
	w.prepare(t)
	seed := w.ready.Seed
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	app := w.client(ctx, path,
		"--contentRoot", filepath.Join(filepath.Dir(w.ready.Project), "original-form"),
		"--Kestrel:EndPoints:Http:Url=http://127.0.0.1:0",
		"--Send:Instances=https://"+seed.Org+".apps.tt02.altinn.no/"+seed.Org+"/saksmottak/instances",
		"--Send:OrganisationNumber="+seed.OrgNumber)
	out, err := app.StdoutPipe()
	check(t, err)
	app.Stderr = app.Stdout
	check(t, app.Start())
	address, log := listening(out)
	if address == "" {
		t.Fatalf("the application does not start: %v\n%s", app.Wait(), log)
	}
	// What it says from now on must not fill the pipe.
	rest := make(chan []byte, 1)
	go func() {
		said, _ := io.ReadAll(out)
		rest <- said
	}()

	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/send", nil)
	check(t, err)
	response, err := http.DefaultClient.Do(request)
	check(t, err)
	defer response.Body.Close()
	var created struct {
		AppID         string `json:"appId"`
		InstanceOwner struct {
			OrganisationNumber string `json:"organisationNumber"`
		} `json:"instanceOwner"`
		Data []struct {
			DataType string `json:"dataType"`
		} `json:"data"`
	}
	err = json.NewDecoder(response.Body).Decode(&created)
	if err != nil || response.StatusCode != http.StatusCreated || created.AppID != seed.Org+"/saksmottak" ||
		created.InstanceOwner.OrganisationNumber != seed.OrgNumber || len(created.Data) == 0 || created.Data[0].DataType != "sak" {
		t.Errorf("status %d, %+v, %v", response.StatusCode, created, err)
	}

	check(t, app.Process.Signal(syscall.SIGTERM))
	log += string(<-rest)
	if err := app.Wait(); err != nil {
		t.Errorf("the application ends with %v\n%s", err, log)
	}
	if !strings.Contains(log, "Hosting environment: Staging") {
		t.Errorf("the application does not run as in tt02:\n%s", log)
	}
}

// listening reads what an application says until it tells its address, and returns both.
func listening(out io.Reader) (address, log string) {
	var said strings.Builder
	reader := bufio.NewReader(out)
	for {
		line, err := reader.ReadString('\n')
		said.WriteString(line)
		if _, found, ok := strings.Cut(strings.TrimSpace(line), "Now listening on: "); ok {
			return found, said.String()
		}
		if err != nil {
			return "", said.String()
		}
	}
}
