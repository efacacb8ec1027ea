using System.Text;
using System.Text.Json;
using Pollux.FakeGemini;

namespace Pollux.IntegrationTests.Serving;

/// <summary>The thought signatures that came back to the upstream. That they are its own it checks itself; here stand-ins are refused.</summary>
internal static class SentSignatures
{
    private const string Placeholder = "skip_thought_signature_validator";

    /// <summary>Asserts that the first call of each turn has a signature of the model's, and in each request the same. No two steps may begin with the same call.</summary>
    /// <param name="request">What the upstream saw.</param>
    /// <param name="signatures">The signatures by their calls, to which this request's are added.</param>
    public static void Collect(ReceivedRequest request, Dictionary<string, string> signatures)
    {
        if (request.Method != "POST" || !request.Json.TryGetProperty("contents", out JsonElement contents))
            return;
        foreach (JsonElement content in contents.EnumerateArray())
        {
            JsonElement call = content.GetProperty("parts").EnumerateArray().FirstOrDefault(static part => part.TryGetProperty("functionCall", out _));
            if (call.ValueKind != JsonValueKind.Object)
                continue;
            Assert.True(call.TryGetProperty("thoughtSignature", out JsonElement sent), $"A call went to the model without its signature: {call}");
            string signature = sent.GetString()!;
            Assert.NotEqual(Placeholder, signature);
            Assert.NotEqual(Placeholder, Encoding.UTF8.GetString(Convert.FromBase64String(signature)));
            string step = $"{call.GetProperty("functionCall").GetProperty("name")} {call.GetProperty("functionCall").GetProperty("args")}"; // ids differ with the client
            Assert.Equal(signatures.GetValueOrDefault(step, signature), signature);
            signatures[step] = signature;
        }
    }
}
