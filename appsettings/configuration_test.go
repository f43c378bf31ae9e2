package appsettings_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/secret"
)

func TestChildrenAreInDotNETsOrder(t *testing.T) {
	t.Parallel()
	c := load(t, map[string]string{
		"appsettings.json":            `{"s":{"b":1,"10":1,"07":1," 9":1,"Ab":{"x":1},"-":1,"":1},"other":1}`,
		"appsettings.Production.json": `{"S":{"B":2,"a":3,"AB":{"y":2},"2":{}},"s":{"7":1,"ab":{"z":1}}}`,
	}, appsettings.Options{})
	if got, want := c.Children("S"), []string{"", "2", "07", "7", " 9", "10", "-", "a", "AB", "B"}; !slices.Equal(got, want) {
		t.Errorf("children = %v, want %v", got, want)
	}
	if got, want := c.Children("s:ab"), []string{"x", "y", "z"}; !slices.Equal(got, want) {
		t.Errorf("children = %v, want %v", got, want)
	}
	if got, want := c.Children(""), []string{"other", "S"}; !slices.Equal(got, want) {
		t.Errorf("children of the root = %v, want %v", got, want)
	}
	for _, path := range []string{"S:b", "s:2", "s:c", "oth"} {
		if got := c.Children(path); len(got) != 0 {
			t.Errorf("children of %s = %v", path, got)
		}
	}
}

// What is at a path and below it is what [appsettings.Configuration.Children] leads to.
func TestValuesAreThoseOfTheChildren(t *testing.T) {
	t.Parallel()
	c := load(t, map[string]string{
		"appsettings.json":            `{"s":{"b":1,"10":1,"07":[1,{"x":[]}],"":{"e":1},"Ab":{"x":1,"y":{}}},"ss":1,"s:b:c":2,"other":null}`,
		"appsettings.Production.json": `{"S":{"B":2,"a":3,"AB":{"y":2}}}`,
	}, appsettings.Options{})
	var below func(path string, named bool) []string
	below = func(path string, named bool) []string {
		var all []string
		if v, ok := c.Get(path); ok && named {
			all = append(all, v.Key)
		}
		for _, child := range c.Children(path) {
			at := child
			if named {
				at = path + ":" + child
			}
			all = append(all, below(at, true)...)
		}
		return all
	}
	for path, named := range map[string]bool{"": false, "s": true, "S:AB": true, "S:07": true, "oth": true, "s:b": true} {
		var got []string
		for _, v := range c.Values(path) {
			got = append(got, v.Key)
		}
		if want := below(path, named); !slices.Equal(got, want) {
			t.Errorf("below %q are %q, not %q", path, got, want)
		}
	}
}

// The paths of a file are longer together than the file is, but not squared.
func TestPathsAreBounded(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"appsettings.json": `{"` + strings.Repeat("a", 1<<20) + `":[0` + strings.Repeat(",0", 100) + `]}`})
	_, err := appsettings.Load(t.Context(), appsettings.Options{Dir: dir, Directories: nowhere(dir)})
	if err == nil || !strings.Contains(err.Error(), "come to more than 16 MiB") || len(err.Error()) > 1000 {
		t.Fatal("a name of a MiB is read above a hundred others")
	}
}

func TestEveryValueKnowsItsOrigin(t *testing.T) {
	t.Parallel()
	c := load(t, map[string]string{
		"appsettings.json": "{\n  // å\n  \"a\": {\n    \"b\": [\n      1,\n      2 ] },\n\"n\": null, \"o\": {}, \"p\": [] }",
	}, appsettings.Options{
		Environ:     []string{"X__Y=1"},
		CommandLine: []string{"/z", "2"},
		Vault:       vault(appsettings.VaultSecret{Name: "v--w", Value: secret.New("3"), Enabled: true}),
	})
	for path, want := range map[string]string{
		"a:b:0": "appsettings.json:5", "a:b:1": "appsettings.json:6", "n": "appsettings.json:7", "o": "appsettings.json:7", "p": "appsettings.json:7",
		"x:y": "environment X__Y", "z": "command line --z", "v:w": "key vault v--w",
	} {
		v, ok := c.Get(path)
		if !ok || v.Origin.String() != want {
			t.Errorf("origin of %s = %q, want %q", path, v.Origin, want)
		}
	}
	v, _ := c.Get("A:B:1")
	if want := (appsettings.Origin{Source: "appsettings.json:6", Kind: appsettings.File, Name: "appsettings.json", Line: 6}); v.Origin != want || v.Key != "a:b:1" {
		t.Errorf("origin = %+v, key = %s", v.Origin, v.Key)
	}
}

func TestAllListsWhatIsHidden(t *testing.T) {
	t.Parallel()
	c := load(t, map[string]string{
		"appsettings.json":       `{"a":"1"}`,
		"appsettings.Local.json": `{"A":"3"}`,
	}, appsettings.Options{Environ: []string{"A=2"}})
	var got []string
	for _, v := range c.All("a") {
		got = append(got, v.Origin.Source+"="+v.String())
	}
	if want := []string{"appsettings.json:1=1", "environment A=2", "appsettings.Local.json:1=3"}; !slices.Equal(got, want) {
		t.Errorf("all = %v, want %v", got, want)
	}
}

func TestSecretValuesDoNotPrint(t *testing.T) {
	t.Parallel()
	const content = "s3cr3t"
	c := load(t, map[string]string{
		"appsettings.json": `{"M":{"EncodedJwk":"s3cr3t","JwkBase64":"s3cr3t","Jwk":{"d":"s3cr3t"}},"kvSetting":{"ClientSecret":"s3cr3t"},` +
			`"ConnectionStrings":{"db":"s3cr3t"},"ApplicationInsights":{"ConnectionString":"s3cr3t"},"M2":{"CertificatePkcs12Password":"s3cr3t"},"plain":"text"}`,
	}, appsettings.Options{Vault: vault(appsettings.VaultSecret{Name: "M--ClientId", Value: secret.New(content), Enabled: true})})
	for _, path := range []string{"M:EncodedJwk", "M:JwkBase64", "M:Jwk:d", "kvSetting:ClientSecret", "ConnectionStrings:db",
		"ApplicationInsights:ConnectionString", "M2:CertificatePkcs12Password", "M:ClientId"} {
		v, ok := c.Get(path)
		if !ok || v.Secret().Reveal() != content {
			t.Errorf("%s is not a secret with its content", path)
		}
		if text, ok := v.Text(); ok || text != "" {
			t.Errorf("Text of %s = %q, %v", path, text, ok)
		}
		var printed bytes.Buffer
		fmt.Fprintf(&printed, "%v %+v %#v %s %q %x %v\n", v, v, v, v, v, v, []appsettings.Value{v})
		slog.New(slog.NewJSONHandler(&printed, nil)).Info("m", "v", v)
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		printed.Write(encoded)
		if strings.Contains(printed.String(), content) {
			t.Errorf("%s prints its content: %s", path, printed.String())
		}
	}
	v, _ := c.Get("plain")
	if text, ok := v.Text(); !ok || text != "text" || v.String() != "text" {
		t.Errorf("plain value = %v", v)
	}
	if v, _ := load(t, map[string]string{"appsettings.json": `{"a":{}}`}, appsettings.Options{}).Get("a"); v.String() != "null" {
		t.Errorf("null prints as %q", v)
	}
}
