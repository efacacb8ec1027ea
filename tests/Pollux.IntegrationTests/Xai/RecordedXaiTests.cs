using System.Text;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Xai;

/// <summary>UPS-3: recorded answers of xAI go through to the byte.</summary>
[Trait("Feature", "UPS-3")]
public sealed class RecordedXaiTests
{
    private static readonly string? Folder = FindFolder();

    /// <summary>The recordings; one empty row where there are none.</summary>
    public static TheoryData<string> Recordings => Folder is null
        ? [""]
        : [.. Directory.EnumerateDirectories(Folder).Select(static path => Path.GetFileName(path)).Where(static name => name.Contains("xai-xai-", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task An_answer_goes_through_to_the_byte(string name)
    {
        Assert.SkipWhen(name.Length == 0, "The recorded traffic is not beside the repository.");
        string stream = Path.Combine(Folder!, name, "response.sse"), whole = Path.Combine(Folder!, name, "response.json");
        bool isStream = File.Exists(stream);
        byte[] recorded = await File.ReadAllBytesAsync(isStream ? stream : whole, TestContext.Current.CancellationToken);
        await using TestGateway gateway = await XaiStand.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Raw(200, isStream ? "text/event-stream" : "application/json", recorded));
        Form form = isStream ? Form.OpenAIStream : Form.OpenAI;
        using HttpRequestMessage request = Ask.Request("/xai/v1/chat/completions", form.Body("Hello", XaiStand.Model));

        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(Encoding.UTF8.GetString(recorded), await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static string? FindFolder()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Pollux.slnx")))
                return Path.GetFullPath(Path.Combine(folder.FullName, "..", "shared", "fixtures", "ai")) is var path && Directory.Exists(path) ? path : null;
        }

        return null;
    }
}
