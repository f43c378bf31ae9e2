package clients_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// one makes a case of a single file.
func one(name, content string) loadCase {
	return loadCase{name: name, files: map[string]string{"appsettings.json": content}, bySpelling: true}
}

func over(name, content, overlay string) loadCase {
	return loadCase{name: name, files: map[string]string{"appsettings.json": content, "appsettings.Production.json": overlay}, bySpelling: true}
}

func writtenCases() []loadCase {
	deep := func(levels int) string {
		return strings.Repeat(`{"a":`, levels) + "1" + strings.Repeat("}", levels)
	}
	return []loadCase{
		one("numbers", `{"a":1.0,"b":1e3,"c":-0,"d":1E+2,"e":12345678901234567890123456789012345678901234567890,"f":1e400,"g":0.10}`),
		one("words", `{"a":true,"b":false,"c":null}`),
		one("empty", `{}`),
		one("empty below", `{"a":{},"b":[],"c":{"d":{}},"e":[[]],"f":[{}],"g":""}`),
		one("lists", `{"a":[1,[2,3,{"b":4}],"x",null,true]}`),
		one("many", `{"a":[0,1,2,3,4,5,6,7,8,9,10,11,12]}`),
		one("number names", `{"10":1,"9":2,"a":3,"-1":4,"+2":5," 3":6,"1,000":7,"0x1":8,"2147483648":9,"07":10,"7":11,"4 ":12}`),
		one("same but for case", `{"a":1,"A":2}`),
		one("same", `{"a":1,"a":1}`),
		one("sections, same but for case", `{"a":{"b":1},"A":{"c":2}}`),
		one("sections that meet", `{"a":{"b":1},"A":{"B":2}}`),
		one("value, then section", `{"a":1,"A":{"b":2}}`),
		one("section, then value", `{"a":{"b":2},"A":1}`),
		one("value, then empty section", `{"a":1,"A":{}}`),
		one("empty section, then value", `{"a":{},"A":1}`),
		one("value, then empty list", `{"a":1,"A":[]}`),
		one("empty list, then value", `{"a":[],"A":1}`),
		one("null, then value", `{"a":null,"A":1}`),
		one("two empty sections", `{"a":{},"A":{},"b":[],"B":[]}`),
		one("colons", `{"a:b":1,"a:c":{"d:e":2},":x":3,"y:":4,"::":5,"z::w":6}`),
		one("colon that meets", `{"a:b":1,"a":{"b":2}}`),
		one("list that meets", `{"a":[1],"a:0":2}`),
		one("underscores", `{"a__b":1,"a--b":2,"a.b":3}`),
		one("no name", `{"":1}`),
		one("no name below", `{"a":{"":1}}`),
		one("no name for a section", `{"a":{"":{"b":1}}}`),
		one("letters", `{"å":1,"Ø":{"ǆ":2},"ß":3,"ı":4,"İ":5,"ſ":6,"K":7,"😀":8}`),
		one("same letters", `{"å":1,"Å":2}`),
		one("dotless", `{"i":1,"ı":2,"İ":3}`),
		one("dotted", `{"I":1,"ı":2}`),
		one("long s", `{"s":1,"ſ":2}`),
		one("kelvin", `{"k":1,"K":2}`),
		one("sharp s", `{"ß":1,"ẞ":2}`),
		one("micro", `{"µ":1,"μ":2,"Μ":3}`),
		one("final sigma", `{"σ":1,"ς":2}`),
		one("greek", `{"σ":1,"Σ":2}`),
		one("titlecase", `{"ǆ":1,"ǅ":2}`),
		one("georgian", `{"ა":1,"Ა":2}`),
		one("deseret", `{"𐐨":1,"𐐀":2}`),
		one("ypogegrammeni", `{"ᾳ":1,"ᾼ":2}`),
		one("cherokee", `{"ꭰ":1,"Ꭰ":2}`),
		one("y diaeresis", `{"ÿ":1,"Ÿ":2}`),
		one("ohm", `{"ω":1,"Ω":2}`),
		one("escapes", `{"a":"\u00e5\n\t\"\\\/\b\f\r\u0000","\u0062":"\ud83d\ude00"}`),
		one("half a pair", `{"a":"\ud83d"}`),
		one("half a pair in a name", `{"\ude00":1}`),
		one("pair the wrong way", `{"a":"\ude00\ud83d"}`),
		one("comments", "// first\n{/* a */\"a\":/* c */1/* d */,// e\n\"b\":2/**/,/* f */}// last"),
		one("comment before the colon", `{"a"/* b */:1}`),
		one("comment line before the colon", "{\"a\"// b\n:1}"),
		one("comments in lists", "{\"a\":[/* 1 */1/* 2 */,/* 3 */2// 4\n,]/* 5 */}/* 6 */"),
		one("comment without line end", `{}//`),
		one("half a comment", `{}/`),
		one("comment with a line separator", "{}// a\u2028b"),
		one("comment with a carriage return", "// a\r{\"a\":1}"),
		one("comment with stars", "{/***/\"a\":1/**//* **/}"),
		one("comment without end", `{}/*`),
		one("comment within another", `{"a":1/* /* */}`),
		one("hash", "{\"a\":1}# no"),
		one("trailing commas", `{"a":[1,2,],"b":{"c":1,},}`),
		one("two commas", `{"a":1,,}`),
		one("comma alone", `{,}`),
		one("comma alone in a list", `{"a":[,]}`),
		one("no comma", `{"a":1 "b":2}`),
		one("single quotes", `{'a':1}`),
		one("bare name", `{a:1}`),
		one("not a number", `{"a":NaN}`),
		one("leading zero", `{"a":01}`),
		one("plus", `{"a":+1}`),
		one("no digit after the point", `{"a":1.}`),
		one("no digit before the point", `{"a":.5}`),
		one("hexadecimal", `{"a":0x1}`),
		one("word in capitals", `{"a":True}`),
		one("line break in a text", "{\"a\":\"x\ny\"}"),
		one("tab in a text", "{\"a\":\"x\ty\"}"),
		one("delete in a text", "{\"a\":\"x\x7fy\"}"),
		one("unknown escape", `{"a":"\x41"}`),
		one("list at the root", `[]`),
		one("text at the root", `"a"`),
		one("null at the root", `null`),
		one("nothing", ``),
		one("white space", " \n\t\r"),
		one("other white space", "{\"a\":\u00a01}"),
		one("form feed", "{\"a\":\f1}"),
		one("two roots", `{}{}`),
		one("more after", `{"a":1} x`),
		one("cut off", `{"a":`),
		one("cut off in a text", `{"a":"b`),
		one("64 levels", deep(64)),
		one("65 levels", deep(65)),
		one("63 levels and a list", strings.Repeat(`{"a":`, 63)+"[1]"+strings.Repeat("}", 63)),
		one("64 levels and a list", strings.Repeat(`{"a":`, 64)+"[1]"+strings.Repeat("}", 64)),
		one("byte order mark", "\ufeff{\"a\":\"å\"}"),
		one("two byte order marks", "\ufeff\ufeff{\"a\":1}"),
		one("UTF-16", "\xff\xfe{\x00\"\x00a\x00\"\x00:\x001\x00}\x00"),
		one("UTF-16, the other way", "\xfe\xff\x00{\x00\"\x00a\x00\"\x00:\x001\x00}"),
		one("UTF-32", "\xff\xfe\x00\x00{\x00\x00\x00}\x00\x00\x00"),
		one("not UTF-8", "{\"a\":\"\xe5\xf8\xff\xc3(\"}"),
		one("cut off letter", "{\"a\":\"\xf0\x9f\x98\"}"),
		one("letter twice cut off", "{\"a\":\"\xe2\x82\xe2\x82\xac\xed\xa0\x80\xc0\xaf\"}"),
		one("not UTF-8 in a name", "{\"\xe5\":1}"),
		one("nul", "{\"a\":1}\x00"),
		over("list, shorter above", `{"a":["x","y","z"]}`, `{"a":["w"]}`),
		over("list, none above", `{"a":["x","y"]}`, `{"a":[]}`),
		over("list by numbers", `{"a":["x","y"]}`, `{"a":{"1":"w","3":"v"}}`),
		over("section over value", `{"a":1}`, `{"a":{"b":2}}`),
		over("value over section", `{"a":{"b":2}}`, `{"a":1}`),
		over("null over value", `{"a":1}`, `{"a":null}`),
		over("empty section over value", `{"a":1}`, `{"a":{}}`),
		over("other case", `{"Abc":{"Def":1,"x":1}}`, `{"aBC":{"DEF":2,"X":null}}`),
		over("wrong above", `{"a":1}`, `{`),
		over("list of sections", `{"a":[{"b":1,"c":2},{"b":3}]}`, `{"a":[{"b":4},{"d":5}]}`),
		{name: "no files"},
		{name: "variables", files: map[string]string{"appsettings.json": `{"a":{"b":1,"c":[1,2]}}`}, environ: []string{
			"a__b=2", "A__C__1=x", "a:c:5=y", "d=", "e__f__g=h=i", "__j=k", "l__=m", "n___o=p", "q____r=s", "U_v=w", "x-y=z", "ÆØÅ=æøå",
		}},
		{name: "prefixes", environ: []string{"DOTNET_a=1", "ASPNETCORE_a=2", "dotnet_b=3", "AspNetCore_c__d=4", "ASPNETCORE_b=5", "DOTNET__e=6", "DOTNET___f=7", "ASPNETCORE_=8"}},
		{name: "connection strings", environ: []string{
			"MYSQLCONNSTR_a=1", "SQLAZURECONNSTR_b=2", "SQLCONNSTR_c__d=3", "customconnstr_e=4", "DOTNET_SQLCONNSTR_g=6", "SQLCONNSTR_=7",
			"MYSQLCONNSTR_DOTNET_h=8", "CONNECTIONSTRINGS__i=9",
		}},
		{name: "newer connection strings", environ: []string{"POSTGRESQLCONNSTR_a=1", "REDISCACHECONNSTR_b=2", "SERVICEBUSCONNSTR_c=3", "EVENTHUBCONNSTR_d=4", "DOCDBCONNSTR_e=5", "APIHUBCONNSTR_f=6", "NOTIFICATIONHUBCONNSTR_g=7"}},
		{name: "environment's file", files: map[string]string{"appsettings.Staging.json": `{"a":"Staging"}`, "appsettings.json": `{"a":1}`}, environ: []string{"ASPNETCORE_ENVIRONMENT=Staging"}},
		{name: "environment from two", files: map[string]string{"appsettings.A.json": `{"a":"A"}`, "appsettings.B.json": `{"a":"B"}`}, environ: []string{"ASPNETCORE_ENVIRONMENT=A", "DOTNET_ENVIRONMENT=B"}},
		{name: "environment from the command line", files: map[string]string{"appsettings.A.json": `{"a":"A"}`, "appsettings.B.json": `{"a":"B"}`}, environ: []string{"ASPNETCORE_ENVIRONMENT=A"}, arguments: []string{"--environment", "B"}},
		{name: "environment empty", files: map[string]string{"appsettings.Production.json": `{"a":"P"}`}, environ: []string{"ASPNETCORE_ENVIRONMENT="}},
		{name: "environment from a file", files: map[string]string{"appsettings.json": `{"environment":"A"}`, "appsettings.A.json": `{"a":"A"}`, "appsettings.Production.json": `{"a":"P"}`}},
		{name: "environment's file in another case", files: map[string]string{"appsettings.staging.json": `{"a":"s"}`}, environ: []string{"ASPNETCORE_ENVIRONMENT=Staging"}},
		{name: "environment unprefixed", files: map[string]string{"appsettings.A.json": `{"a":"A"}`}, environ: []string{"ENVIRONMENT=A"}},
		{name: "arguments", arguments: []string{"--a=1", "--b", "2", "/c=3", "/d", "4", "e=5", "--F:g=6", "--h__i=7", "--j=", "--k==", "--a=8"}},
		{name: "arguments that are none", arguments: []string{"a", "--b=1", "c"}},
		{name: "argument without value", arguments: []string{"--a=1", "--b"}},
		{name: "argument takes the next", arguments: []string{"--a", "--b", "--c=1"}},
		{name: "argument in another case", files: map[string]string{"appsettings.json": `{"Abc":1}`}, arguments: []string{"--aBC=2"}},
		{name: "short argument", arguments: []string{"-a", "1"}},
		{name: "short argument assigned", arguments: []string{"-a=1"}},
		{name: "argument without name", arguments: []string{"--=1"}},
		{name: "dashes alone", arguments: []string{"--", "a=1"}},
		{name: "three dashes", arguments: []string{"---a=1"}},
		{name: "order", files: map[string]string{"appsettings.json": `{"a":"file","b":"file","c":"file"}`}, environ: []string{"a=variable", "b=variable"}, arguments: []string{"--a=argument"}},
		{name: "order of Altinn's", files: map[string]string{
			"appsettings.json":                            `{"a":"1","b":"1","c":"1","d":"1","e":"1","f":"1"}`,
			"mounted/maskinporten-settings.json":          `{"a":"2","b":"2","c":"2","d":"2","e":"2"}`,
			"mounted/maskinporten-settings-internal.json": `{"a":"3","b":"3","c":"3","d":"3"}`,
			"mounted/altinn-appsettings-secret.json":      `{"a":"4","b":"4","c":"4"}`,
			"appsettings.Local.json":                      `{"a":"6"}`,
		}, environ: []string{"b=5", "a=5"}},
		{name: "wrong file among Altinn's", files: map[string]string{"mounted/altinn-appsettings-secret.json": `{"a":1,"A":2}`}},
		{name: "wrong local file", files: map[string]string{"appsettings.Local.json": `x`}},
	}
}

