using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.Tests.Protocols.Answers.Recorded;

namespace Pollux.IntegrationTests.Recordings;

/// <summary>A recorded request of chat completions.</summary>
internal sealed record RecordedChatRequest(string Name, JsonObject Body);

/// <summary>The recorded requests of chat completions that lie beside the repository.</summary>
internal static class RecordedChatRequests
{
    private static readonly string[] Apis = ["openai-chat", "gemini-openai-compat", "openrouter", "xai"];

    /// <summary>All of them, ordered by name. What a store of completions was asked for is no chat.</summary>
    public static IReadOnlyList<RecordedChatRequest> Read()
    {
        var requests = new List<RecordedChatRequest>();
        foreach (string path in Directory.EnumerateFiles(RecordedAnswers.Root!, "meta.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            JsonElement meta = JsonElement.Parse(File.ReadAllBytes(path));
            string folder = Path.GetDirectoryName(path)!;
            string request = Path.Combine(folder, "request.json");
            if (!Apis.Contains(meta.GetProperty("api").GetString()) || !File.Exists(request))
                continue;
            if (meta.GetProperty("operation").GetString() is { } operation && !operation.EndsWith("chat/completions", StringComparison.Ordinal))
                continue;
            if (JsonNode.Parse(File.ReadAllBytes(request)) is JsonObject body && body.ContainsKey("messages"))
                requests.Add(new RecordedChatRequest(Path.GetRelativePath(RecordedAnswers.Root!, folder).Replace('\\', '/'), body));
        }

        return requests;
    }
}
