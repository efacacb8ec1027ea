using System.Buffers;
using System.Globalization;
using Pollux.Affinity;
using Pollux.Files;
using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Answers;

namespace Pollux.Resources;

/// <summary>
/// Learns from one answer that streams by what was made or seen: names at the places where Google puts them, and until when they live.
/// Texts of a model are no such places. Of an interaction it learns what was used as well, from the names that Interactions have for it.
/// </summary>
internal sealed class ResourceAnswer
{
    private const int LongestKept = 4096;

    private static readonly string[] Words =
    [
        "name", "id", "uri", "expireTime", "expirationTime", "response", "metadata", "output", "responsesFile", "responses_file", "documentName", "document_name", "fileName", "tunedModel",
        "interaction", "environment_id", "environmentId", "generateVideoResponse", "generatedSamples", "generatedVideos", "video", "file", "files", "dest",
        "usage", "total_input_tokens", "total_cached_tokens", "total_output_tokens", "total_thought_tokens", "total_tool_use_tokens", "total_tokens",
    ];

    private readonly AffinityLedger _ledger;
    private readonly TimeProvider _clock;
    private readonly CredentialId _key;
    private readonly string _caller;
    private readonly ResourcePath _asked;
    private readonly MemberScanner _scanner;
    private readonly ArrayBufferWriter<byte> _kept = new(1024);
    private ResourcePath? _root;
    private DateTimeOffset? _expiresAt;
    private bool _isLong;

    /// <param name="ledger">Where it is remembered.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="key">The key that it came with.</param>
    /// <param name="caller">For whom.</param>
    /// <param name="asked">The path that was asked.</param>
    public ResourceAnswer(AffinityLedger ledger, TimeProvider clock, CredentialId key, string caller, ResourcePath asked)
    {
        (_ledger, _clock, _key, _caller, _asked) = (ledger, clock, key, caller, asked);
        _scanner = new MemberScanner(Words, Found, asked.Segments is ["interactions"] ? Counted : null); // one that is looked at later was booked when it was made
    }

    /// <summary>What the interaction that was made used, as far as the answer has told; nothing for all else.</summary>
    public GeminiUsage Usage { get; private set; }

    /// <summary>Takes in a piece before it goes to the client, who may use at once what it names.</summary>
    public void Feed(ReadOnlySpan<byte> piece)
    {
        _scanner.Feed(piece);
        _isLong |= _kept.WrittenCount + piece.Length > LongestKept;
        if (!_isLong)
            _kept.Write(piece);
    }

    /// <summary>The answer is whole.</summary>
    public void End()
    {
        if (_root is null)
            return;
        ReadOnlyMemory<byte> json = _isLong ? default : _kept.WrittenSpan.ToArray();
        Remember(_root, json.Span is [(byte)'{', ..] ? json : default);
    }

    private void Found(string path, string text)
    {
        switch (path)
        {
            case "expireTime" or "expirationTime":
                if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at))
                    _expiresAt = at;
                break;
            case "name":
                Learn(text, isRoot: true);
                break;
            case "id":
                Learn($"{_asked.Segments[0]}/{text}", isRoot: true);
                break;
            case "interaction.id":
                Learn("interactions/" + text, isRoot: false);
                break;
            case "environment_id" or "environmentId" or "interaction.environment_id":
                Learn(ResourceNaming.Named("environments/", text), isRoot: false);
                break;
            case "response.name" or "response.documentName" or "response.document_name" or "metadata.tunedModel" or "response.responsesFile" or "metadata.output.responsesFile" or "dest.fileName" or "files.name" or "file.name":
                Learn(text, isRoot: false);
                break;
            case "response.generateVideoResponse.generatedSamples.video.uri" or "response.generatedVideos.video.uri":
                if (FileNames.TryRead(Bare(text), out string? file))
                    Learn(file, isRoot: false);
                break;
        }
    }

    /// <summary>In a stream the counts come with the last event; the parts add up to the total as they do in Gemini's own usage.</summary>
    private void Counted(string path, long count)
    {
        int tokens = (int)Math.Min(count, int.MaxValue);
        ReadOnlySpan<char> name = path.StartsWith("interaction.", StringComparison.Ordinal) ? path.AsSpan("interaction.".Length) : path;
        Usage = name switch
        {
            "usage.total_input_tokens" => Usage with { Prompt = tokens },
            "usage.total_cached_tokens" => Usage with { Cached = tokens },
            "usage.total_output_tokens" => Usage with { Candidates = tokens },
            "usage.total_thought_tokens" => Usage with { Thoughts = tokens },
            "usage.total_tool_use_tokens" => Usage with { ToolUsePrompt = tokens },
            "usage.total_tokens" => Usage with { Total = tokens },
            _ => Usage,
        };
    }

    private void Learn(string name, bool isRoot)
    {
        if (ResourcePath.Parse(name) is not { Action: null, NamesResource: true } path)
            return;
        foreach (string above in path.Names())
        {
            if (above.Length < name.Length && _ledger.Find(above, _caller, out _) != ResourceClaim.Unknown)
                return; // it is found by what it lies in
        }

        if (isRoot)
            _root = path;
        Remember(path, default);
    }

    private void Remember(ResourcePath path, ReadOnlyMemory<byte> json)
    {
        DateTimeOffset until = (path == _root ? _expiresAt : null) ?? _clock.GetUtcNow() + ResourceNaming.LifeOf(path);
        _ledger.Remember(new RemoteResource(path.Name, ResourceNaming.KindOf(path), _key, _caller, until) { Payload = path.Segments[0] == "files" ? default : json });
    }

    /// <summary>The address of a file without what is asked of it.</summary>
    private static string Bare(string uri)
    {
        int end = uri.IndexOf(":download", StringComparison.Ordinal);
        return end < 0 ? uri : uri[..end];
    }
}
