package form

import (
	"strconv"
	"strings"
)

// words are what the form itself says, in one language. In sentences, {0} is the
// name of the field; {1} and {2} are limits or what was read.
type words struct {
	language   string
	yes, no    string
	row        string // the heading of a row in a group without a title; {1} is its number
	dateFormat string
	decimal    string // the decimal separator

	required, requiredChoice, requiredChecks string // nothing is filled in
	notText, notNumber, notWhole, notDate    string // it cannot be a value of the field
	ambiguous, tooPrecise, negative          string
	notChoice                                string
	tooShort, tooLong, tooSmall, tooLarge    string // it is one that is not permitted
	tooEarly, tooLate, malformed             string
	malformedSays, notEmail, digits          string // and how it is to be written
	capitals, smallLetters                   string
	noSpaces, packedCapitals                 string
	fewRows, manyRows                        string
	fewFiles, manyFiles                      string

	street, careOf, zipCode, postPlace, houseNumber string // the parts of an address

	// What is wrong with a component: {0} is the property and {1} what it says,
	// or {0} what is missing.
	noExpression, noBinding, noField, isGroup, noList, insideList, otherType string
	noOptions, noOptionList, noDataType                                      string
}

func wordsOf(language string) words {
	switch language {
	case "nn":
		return nynorsk()
	case "en":
		return english()
	}
	return bokmaal()
}

func bokmaal() words {
	return words{
		language: "nb", yes: "Ja", no: "Nei", row: "Rad {1}", dateFormat: "dd.mm.åååå", decimal: ",",
		required:       "Fyll ut «{0}».",
		requiredChoice: "Velg et svar under «{0}».",
		requiredChecks: "Kryss av under «{0}».",
		notText:        "«{0}» har tegn som ikke kan lagres. Skriv teksten på nytt uten dem.",
		notNumber:      "Skriv «{0}» som et tall, for eksempel 1250,5.",
		notWhole:       "Skriv «{0}» som et helt tall, for eksempel 12.",
		notDate:        "Skriv «{0}» som en dato, for eksempel 17.05.2026.",
		ambiguous:      "«{0}» kan leses både som {1} og som {2}. Bruk komma foran desimaler, og mellomrom mellom tusener.",
		tooPrecise:     "«{0}» kan ha høyst {1} desimaler.",
		negative:       "«{0}» kan ikke være mindre enn null.",
		notChoice:      "Velg et av alternativene under «{0}».",
		tooShort:       "Skriv minst {1} tegn i «{0}».",
		tooLong:        "Skriv høyst {1} tegn i «{0}».",
		tooSmall:       "«{0}» kan ikke være mindre enn {1}.",
		tooLarge:       "«{0}» kan ikke være større enn {1}.",
		tooEarly:       "«{0}» kan ikke være før {1}.",
		tooLate:        "«{0}» kan ikke være etter {1}.",
		malformed:      "«{0}» er ikke skrevet på riktig måte.",
		malformedSays:  "«{0}» er ikke skrevet på riktig måte. {1}",
		notEmail:       "Skriv «{0}» som en e-postadresse, for eksempel navn@example.com.",
		digits:         "Skriv «{0}» med {1} sifre.",
		capitals:       "Skriv «{0}» med store bokstaver.",
		smallLetters:   "Skriv «{0}» med små bokstaver.",
		noSpaces:       "Skriv «{0}» uten mellomrom.",
		packedCapitals: "Skriv «{0}» med store bokstaver og uten mellomrom.",
		fewRows:        "Legg til rader under «{0}». Det må være minst {1}.",
		manyRows:       "Slett rader under «{0}». Det kan være høyst {1}.",
		fewFiles:       "Last opp filer under «{0}». Det må være minst {1}.",
		manyFiles:      "Slett filer under «{0}». Det kan være høyst {1}.",
		street:         "Gateadresse", careOf: "C/O eller annen tilleggsadresse", zipCode: "Postnummer", postPlace: "Poststed", houseNumber: "Bolignummer",

		noExpression: "Uttrykket i «{0}» kan ikke leses.",
		noBinding:    "«{0}» mangler, så det er ikke noe sted å lagre svaret.",
		noField:      "«{0}» viser til «{1}», som ikke er i datamodellen.",
		isGroup:      "«{0}» viser til «{1}», som er en gruppe i datamodellen og ikke kan holde et svar.",
		noList:       "«{0}» viser til «{1}», som ikke er en liste i datamodellen.",
		insideList:   "«{0}» viser inn i listen «{1}», men komponenten står ikke i en repeterende gruppe for den.",
		otherType:    "«{0}» hører til datatypen «{1}». Her kan bare skjemaets egen datatype fylles ut.",
		noOptions:    "Komponenten har ingen valg: både «options» og «optionsId» mangler.",
		noOptionList: "Applikasjonen har ingen valgliste «{0}». Lister som lages av C#, finnes ikke her.",
		noDataType:   "config/applicationmetadata.json har ingen datatype «{0}», så det er ikke noe sted å lagre filene.",
	}
}

