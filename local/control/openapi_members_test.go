package control

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/fault"
	"github.com/stafett/stafett/secret"
)

// described is the part of the OpenAPI document that the tests compare with the
// code.
type described struct {
	Paths      map[string]map[string]any
	Components struct{ Schemas map[string]schema }
}

type schema struct {
	Ref        string `json:"$ref"`
	Properties map[string]schema
	Required   []string
	Items      *schema
}

func readDocument(t *testing.T) described {
	t.Helper()
	var read described
	if err := json.Unmarshal(openAPI, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// TestEveryRouteIsDescribed finds a route in the document for each in the code, and
// the other way round.
func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	server := &Server{cfg: Config{Stands: noStands{}, Service: noService{}}}
	var served, told []string
	for _, handlers := range []map[string]func(){keysOf(server.openHandlers()), keysOf(server.handlers())} {
		for pattern := range handlers {
			served = append(served, pattern)
		}
	}
	for path, methods := range readDocument(t).Paths {
		for method := range methods {
			told = append(told, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(served)
	slices.Sort(told)
	if !slices.Equal(served, told) {
		t.Errorf("served are\n%q\ndescribed are\n%q", served, told)
	}
}

type noStands struct{ Stands }

func keysOf[F any](handlers map[string]F) map[string]func() {
	keys := make(map[string]func(), len(handlers))
	for key := range handlers {
		keys[key] = nil
	}
	return keys
}

// TestEveryMemberIsDescribed finds in the document each member that the code reads
// or writes, and no other. What the code leaves out when it is empty is not required.
func TestEveryMemberIsDescribed(t *testing.T) {
	t.Parallel()
	schemas := readDocument(t).Components.Schemas
	c := comparison{t, schemas, map[string]bool{}}
	for name, body := range map[string]any{
		"Problem": problem{}, "Health": healthBody{}, "Rule": fault.Rule{}, "AddedFault": addedFault{}, "FaultList": faultList{},
		"ForwardTarget": forwardTarget{}, "ForwardList": forwardList{}, "Aging": agingBody{}, "Aged": Aged{}, "Propagation": propagationBody{},
		"KeyRules": KeyRules{}, "Permissions": permissionsBody{}, "VaultSettings": VaultSettings{}, "ClaimsChallenge": claimsBody{},
		"Reset": resetBody{}, "Applications": applicationsBody{}, "Reading": Reading{}, "ServiceState": ServiceState{}, "Seed": seedBody{}, "Seeded": Seeded{},
	} {
		filled := reflect.New(reflect.TypeOf(body)).Elem()
		fill(filled)
		c.compare(name, schema{Ref: refersTo + name}, asJSON(t, filled.Interface()))
	}
	for name := range schemas {
		if !c.met[name] {
			t.Errorf("%s is described, and no body has it", name)
		}
	}
}

func asJSON(t *testing.T, value any) any {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var decoded any
	if err := json.Unmarshal(encoded, &decoded); err != nil {
		t.Fatal(err)
	}
	return decoded
}

const refersTo = "#/components/schemas/"

type comparison struct {
	*testing.T
	schemas map[string]schema
	met     map[string]bool
}

// compare walks along a value in which everything is filled in.
func (t comparison) compare(path string, s schema, value any) {
	t.Helper()
	if name, ok := strings.CutPrefix(s.Ref, refersTo); ok {
		s, t.met[name] = t.schemas[name], true
	}
	switch value := value.(type) {
	case map[string]any:
		if s.Properties == nil { // a table with names of the user's own
			return
		}
		for member, below := range value {
			described, ok := s.Properties[member]
			if !ok {
				t.Errorf("%s.%s is not described", path, member)
				continue
			}
			t.compare(path+"."+member, described, below)
		}
		for member := range s.Properties {
			if _, ok := value[member]; !ok {
				t.Errorf("%s.%s is described, and not there", path, member)
			}
		}
		for _, member := range s.Required {
			if _, ok := s.Properties[member]; !ok {
				t.Errorf("%s requires %s, which it does not describe", path, member)
			}
		}
	case []any:
		if s.Items == nil {
			t.Errorf("%s is a list, and not described as one", path)
			return
		}
		t.compare(path+"[]", *s.Items, value[0])
	}
}

// TestSeedRequiresWhatIsDescribed compares what the reader of a seed misses with what the
// document says is required.
func TestSeedRequiresWhatIsDescribed(t *testing.T) {
	t.Parallel()
	schemas := readDocument(t).Components.Schemas
	var compare func(described schema, typed reflect.Type)
	compare = func(described schema, typed reflect.Type) {
		for typed.Kind() == reflect.Pointer || typed.Kind() == reflect.Slice && described.Items != nil {
			if typed.Kind() == reflect.Slice {
				described = *described.Items
			}
			typed = typed.Elem()
		}
		name, refers := strings.CutPrefix(described.Ref, refersTo)
		if !refers || typed.Kind() != reflect.Struct {
			return
		}
		described = schemas[name]
		members, names := membersOf(typed)
		for _, member := range names {
			if listed := slices.Contains(described.Required, member); listed != members[member].required {
				t.Errorf("%s.%s: required %t, described as required %t", name, member, members[member].required, listed)
			}
			compare(described.Properties[member], members[member].typed)
		}
	}
	compare(schema{Ref: refersTo + "Seed"}, reflect.TypeFor[seedBody]())
}

// fill gives a value to everything in it that can have one.
func fill(v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(1_800_000_000, 0)))
		return
	case secret.String:
		v.Set(reflect.ValueOf(secret.New("x")))
		return
	case inlineJSON:
		v.SetBytes([]byte("1"))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for n := range v.NumField() {
			fill(v.Field(n))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		fill(value)
		v.SetMapIndex(reflect.ValueOf("x"), value)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint64:
		v.SetUint(1)
	case reflect.Float64:
		v.SetFloat(0.5)
	}
}

type noService struct{ Service }
