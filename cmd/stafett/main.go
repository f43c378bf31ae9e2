// Command stafett carries submitted forms from one Altinn application to
// another on behalf of an organisation. See the README.
package main

import (
	"os"

	"github.com/stafett/stafett/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Environ())) }
