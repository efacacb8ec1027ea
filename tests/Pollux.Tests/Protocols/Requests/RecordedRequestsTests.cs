using System.Text.Json;
using Pollux.Protocols.Translation;

namespace Pollux.Tests.Protocols.Requests;

/// <summary>Every chat request that a real program sent to a real provider translates into well-formed JSON.</summary>
public sealed class RecordedRequestsTests(ITestOutputHelper output)
{
    private static readonly HashSet<string> Apis = ["openai-chat", "gemini-openai-compat", "openrouter", "xai"];

    /// <summary>Recordings that must be refused, with the place that the refusal names.</summary>
    private static readonly Dictionary<string, string> Refused = new()
    {
        ["ai-gateway/chat-bad-request"] = "messages", // its only message has the content null; the provider refused it too
        ["ai-gateway/chat-no-messages"] = "messages", // an empty list; the provider refused it too
        ["openai-dotnet/ChatTests-FileIdContentWorks.1"] = "messages[0].content[1].file.file_id", // a file in OpenAI's own store
        ["openai-dotnet/ChatTests-FileIdContentWorksAsync.1"] = "messages[0].content[1].file.file_id",
    };

    [Theory]
    [InlineData(ChatCase.Flash25)]
    [InlineData(ChatCase.Flash35)]
    [InlineData(ChatCase.Flash38)]
    public void Recorded_requests_translate(string model)
    {
        Assert.SkipUnless(Directory.Exists(RepositoryFiles.Recordings), $"No recordings at {RepositoryFiles.Recordings}.");
        var (translated, lossy) = (0, 0);
        var faults = new List<string>();
        var kinds = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var meta in Directory.EnumerateFiles(RepositoryFiles.Recordings, "meta.json", SearchOption.AllDirectories))
        {
            var folder = Path.GetDirectoryName(meta)!;
            if (!IsChat(meta) || !File.Exists(Path.Combine(folder, "request.json")))
                continue;
            var name = Path.GetRelativePath(RepositoryFiles.Recordings, folder);
            try
            {
                var chat = ChatCase.Of(File.ReadAllBytes(Path.Combine(folder, "request.json")), model, defer: true);
                translated++;
                lossy += chat.Translation.Losses.IsEmpty ? 0 : 1;
                foreach (var loss in chat.Losses)
                    kinds[loss.What] = kinds.GetValueOrDefault(loss.What) + 1;
            }
            catch (RequestFormatException fault) when (Refused.TryGetValue(name, out var param) && param == fault.Param)
            {
                output.WriteLine($"refused as expected: {name}: {fault.Message}");
            }
            catch (Exception fault)
            {
                faults.Add($"{name}: {fault.GetType().Name} {fault.Message}");
            }
        }
        output.WriteLine($"{model}: {translated} translated, {lossy} with losses, {faults.Count} faults");
        foreach (var (what, count) in kinds)
            output.WriteLine($"{count,5} {what}");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.True(translated > 250, $"Only {translated} recordings were found.");
    }

    private static bool IsChat(string meta)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(meta));
        return json.RootElement.TryGetProperty("api", out var api) && Apis.Contains(api.GetString() ?? "")
            && json.RootElement.TryGetProperty("operation", out var operation) && operation.ValueKind is JsonValueKind.String
            && operation.GetString()!.EndsWith("chat/completions", StringComparison.Ordinal);
    }
}
