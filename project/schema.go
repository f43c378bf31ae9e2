package project

import _ "embed"

// SchemaAddress is where the JSON Schema of stafett.yaml is to be had for
// editors: a file names it in its first line, as
// "# yaml-language-server: $schema=…".
const SchemaAddress = "https://raw.githubusercontent.com/stafett/stafett/main/project/stafett.schema.json"

//go:embed stafett.schema.json
var schema string

// Schema returns the JSON Schema (2020-12) of stafett.yaml: every member that
// [Load] reads, with what it means. It allows all that Load reads; what it cannot
// tell, such as whether an organisation number's check digit is right, Load
// refuses all the same.
func Schema() []byte { return []byte(schema) }
