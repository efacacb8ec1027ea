using System.Text;
using System.Text.Json;

namespace Pollux.Tests.Protocols.Answers.Recorded;

/// <summary>The form in which a recorded answer came.</summary>
internal enum RecordedForm
{
    /// <summary>One body.</summary>
    Unary,

    /// <summary>Server-sent events.</summary>
    Events,

    /// <summary>One JSON array, sent element by element.</summary>
    Array,
}

/// <summary>A recorded answer of generation, good or bad.</summary>
/// <param name="Name">Its folder below the recordings.</param>
/// <param name="Status">The HTTP status; 200 where only a good body was kept.</param>
/// <param name="Form">How it is framed.</param>
/// <param name="Bytes">Exactly what was sent.</param>
internal sealed record RecordedAnswer(string Name, int Status, RecordedForm Form, byte[] Bytes)
{
    private static readonly Encoding Utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// The JSON payloads, found without the product's framer: a whole body, the elements of the array, or the joined data
    /// lines of each event. What is no event is a payload as it stands.
    /// </summary>
    public IReadOnlyList<byte[]> Payloads { get; } = Form switch
    {
        RecordedForm.Unary => [Bytes],
        RecordedForm.Array => [.. JsonElement.Parse(Bytes).EnumerateArray().Select(element => Utf8.GetBytes(element.GetRawText()))],
        _ => [.. SplitEvents(Utf8.GetString(Bytes))],
    };

    /// <summary>The payloads as JSON; <see langword="null"/> where one is not well-formed.</summary>
    public IReadOnlyList<JsonElement>? Events { get; private init; }

    public override string ToString() => Name;

    public static RecordedAnswer Create(string name, int status, RecordedForm form, byte[] bytes)
    {
        var answer = new RecordedAnswer(name, status, form, bytes);
        try
        {
            return answer with { Events = [.. answer.Payloads.Select(payload => JsonElement.Parse(payload))] };
        }
        catch (JsonException)
        {
            return answer;
        }
    }

    private static IEnumerable<byte[]> SplitEvents(string text)
    {
        foreach (string block in text.Replace("\r\n", "\n", StringComparison.Ordinal).Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            string[] lines = block.Trim('\n').Split('\n');
            string[] data = [.. lines.Where(line => line.StartsWith("data:", StringComparison.Ordinal)).Select(line => line["data:".Length..].TrimStart(' '))];
            yield return Utf8.GetBytes(data.Length > 0 ? string.Join('\n', data) : block.Trim());
        }
    }
}
