// What an application of Altinn's reads from form data and writes of it: XmlSerializer and System.Text.Json, with classes as Altinn's
// generator makes them of the data models testdata/form.schema.json and of the receiving example: models QUESTIONS, a file. The answers
// stand in the order of the questions.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Serialization;

var web = new JsonSerializerOptions(JsonSerializerDefaults.Web);
var questions = JsonSerializer.Deserialize<Question[]>(File.ReadAllBytes(args[0]), web);
Console.WriteLine(JsonSerializer.Serialize(questions.Select(q => q.Answer()), web));

// Question is form data, with the name of the class to read it into.
record Question(string Model, string Xml, string Json)
{
    static readonly JsonSerializerOptions web = new(JsonSerializerDefaults.Web);

    // Answer is what an application stores of it as XML, and answers of that as JSON; or that it refuses it.
    public object Answer()
    {
        var type = Model == "sak" ? typeof(Saksmottak) : typeof(Skjema);
        try
        {
            var form = Json == null ? Read(type, Xml) : JsonSerializer.Deserialize(Json, type, web) ?? throw new JsonException();
            Prepare(form);
            var stored = Write(type, form);
            return new { Stored = stored, Form = JsonSerializer.SerializeToElement(Read(type, stored), type, web) };
        }
        catch (Exception e) when (e is InvalidOperationException or JsonException)
        {
            return new { Refused = true };
        }
    }

    static object Read(Type type, string xml)
    {
        using var reader = new XmlTextReader(new StringReader(xml));
        return new XmlSerializer(type).Deserialize(reader) ?? throw new InvalidOperationException();
    }

    static string Write(Type type, object form)
    {
        var settings = new XmlWriterSettings { Encoding = new UTF8Encoding(false), NewLineHandling = NewLineHandling.None };
        using var stored = new MemoryStream();
        using (var writer = XmlWriter.Create(stored, settings))
            new XmlSerializer(type).Serialize(writer, form);
        return Encoding.UTF8.GetString(stored.ToArray());
    }

    // Altinn's library changes a form before it writes it: characters that XML does not have become U+FFFD, white space that is the text of
    // an element becomes nothing.
    static void Prepare(object group)
    {
        foreach (var property in group.GetType().GetProperties())
        {
            switch (property.GetValue(group))
            {
                case string text when string.IsNullOrWhiteSpace(text) && property.IsDefined(typeof(XmlTextAttribute), false):
                    property.SetValue(group, null);
                    break;
                case string text:
                    property.SetValue(group, notXml.Replace(text, "\ufffd"));
                    break;
                case IEnumerable<Rad> rows:
                    foreach (var row in rows.Where(r => r != null))
                        Prepare(row);
                    break;
                case { } below when below.GetType().Assembly == typeof(Question).Assembly:
                    Prepare(below);
                    break;
            }
        }
    }

    static readonly Regex notXml = new(
        @"(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\uFEFF\uFFFE\uFFFF]");
}

[XmlRoot(ElementName = "Skjema")]
public class Skjema
{
    [XmlAttribute("Versjon")]
    public string Versjon { get; set; }

    [XmlElement("Tekst", Order = 1)]
    [JsonPropertyName("Tekst")]
    public string Tekst { get; set; }

    [XmlElement("Dag", Order = 2)]
    [JsonPropertyName("Dag")]
    public string Dag { get; set; }

    [XmlElement("Klokke", Order = 3)]
    [JsonPropertyName("Klokke")]
    public string Klokke { get; set; }

    [XmlElement("Tidspunkt", Order = 4)]
    [JsonPropertyName("Tidspunkt")]
    public DateTime? Tidspunkt { get; set; }

    public bool ShouldSerializeTidspunkt() => Tidspunkt.HasValue;

    [XmlElement("Antall", Order = 5)]
    [JsonPropertyName("Antall")]
    public decimal? Antall { get; set; }

    public bool ShouldSerializeAntall() => Antall.HasValue;

    [XmlElement("Heltall", Order = 6)]
    [JsonPropertyName("Heltall")]
    public int? Heltall { get; set; }

    public bool ShouldSerializeHeltall() => Heltall.HasValue;

    [XmlElement("Langt", Order = 7)]
    [JsonPropertyName("Langt")]
    public long? Langt { get; set; }

    public bool ShouldSerializeLangt() => Langt.HasValue;

    [XmlElement("Kort", Order = 8)]
    [JsonPropertyName("Kort")]
    public short? Kort { get; set; }

    public bool ShouldSerializeKort() => Kort.HasValue;

    [XmlElement("Sum", Order = 9)]
    [JsonPropertyName("Sum")]
    public decimal? Sum { get; set; }

    public bool ShouldSerializeSum() => Sum.HasValue;

    [XmlElement("Enig", Order = 10)]
    [JsonPropertyName("Enig")]
    public bool? Enig { get; set; }

    public bool ShouldSerializeEnig() => Enig.HasValue;

    [XmlElement("Navn", Order = 11)]
    [JsonPropertyName("Navn")]
    public List<string> Navn { get; set; }

    [XmlElement("Tall", Order = 12)]
    [JsonPropertyName("Tall")]
    public List<decimal> Tall { get; set; }

    [XmlElement("Gruppe", Order = 13)]
    [JsonPropertyName("Gruppe")]
    public Gruppe Gruppe { get; set; }

    [XmlElement("Rader", Order = 14)]
    [JsonPropertyName("Rader")]
    public List<Rad> Rader { get; set; }

