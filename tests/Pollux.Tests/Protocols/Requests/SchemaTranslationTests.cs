using System.Text.Json.Nodes;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.JsonSchema;
using Pollux.Protocols.Translation;

namespace Pollux.Tests.Protocols.Requests;

public sealed class SchemaTranslationTests
{
    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"type":["string","null"],"default":"x","pattern":"^a","minLength":1,"maxLength":9}},"required":["a"],"additionalProperties":false}""")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{"type":"integer","minimum":1,"maximum":5}}}""")]
    [InlineData("""{"type":"array","items":{"anyOf":[{"type":"string"},{"type":"number"}]},"minItems":1,"uniqueItems":true}""")]
    [InlineData("""{"type":"object","properties":{"type":{"type":"string"},"const":{"type":"string"},"not":{"type":"string"},"if":{"type":"string"},"$schema":{"type":"string"},"format":{"type":"string"},"default":{"type":"string"}},"required":["type","not"]}""")]
    [InlineData("""{ "type" : "object", "properties": { "a" : { "enum": ["x", 1] , "type":["string","integer"]} } }""")]
    public void ToJsonSchema_a_schema_that_needs_no_change_keeps_its_bytes(string schema)
    {
        var raw = RawJson.FromUtf8(System.Text.Encoding.UTF8.GetBytes(schema));
        var losses = new LossReport();
        Assert.True(SchemaTranslation.ToJsonSchema(raw, losses, "p").Utf8.Equals(raw.Utf8));
        Assert.True(losses.IsEmpty);
    }

    [Theory]
    [InlineData("""{"$schema":"x","$comment":"y","type":"string"}""", """{"type":"string"}""", "")]
    [InlineData("""{"type":"STRING"}""", """{"type":"string"}""", "")]
    [InlineData("""{"const":"a"}""", """{"type":"string","enum":["a"]}""", "")]
    [InlineData("""{"const":5}""", """{"type":"number","enum":[5]}""", "")]
    [InlineData("""{"const":true}""", """{"type":"boolean","description":"(allowed value: true)"}""", "p.enum")]
    [InlineData("""{"type":"string","enum":["a",null]}""", """{"type":["string","null"],"enum":["a"]}""", "")]
    [InlineData("""{"type":"string","nullable":true}""", """{"type":["string","null"]}""", "")]
    [InlineData("""{"type":"integer","exclusiveMinimum":0,"exclusiveMaximum":10}""", """{"type":"integer","minimum":1,"maximum":9}""", "")]
    [InlineData("""{"type":"number","exclusiveMinimum":0}""", """{"type":"number","minimum":0,"description":"(greater than 0)"}""", "p.exclusiveMinimum")]
    [InlineData("""{"type":"integer","minimum":0,"exclusiveMinimum":true}""", """{"type":"integer","minimum":1}""", "")]
    [InlineData("""{"type":"integer","exclusiveMinimum":0,"maximum":9007199254740991}""", """{"type":"integer","minimum":1,"maximum":9007199254740991}""", "")]
    [InlineData("""{"type":"integer","multipleOf":5,"description":"d"}""", """{"type":"integer","description":"d (multiple of 5)"}""", "p.multipleOf")]
    [InlineData("""{"type":"object","properties":{"a":{"not":{"type":"string"}}}}""", """{"type":"object","properties":{"a":{}}}""", "p.properties.a.not")]
    [InlineData("""{"type":"object","patternProperties":{"^x":{}}}""", """{"type":"object"}""", "p.patternProperties")]
    [InlineData("""{"type":"object","properties":{"a":true}}""", """{"type":"object","properties":{"a":{}}}""", "")]
    [InlineData("""{"type":"object","properties":{"a":{}},"required":["a","b"]}""", """{"type":"object","properties":{"a":{}},"required":["a"]}""", "p.required")]
    [InlineData("""{"type":"array","items":[{"type":"string"},{"type":"number"}]}""", """{"type":"array","prefixItems":[{"type":"string"},{"type":"number"}]}""", "")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#/definitions/A"}},"definitions":{"A":{"type":"string","examples":["x"]}}}""",
        """{"$defs":{"A":{"type":"string"}},"type":"object","properties":{"a":{"$ref":"#/$defs/A"}}}""", "p.$defs.A.examples")]
    [InlineData("""{"properties":{"a":{"$ref":"#/$defs/A","description":"d"}},"$defs":{"A":{"type":"string"}}}""",
        """{"$defs":{"A":{"type":"string"}},"properties":{"a":{"anyOf":[{"$ref":"#/$defs/A"}],"description":"d"}}}""", "")]
    [InlineData("""{"properties":{"a":{"type":"string"},"b":{"$ref":"#/properties/a"}}}""", """{"properties":{"a":{"type":"string"},"b":{"type":"string"}}}""", "")]
    [InlineData("""{"properties":{"a":{"$ref":"http://x/y"}}}""", """{"properties":{"a":{}}}""", "p.properties.a.$ref")]
    [InlineData("""{"allOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"b":{"type":"number"}},"required":["b"]}]}""",
        """{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"number"}},"required":["a","b"]}""", "")]
    [InlineData("""{"properties":{"a":{"allOf":[{"$ref":"#/$defs/A"}],"description":"d"}},"$defs":{"A":{"type":"string"}}}""",
        """{"$defs":{"A":{"type":"string"}},"properties":{"a":{"type":"string","description":"d"}}}""", "")]
    [InlineData("""{"type":"object","properties":{"const":{"const":"x"},"required":{"type":"string","readOnly":true}}}""",
        """{"type":"object","properties":{"const":{"type":"string","enum":["x"]},"required":{"type":"string"}}}""", "p.properties.required.readOnly")]
    public void ToJsonSchema_rewrites_what_gemini_does_not_take(string schema, string expected, string losses) =>
        Check(SchemaTranslation.ToJsonSchema, schema, expected, losses);

    [Theory]
    [InlineData("""{"type":"string"}""", """{"type":"STRING"}""", "")]
    [InlineData("""{"type":["string","null"]}""", """{"type":"STRING","nullable":true}""", "")]
    [InlineData("""{"type":["string","number"]}""", """{"anyOf":[{"type":"STRING"},{"type":"NUMBER"}]}""", "")]
    [InlineData("""{"anyOf":[{"type":"string"},{"type":"null"}],"description":"d"}""", """{"type":"STRING","nullable":true,"description":"(d)"}""", "")]
    [InlineData("""{"oneOf":[{"type":"string"},{"type":"integer"}]}""", """{"anyOf":[{"type":"STRING"},{"type":"INTEGER"}]}""", "")]
    [InlineData("""{"type":"string","enum":["a","b"]}""", """{"type":"STRING","enum":["a","b"]}""", "")]
    [InlineData("""{"const":"a"}""", """{"type":"STRING","enum":["a"]}""", "")]
    [InlineData("""{"type":"string","enum":["a",""]}""", """{"type":"STRING","enum":["a"]}""", "p.enum")]
    [InlineData("""{"type":"integer","enum":[1,2]}""", """{"type":"INTEGER","description":"(one of [1,2])"}""", "p.enum")]
    [InlineData("""{"type":"string","format":"date-time"}""", """{"type":"STRING","format":"date-time"}""", "")]
    [InlineData("""{"type":"string","format":"uri"}""", """{"type":"STRING","description":"(format: \"uri\")"}""", "p.format")]
    [InlineData("""{"type":"array"}""", """{"type":"ARRAY","items":{"type":"STRING"}}""", "")]
    [InlineData("""{"type":"object"}""", """{"type":"OBJECT"}""", "")]
    [InlineData("""{"properties":{"a":{"type":"integer","exclusiveMinimum":0}}}""", """{"type":"OBJECT","properties":{"a":{"type":"INTEGER","description":"(greater than 0)"}}}""", "p.properties.a.exclusiveMinimum")]
    [InlineData("""{"type":"object","properties":{"b":{"type":"string"},"a":{"type":"string"}},"required":["a","zz"],"additionalProperties":false,"title":"T"}""",
        """{"type":"OBJECT","properties":{"b":{"type":"STRING"},"a":{"type":"STRING"}},"required":["a"],"propertyOrdering":["b","a"]}""", "p.required")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{"type":"string","description":"inner"}}}""",
        """{"type":"OBJECT","properties":{"a":{"type":"STRING","description":"inner"}}}""", "")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#"}}}""",
        """{"type":"OBJECT","properties":{"a":{"type":"OBJECT","properties":{"a":{"type":"OBJECT","description":"(the same structure as #)"}}}}}""", "p.properties.a.properties.a")]
    [InlineData("""{"type":"object","properties":{"x":{}}}""", """{"type":"OBJECT","properties":{"x":{"type":"STRING"}}}""", "p.properties.x")]
    [InlineData("""{"type":"object","properties":{"enum":{"type":"string"},"default":{"type":"string","default":"x"}}}""",
        """{"type":"OBJECT","properties":{"enum":{"type":"STRING"},"default":{"type":"STRING"}},"propertyOrdering":["enum","default"]}""", "p.properties.default.default")]
    [InlineData("""{"allOf":[{"type":"object","properties":{"a":{"type":"string"}}},{"required":["a"]}]}""", """{"type":"OBJECT","properties":{"a":{"type":"STRING"}},"required":["a"]}""", "")]
    public void ToProtoSchema_speaks_googles_own_language(string schema, string expected, string losses) =>
        Check(SchemaTranslation.ToProtoSchema, schema, expected, losses);

    [Fact]
    public void ToProtoSchema_references_that_multiply_come_to_an_end()
    {
        // Each definition names the next one twice: two to the power of 20 leaves when all are inlined.
        var definitions = string.Join(',', Enumerable.Range(0, 20).Select(i =>
            $$$"""
            "D{{{i}}}":{"type":"object","properties":{"l":{"$ref":"#/$defs/D{{{i + 1}}}"},"r":{"$ref":"#/$defs/D{{{i + 1}}}"} } }
            """));
        var schema = $$$"""{"$ref":"#/$defs/D0","$defs":{ {{{definitions}}},"D20":{"type":"string"} } }""";
        var proto = SchemaTranslation.ToProtoSchema(RawJson.Parse(schema), new LossReport(), "p");
        Assert.True(proto.Utf8.Length < 1_000_000, $"{proto.Utf8.Length} bytes");
    }

    [Fact]
    public void ToJsonSchema_references_in_a_circle_come_to_an_end()
    {
        var schema = RawJson.Parse("""{"properties":{"a":{"$ref":"#/properties/b"},"b":{"$ref":"#/properties/a"},"c":{"properties":{"d":{"$ref":"#/properties/c"}}}}}""");
        var clean = SchemaTranslation.ToJsonSchema(schema, new LossReport(), "p");
        Assert.True(clean.Utf8.Length < 200_000, $"{clean.Utf8.Length} bytes");
    }

    private static void Check(Func<RawJson, LossReport, string, RawJson> translate, string schema, string expected, string losses)
    {
        var report = new LossReport();
        var actual = translate(RawJson.Parse(schema), report, "p");
        var node = JsonNode.Parse(actual.Utf8.Span);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), node), $"expected {expected}\nactual   {node!.ToJsonString()}");
        Assert.Equal(losses, string.Join(' ', report.Losses.Select(loss => loss.Path)));
    }
}
