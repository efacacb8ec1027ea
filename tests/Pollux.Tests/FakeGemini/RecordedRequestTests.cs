using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.FakeGemini.Validation;
using Pollux.FakeGemini.Wire;

namespace Pollux.Tests.FakeGemini;

/// <summary>
/// What Google accepted, the fake accepts: each recorded request with status 200 goes through the strict rules, without any
/// exception. Recorded refusals with status 400 came without their requests, so their bodies are compared elsewhere.
/// </summary>
public sealed class RecordedRequestTests
{
    private static readonly string[] Operations =
        ["generateContent", "streamGenerateContent", "countTokens", "embedContent", "batchEmbedContents"];

    public static TheoryData<string> Accepted => Names(200);

    [Theory]
    [MemberData(nameof(Accepted))]
    public void Recorded_request_with_status_200_is_accepted(string name)
    {
        Fixture fixture = Fixtures.Get(name);

        GoogleError? refusal = Validate(fixture);

        Assert.True(refusal is null, refusal?.Message);
    }

    private static GoogleError? Validate(Fixture fixture)
    {
        // Signatures in recordings were given out by Google, so they are not checked.
        RequestValidator validator = new(new JsonSchemaRules(refuseUnverified: true), signatures: null);
        (JsonObject? _, GoogleError? refusal) = validator.Validate(fixture.Operation, FakeModel.Named(fixture.Model!), project: null, fixture.Request);
        return refusal;
    }

    private static TheoryData<string> Names(int status)
    {
        TheoryData<string> names = [];
        foreach (Fixture fixture in Fixtures.Gemini)
        {
            if (fixture.Status == status && fixture.HasRequest && fixture.Model is not null && Operations.Contains(fixture.Operation))
                names.Add(fixture.Name);
        }

        if (names.Count == 0) names.Add(Fixtures.Absent);
        return names;
    }
}
