package appsettings_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/secret"
)

func TestEnvironmentVariables(t *testing.T) {
	t.Parallel()
	environ := []string{
		"A__B=1", "a__b=2", "C___D=3", "E_F-G=4", "EMPTY=", "=C:=odd", "no equals sign", "V=x=y",
		"SQLCONNSTR_db=server", "customconnstr_Two__Three=plain", "POSTGRESQLCONNSTR_pg=p",
		"DOTNET_Host=h", "ASPNETCORE_URLS=u",
	}
	c := load(t, nil, appsettings.Options{Environ: environ, Generation: 9})
	check(t, c, map[string]string{
		"A:B": "2", "C:_D": "3", "E_F-G": "4", "EMPTY": "", "V": "x=y",
		"ConnectionStrings:db": "server", "ConnectionStrings:db_ProviderName": "System.Data.SqlClient",
		"ConnectionStrings:Two:Three": "plain", "ConnectionStrings:Two:Three_ProviderName": "<absent>",
		"SQLCONNSTR_db": "<absent>", "ConnectionStrings:pg": "p", "ConnectionStrings:pg_ProviderName": "Npgsql",
		"Host": "h", "DOTNET_Host": "h", "urls": "u",
	})
	c = load(t, nil, appsettings.Options{Environ: environ, Generation: 8})
	check(t, c, map[string]string{"ConnectionStrings:pg": "<absent>", "POSTGRESQLCONNSTR_pg": "p"})
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	c := load(t, nil, appsettings.Options{CommandLine: []string{
		"--a=1", "--b", "2", "/c=3", "/d", "4", "e=5", "loose", "-x", "--F:G=6", "--h__i=7", "--a=8", "--j=k=l", "--last",
	}})
	check(t, c, map[string]string{
		"a": "8", "b": "2", "c": "3", "d": "4", "e": "5", "f:g": "6", "h__i": "7", "h:i": "<absent>", "j": "k=l",
		"loose": "<absent>", "x": "<absent>", "last": "<absent>",
	})
	_, err := appsettings.Load(context.Background(), appsettings.Options{Dir: t.TempDir(), CommandLine: []string{"-s=value"}})
	if err == nil || strings.Contains(err.Error(), "value") {
		t.Errorf("error for a short switch = %v", err)
	}
}

func TestVaultLayer(t *testing.T) {
	t.Parallel()
	day := func(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC) }
	c := load(t, map[string]string{"appsettings.Local.json": `{"S":{"ClientId":"local"}}`}, appsettings.Options{
		Environ: []string{"S__ClientId=environment"},
		Vault: vault(
			appsettings.VaultSecret{Name: "S--ClientId", Value: secret.New("new"), Updated: day(3), Enabled: true},
			appsettings.VaultSecret{Name: "s--clientid", Value: secret.New("old"), Updated: day(2), Enabled: true},
			appsettings.VaultSecret{Name: "S--Other", Value: secret.New("first"), Updated: day(1), Enabled: true},
			appsettings.VaultSecret{Name: "S--OTHER", Value: secret.New("second"), Updated: day(2), Enabled: true},
			appsettings.VaultSecret{Name: "S--Off", Value: secret.New("off"), Updated: day(9), Enabled: false},
			appsettings.VaultSecret{Name: "A---B", Value: secret.New("1"), Enabled: true},
			appsettings.VaultSecret{Name: "Section--0--Name", Value: secret.New("2"), Enabled: true},
		),
	})
	check(t, c, map[string]string{
		"S:ClientId": "new", "S:Other": "second", "S:Off": "<absent>", "A:-B": "1", "Section:0:Name": "2",
	})
	v, _ := c.Get("S:ClientId")
	if v.Origin.String() != "key vault S--ClientId" || v.Origin.Kind != appsettings.KeyVault {
		t.Errorf("origin = %+v", v.Origin)
	}
}