func nynorsk() words {
	return words{
		language: "nn", yes: "Ja", no: "Nei", row: "Rad {1}", dateFormat: "dd.mm.åååå", decimal: ",",
		required:       "Fyll ut «{0}».",
		requiredChoice: "Vel eit svar under «{0}».",
		requiredChecks: "Kryss av under «{0}».",
		notText:        "«{0}» har teikn som ikkje kan lagrast. Skriv teksten på nytt utan dei.",
		notNumber:      "Skriv «{0}» som eit tal, til dømes 1250,5.",
		notWhole:       "Skriv «{0}» som eit heilt tal, til dømes 12.",
		notDate:        "Skriv «{0}» som ein dato, til dømes 17.05.2026.",
		ambiguous:      "«{0}» kan lesast både som {1} og som {2}. Bruk komma framfor desimalar, og mellomrom mellom tusen.",
		tooPrecise:     "«{0}» kan ha høgst {1} desimalar.",
		negative:       "«{0}» kan ikkje vere mindre enn null.",
		notChoice:      "Vel eit av alternativa under «{0}».",
		tooShort:       "Skriv minst {1} teikn i «{0}».",
		tooLong:        "Skriv høgst {1} teikn i «{0}».",
		tooSmall:       "«{0}» kan ikkje vere mindre enn {1}.",
		tooLarge:       "«{0}» kan ikkje vere større enn {1}.",
		tooEarly:       "«{0}» kan ikkje vere før {1}.",
		tooLate:        "«{0}» kan ikkje vere etter {1}.",
		malformed:      "«{0}» er ikkje skrive på rett måte.",
		malformedSays:  "«{0}» er ikkje skrive på rett måte. {1}",
		notEmail:       "Skriv «{0}» som ei e-postadresse, til dømes namn@example.com.",
		digits:         "Skriv «{0}» med {1} siffer.",
		capitals:       "Skriv «{0}» med store bokstavar.",
		smallLetters:   "Skriv «{0}» med små bokstavar.",
		noSpaces:       "Skriv «{0}» utan mellomrom.",
		packedCapitals: "Skriv «{0}» med store bokstavar og utan mellomrom.",
		fewRows:        "Legg til rader under «{0}». Det må vere minst {1}.",
		manyRows:       "Slett rader under «{0}». Det kan vere høgst {1}.",
		fewFiles:       "Last opp filer under «{0}». Det må vere minst {1}.",
		manyFiles:      "Slett filer under «{0}». Det kan vere høgst {1}.",
		street:         "Gateadresse", careOf: "C/O eller annan tilleggsadresse", zipCode: "Postnummer", postPlace: "Poststad", houseNumber: "Bustadnummer",

		noExpression: "Uttrykket i «{0}» kan ikkje lesast.",
		noBinding:    "«{0}» manglar, så det er ikkje nokon stad å lagre svaret.",
		noField:      "«{0}» viser til «{1}», som ikkje er i datamodellen.",
		isGroup:      "«{0}» viser til «{1}», som er ei gruppe i datamodellen og ikkje kan halde eit svar.",
		noList:       "«{0}» viser til «{1}», som ikkje er ei liste i datamodellen.",
		insideList:   "«{0}» viser inn i lista «{1}», men komponenten står ikkje i ei repeterande gruppe for den.",
		otherType:    "«{0}» høyrer til datatypen «{1}». Her kan berre datatypen til skjemaet fyllast ut.",
		noOptions:    "Komponenten har ingen val: både «options» og «optionsId» manglar.",
		noOptionList: "Applikasjonen har inga valliste «{0}». Lister som blir laga av C#, finst ikkje her.",
		noDataType:   "config/applicationmetadata.json har ingen datatype «{0}», så det er ikkje nokon stad å lagre filene.",
	}
}

