package cli

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestTheWorldOfAnIsolatedProgram(t *testing.T) {
	t.Parallel()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, []byte("certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	ready := readyDocument{
		Proxy: "http://127.0.0.1:1001", CA: ca, TLS: "127.0.0.1:1005", Console: "http://127.0.0.1:1003/", Portal: "http://127.0.0.1:1004/",
		Hosts: []string{"169.254.169.254", "a.no", "b.no"}, Control: readyControl{URL: "http://127.0.0.1:1002"},
	}
	ready.Localtest = &readyLocaltest{Platform: "http://localhost:5101", Front: "http://local.altinn.cloud:8000", PDF: "http://127.0.0.1:5300"}
	elsewhere := ready
	elsewhere.TLS = "127.0.0.1:443" // where the names answer anyway
	if program, err := programInside(elsewhere, nil); err != nil || len(program.Doors) != 10 {
		t.Errorf("%d doors, %v; want each address once", len(program.Doors), err)
	}
	program, err := programInside(ready, []uint16{5432, 1001, 5432})
	if err != nil {
		t.Fatal(err)
	}
	var doors []string
	for _, door := range program.Doors {
		doors = append(doors, door.Address.String())
	}
	want := []string{
		"127.0.0.1:443", "127.0.0.1:80", "169.254.169.254:80",
		"127.0.0.1:1005", "127.0.0.1:1001", "127.0.0.1:1002", "127.0.0.1:1004", "127.0.0.1:1003",
		"127.0.0.1:5101", "127.0.0.1:8000", "127.0.0.1:5300", "127.0.0.1:5432",
	}
	if !slices.Equal(doors, want) {
		t.Errorf("doors %v, want %v", doors, want)
	}
	if !slices.Equal(program.Names, []string{"a.no", "b.no"}) || len(program.Addresses) != 1 || string(program.Trusted) != "certificate" {
		t.Errorf("names %v, addresses %v, trusted %q", program.Names, program.Addresses, program.Trusted)
	}
}
