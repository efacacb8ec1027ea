using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Answers;

/// <summary>The calls that a user asks for by lines such as <c>call get_weather {"city":"Rome"}</c>, or that mode ANY demands.</summary>
internal static class ToolCallWish
{
    private const string Word = "call ";

    public static IReadOnlyList<FakeToolCall> Find(JsonObject request, JsonObject last)
    {
        JsonObject? config = request.Child("toolConfig")?.Child("functionCallingConfig");
        string mode = config?.Text("mode") ?? "AUTO";
        if (mode == "NONE" || last.Messages("parts").Any(static part => part.Has("functionResponse"))) return [];

        string[] allowed = config is null ? [] : [.. config.Texts("allowedFunctionNames")];
        JsonObject[] declared =
        [
            .. request.Messages("tools").SelectMany(static tool => tool.Messages("functionDeclarations"))
                .Where(declaration => allowed.Length == 0 || allowed.Contains(declaration.Text("name"))),
        ];
        if (declared.Length == 0) return [];

        List<FakeToolCall> calls = [];
        foreach (JsonObject part in last.Messages("parts"))
        {
            foreach (string line in (part.Text("text") ?? "").Split('\n', StringSplitOptions.TrimEntries))
            {
                if (Parse(line, declared) is { } call) calls.Add(call);
            }
        }

        if (calls.Count == 0 && mode == "ANY") calls.Add(Sample(declared[0]));
        return calls;
    }

    private static FakeToolCall? Parse(string line, JsonObject[] declared)
    {
        if (!line.StartsWith(Word, StringComparison.Ordinal)) return null;
        string[] words = line[Word.Length..].Split(' ', 2, StringSplitOptions.TrimEntries);
        if (!declared.Any(declaration => declaration.Text("name") == words[0])) return null;
        try
        {
            return words.Length == 1 ? new FakeToolCall(words[0]) : FakeToolCall.Parse(words[0], words[1]);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // Not a wish, just a sentence that begins alike.
            return null;
        }
    }

    private static FakeToolCall Sample(JsonObject declaration) => new(
        declaration.Text("name")!,
        SchemaSample.For(declaration["parameters"] ?? declaration["parametersJsonSchema"]) as JsonObject);
}