func english() words {
	return words{
		language: "en", yes: "Yes", no: "No", row: "Row {1}", dateFormat: "dd.mm.yyyy", decimal: ".",
		required:       "Fill in “{0}”.",
		requiredChoice: "Choose an answer for “{0}”.",
		requiredChecks: "Tick at least one box for “{0}”.",
		notText:        "“{0}” has characters that cannot be saved. Write the text again without them.",
		notNumber:      "Write “{0}” as a number, for example 1250.5.",
		notWhole:       "Write “{0}” as a whole number, for example 12.",
		notDate:        "Write “{0}” as a date, for example 17.05.2026.",
		ambiguous:      "“{0}” can be read both as {1} and as {2}. Use a point before decimals and a space between thousands.",
		tooPrecise:     "“{0}” can have at most {1} decimals.",
		negative:       "“{0}” cannot be less than zero.",
		notChoice:      "Choose one of the alternatives for “{0}”.",
		tooShort:       "Write at least {1} characters in “{0}”.",
		tooLong:        "Write at most {1} characters in “{0}”.",
		tooSmall:       "“{0}” cannot be less than {1}.",
		tooLarge:       "“{0}” cannot be greater than {1}.",
		tooEarly:       "“{0}” cannot be before {1}.",
		tooLate:        "“{0}” cannot be after {1}.",
		malformed:      "“{0}” is not written in the right way.",
		malformedSays:  "“{0}” is not written in the right way. {1}",
		notEmail:       "Write “{0}” as an e-mail address, for example name@example.com.",
		digits:         "Write “{0}” with {1} digits.",
		capitals:       "Write “{0}” in capital letters.",
		smallLetters:   "Write “{0}” in small letters.",
		noSpaces:       "Write “{0}” without spaces.",
		packedCapitals: "Write “{0}” in capital letters and without spaces.",
		fewRows:        "Add rows under “{0}”. There must be at least {1}.",
		manyRows:       "Delete rows under “{0}”. There can be at most {1}.",
		fewFiles:       "Upload files under “{0}”. There must be at least {1}.",
		manyFiles:      "Delete files under “{0}”. There can be at most {1}.",
		street:         "Street address", careOf: "C/O or other additional address", zipCode: "Postal code", postPlace: "Place", houseNumber: "Dwelling number",

		noExpression: "The expression in “{0}” cannot be read.",
		noBinding:    "“{0}” is missing, so there is nowhere to keep the answer.",
		noField:      "“{0}” names “{1}”, which is not in the data model.",
		isGroup:      "“{0}” names “{1}”, which is a group in the data model and cannot hold an answer.",
		noList:       "“{0}” names “{1}”, which is not a list in the data model.",
		insideList:   "“{0}” points into the list “{1}”, but the component stands in no repeating group of it.",
		otherType:    "“{0}” belongs to the data type “{1}”. Only the form's own data type can be filled in here.",
		noOptions:    "The component has no choices: both “options” and “optionsId” are missing.",
		noOptionList: "The application has no option list “{0}”. Lists that C# makes do not exist here.",
		noDataType:   "config/applicationmetadata.json has no data type “{0}”, so there is nowhere to keep the files.",
	}
}

// sentence puts a field's name, and more, into a sentence.
func sentence(pattern string, args ...string) string {
	var pairs []string
	for i, a := range args {
		pairs = append(pairs, "{"+strconv.Itoa(i)+"}", a)
	}
	return strings.NewReplacer(pairs...).Replace(pattern)
}
