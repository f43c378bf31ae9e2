package appsettings

import (
	"fmt"
	"strings"
)

// commandLineLayer reads the arguments of an application: --key=value, --key
// value, /key=value, /key value and key=value. An argument that is none of them
// is passed over, as by .NET. A key may hold ":" but "__" means nothing.
func commandLineLayer(arguments []string) (*layer, error) {
	l := newLayer()
	for i := 0; i < len(arguments); i++ {
		argument := arguments[i]
		key, named := strings.CutPrefix(argument, "--")
		if !named {
			key, named = strings.CutPrefix(argument, "/")
		}
		key, value, assigned := strings.Cut(key, "=")
		switch {
		case assigned && !named && strings.HasPrefix(key, "-"):
			return nil, fmt.Errorf("read command line: %s=…: a short switch is not defined; write -%s=…", key, key)
		case assigned:
		case named && i+1 < len(arguments):
			i++
			value = arguments[i]
		default:
			continue
		}
		l.set(newValue(key, value, Origin{Source: "command line --" + key, Kind: CommandLine, Name: key}))
	}
	return l, nil
}
