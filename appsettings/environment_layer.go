package appsettings

import "strings"

// Prefixes of environment variables that hold connection strings, with the
// provider that .NET names for each.
var (
	connectionStringsNET8 = map[string]string{
		"MYSQLCONNSTR_":    "MySql.Data.MySqlClient",
		"SQLAZURECONNSTR_": "System.Data.SqlClient",
		"SQLCONNSTR_":      "System.Data.SqlClient",
		"CUSTOMCONNSTR_":   "",
	}
	connectionStringsNET10 = map[string]string{
		"MYSQLCONNSTR_":           "MySql.Data.MySqlClient",
		"SQLAZURECONNSTR_":        "System.Data.SqlClient",
		"SQLCONNSTR_":             "System.Data.SqlClient",
		"POSTGRESQLCONNSTR_":      "Npgsql",
		"APIHUBCONNSTR_":          "",
		"DOCDBCONNSTR_":           "",
		"EVENTHUBCONNSTR_":        "",
		"NOTIFICATIONHUBCONNSTR_": "",
		"REDISCACHECONNSTR_":      "",
		"SERVICEBUSCONNSTR_":      "",
		"CUSTOMCONNSTR_":          "",
	}
)

// environmentLayer reads "NAME=value" pairs. Every "__" in a name is a
// separator. With a prefix, only the keys that begin with it count, without it.
func environmentLayer(environ []string, prefix string, d dialect) *layer {
	l := newLayer()
	for _, variable := range environ {
		name, value, ok := strings.Cut(variable, "=")
		if !ok || name == "" {
			continue
		}
		origin := Origin{Source: "environment " + name, Kind: Environment, Name: name}
		add := func(key, value string) {
			if len(key) >= len(prefix) && strings.EqualFold(key[:len(prefix)], prefix) {
				l.set(newValue(key[len(prefix):], value, origin))
			}
		}
		database, provider, ok := connectionString(name, d)
		if !ok {
			add(normalize(name), value)
			continue
		}
		add("ConnectionStrings:"+normalize(database), value)
		if provider != "" {
			add("ConnectionStrings:"+normalize(database)+"_ProviderName", provider)
		}
	}
	return l
}

// normalize turns the name of an environment variable into a path.
func normalize(name string) string { return strings.ReplaceAll(name, "__", separator) }

// connectionString takes apart the name of a variable that holds a connection
// string.
func connectionString(name string, d dialect) (database, provider string, ok bool) {
	for prefix, provider := range d.connectionStrings {
		if len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
			return name[len(prefix):], provider, true
		}
	}
	return "", "", false
}