    [XmlElement("Belop", Order = 15)]
    [JsonPropertyName("Belop")]
    public Belop Belop { get; set; }

    [XmlElement("Merknad", Order = 16)]
    [JsonPropertyName("Merknad")]
    public Merknad Merknad { get; set; }

    [XmlElement("Fritt", Order = 17)]
    [JsonPropertyName("Fritt")]
    public Fritt Fritt { get; set; }

    [XmlElement("Slag", Order = 18)]
    [JsonPropertyName("Slag")]
    public string Slag { get; set; }

    [XmlElement("Sist", Order = 19)]
    [JsonPropertyName("Sist")]
    public string Sist { get; set; }
}

public class Gruppe
{
    [XmlElement("Indre-Tekst", Order = 1)]
    [JsonPropertyName("Indre-Tekst")]
    public string IndreTekst { get; set; }

    [XmlElement("Dyp", Order = 2)]
    [JsonPropertyName("Dyp")]
    public Dyp Dyp { get; set; }
}

public class Dyp
{
    [XmlElement("Blad", Order = 1)]
    [JsonPropertyName("Blad")]
    public decimal? Blad { get; set; }

    public bool ShouldSerializeBlad() => Blad.HasValue;
}

public class Rad
{
    [XmlAttribute("altinnRowId")]
    [JsonPropertyName("altinnRowId")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Guid AltinnRowId { get; set; }

    public bool ShouldSerializeAltinnRowId() => AltinnRowId != default;

    [XmlElement("Celle", Order = 1)]
    [JsonPropertyName("Celle")]
    public string Celle { get; set; }

    [XmlElement("Nummer", Order = 2)]
    [JsonPropertyName("Nummer")]
    public decimal? Nummer { get; set; }

    public bool ShouldSerializeNummer() => Nummer.HasValue;
}

public class Belop
{
    [XmlAttribute("orid")]
    public string orid { get; set; }

    [XmlIgnore]
    [JsonPropertyName("value")]
    public decimal? valueNullable { get; set; }

    [XmlText]
    [JsonIgnore]
    public decimal value
    {
        get => valueNullable ?? default;
        set => valueNullable = value;
    }
}

public class Merknad
{
    [XmlAttribute("Kode")]
    public string Kode { get; set; }

    [XmlText]
    public string value { get; set; }
}

public class Fritt
{
    [XmlElement("En")]
    [JsonPropertyName("En")]
    public string En { get; set; }

    [XmlElement("To")]
    [JsonPropertyName("To")]
    public string To { get; set; }
}

[XmlRoot(ElementName = "Saksmottak")]
public class Saksmottak
{
    [XmlElement("Sak", Order = 1)]
    [JsonPropertyName("Sak")]
    public Sak Sak { get; set; }

    [XmlElement("Behandling", Order = 2)]
    [JsonPropertyName("Behandling")]
    public Behandling Behandling { get; set; }
}

public class Sak
{
    [XmlElement("Tittel", Order = 1)]
    [JsonPropertyName("Tittel")]
    public string Tittel { get; set; }

    [XmlElement("Kilde", Order = 2)]
    [JsonPropertyName("Kilde")]
    public string Kilde { get; set; }

    [XmlElement("KildeInstans", Order = 3)]
    [JsonPropertyName("KildeInstans")]
    public string KildeInstans { get; set; }

    [XmlElement("Soker", Order = 4)]
    [JsonPropertyName("Soker")]
    public string Soker { get; set; }

    [XmlElement("Adresse", Order = 5)]
    [JsonPropertyName("Adresse")]
    public string Adresse { get; set; }

    [XmlElement("Epost", Order = 6)]
    [JsonPropertyName("Epost")]
    public string Epost { get; set; }

    [XmlElement("Telefon", Order = 7)]
    [JsonPropertyName("Telefon")]
    public string Telefon { get; set; }

    [XmlElement("Formaal", Order = 8)]
    [JsonPropertyName("Formaal")]
    public string Formaal { get; set; }

    [XmlElement("Kommune", Order = 9)]
    [JsonPropertyName("Kommune")]
    public string Kommune { get; set; }

    [XmlElement("Omrade", Order = 10)]
    [JsonPropertyName("Omrade")]
    public string Omrade { get; set; }

    [XmlElement("FraDato", Order = 11)]
    [JsonPropertyName("FraDato")]
    public string FraDato { get; set; }

    [XmlElement("TilDato", Order = 12)]
    [JsonPropertyName("TilDato")]
    public string TilDato { get; set; }

    [XmlElement("AntallTurer", Order = 13)]
    [JsonPropertyName("AntallTurer")]
    public decimal? AntallTurer { get; set; }

    public bool ShouldSerializeAntallTurer() => AntallTurer.HasValue;

    [XmlElement("Begrunnelse", Order = 14)]
    [JsonPropertyName("Begrunnelse")]
    public string Begrunnelse { get; set; }

    [XmlElement("VilkarBekreftet", Order = 15)]
    [JsonPropertyName("VilkarBekreftet")]
    public bool? VilkarBekreftet { get; set; }

    public bool ShouldSerializeVilkarBekreftet() => VilkarBekreftet.HasValue;
}

public class Behandling
{
    [XmlElement("Status", Order = 1)]
    [JsonPropertyName("Status")]
    public string Status { get; set; }

    [XmlElement("Saksbehandler", Order = 2)]
    [JsonPropertyName("Saksbehandler")]
    public string Saksbehandler { get; set; }

    [XmlElement("Merknad", Order = 3)]
    [JsonPropertyName("Merknad")]
    public string Merknad { get; set; }
}
