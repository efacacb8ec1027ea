using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.FakeGemini.Live;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Live;

/// <summary>Recorded sessions of a real client with Google, played through the gateway in both directions.</summary>
[Trait("Feature", "GEM-6")]
public sealed class RecordedSessionTests
{
    private static readonly string? Root = Find();

    public static bool HasRecordings => Root is not null;

    public static TheoryData<string> Cases => Root is null
        ? ["none"]
        : [.. Directory.EnumerateFiles(Root, "frames.jsonl", SearchOption.AllDirectories).Select(static file => Path.GetRelativePath(Root, Path.GetDirectoryName(file)!)).Order(StringComparer.Ordinal)];

    [Theory(Skip = "The recorded traffic (../shared/fixtures beside the repository) is not there.", SkipUnless = nameof(HasRecordings))]
    [MemberData(nameof(Cases))]
    public async Task A_recorded_session_arrives_frame_for_frame_on_both_sides(string name)
    {
        List<(bool Sent, string Text)> frames = [.. (await File.ReadAllLinesAsync(Path.Combine(Root!, name, "frames.jsonl"), TestContext.Current.CancellationToken)).Where(static line => line.Length > 0).Select(Read)];
        string model = JsonNode.Parse(frames[0].Text)!["setup"]!["model"]!.GetValue<string>();
        if (model.StartsWith("publishers/", StringComparison.Ordinal)) // of Vertex: the same messages under the Developer API's name
            (model, frames[0]) = ("models/gemini-live-2.5-flash", (true, frames[0].Text.Replace(model, "models/gemini-live-2.5-flash", StringComparison.Ordinal)));
        var lines = new RequestLines();
        await using TestGateway gateway = await lines.StartAsync(
            null, null, LiveStand.Upstream with { Models = [FakeModel.Named(model["models/".Length..]) with { Methods = ["bidiGenerateContent"], Modalities = ["AUDIO", "TEXT"] }], Strict = true });
        List<string> upstreamSaw = [];
        gateway.Upstream.Live.Play = session => PlayAsync(session, frames, upstreamSaw);

        using LiveClient client = await LiveClient.ConnectAsync(gateway.Address);
        List<string> clientSaw = [];
        foreach ((bool sent, string text) in frames)
        {
            if (sent)
                await client.SendAsync(text);
            else
                clientSaw.Add(Encoding.UTF8.GetString((await client.ReceiveAsync() ?? throw new Xunit.Sdk.XunitException($"Closed: {client.Socket.CloseStatus} {client.Socket.CloseStatusDescription}")).Bytes));
        }

        await client.CloseAsync();
        Assert.Equal(frames.Where(static frame => !frame.Sent).Select(static frame => frame.Text), clientSaw);
        Assert.Equal(frames.Where(static frame => frame.Sent).Select(static frame => frame.Text), upstreamSaw);
        RequestLine line = await lines.NextAsync();
        int prompt = frames.Where(static frame => !frame.Sent).Sum(static frame => JsonNode.Parse(frame.Text)!["usageMetadata"]?["promptTokenCount"]?.GetValue<int>() ?? 0);
        Assert.Equal($"{prompt}", line["prompt"]);
    }

    private static async Task PlayAsync(FakeLiveSession session, List<(bool Sent, string Text)> frames, List<string> saw)
    {
        saw.Add(Encoding.UTF8.GetString(session.RawSetup));
        foreach ((bool sent, string text) in frames.Skip(1))
        {
            if (!sent)
                await session.SendAsync(Encoding.UTF8.GetBytes(text), isText: false);
            else if (await session.ReceiveAsync() is { } frame)
                saw.Add(Encoding.UTF8.GetString(frame.Bytes));
        }

        while (await session.ReceiveAsync() is not null)
        {
        }
    }

    private static (bool Sent, string Text) Read(string line)
    {
        using JsonDocument frame = JsonDocument.Parse(line);
        return (frame.RootElement.GetProperty("direction").GetString() == "sent", frame.RootElement.GetProperty("data").GetRawText());
    }

    private static string? Find()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Pollux.slnx")))
            folder = folder.Parent;
        string recordings = Path.GetFullPath(Path.Combine(folder?.FullName ?? ".", "..", "shared", "fixtures"));
        return Directory.Exists(recordings) ? recordings : null;
    }
}
