using System.Text.Json;

namespace Pollux.FakeGemini.Serving;

/// <summary>Reads the answer of a recorded exchange: exact bytes, cut into events where it is a stream.</summary>
internal static class RecordedAnswer
{
    public static RawBody Read(string folder)
    {
        JsonElement meta = JsonElement.Parse(File.ReadAllBytes(Path.Combine(folder, "meta.json")));
        string file = FileOf(folder);
        byte[] bytes = File.ReadAllBytes(file);
        bool events = file.EndsWith(".sse", StringComparison.Ordinal);
        string contentType = events ? "text/event-stream"
            : file.EndsWith(".json", StringComparison.Ordinal) ? "application/json; charset=UTF-8"
            : "text/html; charset=UTF-8";
        return new RawBody(StatusOf(meta, bytes, events), contentType, events ? SplitEvents(bytes) : [bytes]);
    }

    private static string FileOf(string folder)
    {
        foreach (string name in (ReadOnlySpan<string>)["response.sse", "response.json", "response.txt"])
        {
            string path = Path.Combine(folder, name);
            if (File.Exists(path)) return path;
        }

        throw new FileNotFoundException("The folder holds no recorded answer (response.sse, response.json or response.txt).", folder);
    }

    /// <summary>The recorded status; where only a body was kept, the code inside its error, or else 200.</summary>
    private static int StatusOf(JsonElement meta, byte[] body, bool events)
    {
        if (meta.GetProperty("status") is { ValueKind: JsonValueKind.Number } status) return status.GetInt32();
        if (events) return 200;
        try
        {
            JsonElement json = JsonElement.Parse(body);
            return json.ValueKind == JsonValueKind.Object && json.TryGetProperty("error", out JsonElement error) &&
                error.TryGetProperty("code", out JsonElement code)
                ? code.GetInt32()
                : 200;
        }
        catch (JsonException)
        {
            // Some recordings are of broken JSON; that is what they are for.
            return 200;
        }
    }

    /// <summary>Cuts after each empty line, whichever line ends the recording has. Nothing is added or lost.</summary>
    private static List<ReadOnlyMemory<byte>> SplitEvents(byte[] bytes)
    {
        List<ReadOnlyMemory<byte>> events = [];
        int start = 0;
        while (start < bytes.Length)
        {
            int end = EndOfEvent(bytes.AsSpan(start));
            events.Add(bytes.AsMemory(start, end));
            start += end;
        }

        return events;
    }

    private static int EndOfEvent(ReadOnlySpan<byte> rest)
    {
        int crlf = rest.IndexOf("\r\n\r\n"u8);
        int lf = rest.IndexOf("\n\n"u8);
        return (crlf, lf) switch
        {
            ( < 0, < 0) => rest.Length,
            ( >= 0, < 0) => crlf + 4,
            ( >= 0, _) when crlf < lf => crlf + 4,
            _ => lf + 2,
        };
    }
}
