using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pollux.Tests.Protocols.Requests;

/// <summary>
/// Whole requests with the whole expected result, one file each in <c>Golden/</c>: <c>model</c>, <c>request</c>,
/// <c>gemini</c>, <c>losses</c>. A new case is a new file.
/// </summary>
public sealed class GoldenRequestsTests
{
    private static readonly JsonDocumentOptions Reading = new() { CommentHandling = JsonCommentHandling.Skip };

    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(Folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    private static string Folder => RepositoryFiles.Of("tests", "Pollux.Tests", "Protocols", "Requests", "Golden");

    [Theory]
    [MemberData(nameof(Files))]
    public void A_request_translates_as_its_file_says(string file)
    {
        var golden = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, $"{file}.json")), documentOptions: Reading)!;
        var chat = ChatCase.Of(golden["request"]!.ToJsonString(), (string)golden["model"]!);
        ChatCase.Same(golden["gemini"]!.ToJsonString(), chat.Wire);
        Assert.Equal((string?)golden["losses"], chat.Translation.Losses.ToHeader());
    }
}