// foundCases are the settings of applications that exist.
func foundCases(t *testing.T) []loadCase {
	t.Helper()
	var cases []loadCase
	for _, root := range []string{filepath.Join("..", "..", "examples"), os.Getenv("STAFETT_CORPUS")} {
		if root == "" {
			continue
		}
		check(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			name := filepath.Base(path)
			if err != nil || entry.IsDir() || !strings.HasPrefix(name, "appsettings") || filepath.Ext(name) != ".json" {
				return err
			}
			content, err := os.ReadFile(path)
			cases = append(cases, one(path, string(content)))
			return err
		}))
	}
	return cases
}

// randomCases are documents with names and values that meet often, in two files, and now and then a fault in one.
func randomCases(count int) []loadCase {
	random := rand.New(rand.NewPCG(3, 1729))
	cases := make([]loadCase, count)
	for i := range cases {
		cases[i] = over(fmt.Sprintf("random %d", i), randomDocument(random), randomDocument(random))
		cases[i].bySpelling = false
		if random.IntN(2) == 0 {
			cases[i].environ = append(cases[i].environ, randomName(random)+"__"+randomName(random)+"="+randomName(random))
		}
	}
	return cases
}

// damagedCases are files that something happened to.
func damagedCases(count int) []loadCase {
	random := rand.New(rand.NewPCG(1, 2))
	files := []string{
		`{"A":{"B":1,"C":true,"D":[1,2,3],"E":null,"F":{},"G":[]}}`,
		"{ // c\n \"a\": \"x\", /* y */ \"b\": [ {\"c\": 1.50}, [1,[2]], ], }",
		`{"A:B":1,"a":{"c":2},"Ø":{"å":"\u00e5\ud83d\ude00"},"1":{"10":1,"9":2,"x":3,"-1":4}}`,
		"\ufeff" + `{"x":"\n\t\/","y":-0.0e-10,"ı":1,"I":2,"ß":3,"ſ":4,"s":5}`,
		`{"a":{"b":1},"A":{"c":[]},"a:b:c":2,"d":{},"d:e":"","f":[{},[],null]}`,
		`{"MaskinportenSettings":{"Environment":"test","ClientId":"","Scope":"a b","EncodedJwk":"e30=","ExhangeToAltinnToken":true}}`,
	}
	pieces := []string{
		"{", "}", "[", "]", ",", ":", `"`, `\`, "/", "/*", "*/", "//", "\n", "\r", " ", "\t", "\f", "\v", "\x00", "\xff", "\ufeff", "\u00a0", "\u2028", "é", "\u212a",
		"null", "true", "NaN", "0", "01", "1e5", "1.", ".5", "+1", "-", "--", "__", "'", "#", "A", "a", `\u0041`, `\ud800`, `\udc00`,
	}
	cases := make([]loadCase, count)
	for i := range cases {
		damaged := files[i%len(files)]
		for range 1 + i%2 {
			from := random.IntN(len(damaged))
			to := min(len(damaged), from+1+random.IntN(8))
			switch random.IntN(3) {
			case 0:
				damaged = damaged[:from] + pieces[random.IntN(len(pieces))] + damaged[from:]
			case 1:
				damaged = damaged[:from] + damaged[to:]
			case 2:
				damaged = damaged[:to] + damaged[from:]
			}
		}
		cases[i] = over(fmt.Sprintf("damaged %d", i), damaged, files[random.IntN(len(files))])
		cases[i].bySpelling = false
	}
	return cases
}

// givenCases are variables and arguments of any form.
func givenCases(count int) []loadCase {
	random := rand.New(rand.NewPCG(1, 2))
	// No two names of one setting: which of them counts is chance.
	names := []string{"a__B", "A__D__0", "A___C", "__A", "A__", "SQLCONNSTR_x", "sqlazureconnstr_y__z", "MYSQLCONNSTR_", "CUSTOMCONNSTR_c", "APIHUBCONNSTR_q", "Ø__å", "A____E", "A"}
	arguments := []string{
		"--A:B=1", "--A:B", "x", "/A:D:0=z", "/q", "w", "k=v", "--k", "-x", "-x=1", "--=1", "=1", "--A__B=7", "", "--", "/", "--a=b=c", "A:B=", "--z=",
	}
	cases := make([]loadCase, count)
	for i := range cases {
		c := loadCase{name: fmt.Sprintf("given %d", i), files: map[string]string{"appsettings.json": `{"A":{"B":1,"C":true,"D":[1,2,3],"E":null},"k":1,"Q":{}}`}}
		for _, at := range random.Perm(len(names))[:random.IntN(4)] {
			c.environ = append(c.environ, names[at]+"="+[]string{"v", "", "a b"}[random.IntN(3)])
		}
		for range random.IntN(5) {
			c.arguments = append(c.arguments, arguments[random.IntN(len(arguments))])
		}
		cases[i] = c
	}
	return cases
}

func randomDocument(random *rand.Rand) string {
	document := randomObject(random, 0)
	if random.IntN(8) == 0 {
		at := random.IntN(len(document))
		document = document[:at] + string(`{}[]:,"x0`[random.IntN(9)]) + document[at+random.IntN(2):]
	}
	return document
}

func randomName(random *rand.Rand) string {
	return []string{"a", "A", "b", "ab", "aB", "å", "Å", "0", "1", "10", "a:b", "a b", "", "Zz", "_"}[random.IntN(15)]
}

func randomObject(random *rand.Rand, depth int) string {
	var members []string
	for range random.IntN(4) {
		members = append(members, fmt.Sprintf("%q:%s", randomName(random), randomValue(random, depth+1)))
	}
	return "{" + strings.Join(members, ",") + "}"
}

func randomValue(random *rand.Rand, depth int) string {
	switch n := random.IntN(10); {
	case n < 3 && depth < 4:
		return randomObject(random, depth)
	case n < 5 && depth < 4:
		var items []string
		for range random.IntN(4) {
			items = append(items, randomValue(random, depth+1))
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	return []string{"1", "-2.50", "1E3", "true", "false", "null", `""`, `"x"`, `"\u00e6 y"`}[random.IntN(9)]
}
