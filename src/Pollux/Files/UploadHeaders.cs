using Pollux.Upstream;

namespace Pollux.Files;

/// <summary>The headers of Google's upload protocol, and which of them go on in which direction.</summary>
internal static class UploadHeaders
{
    /// <summary>What an upload is asked for: words such as <c>start</c> or <c>upload, finalize</c>.</summary>
    public const string Command = "X-Goog-Upload-Command";

    /// <summary>Where a piece begins.</summary>
    public const string Offset = "X-Goog-Upload-Offset";

    /// <summary><c>resumable</c>, <c>multipart</c> or <c>raw</c>.</summary>
    public const string Protocol = "X-Goog-Upload-Protocol";

    /// <summary>The announced size of a whole file.</summary>
    public const string ContentLength = "X-Goog-Upload-Header-Content-Length";

    /// <summary>Where the pieces of an upload go.</summary>
    public const string Url = "X-Goog-Upload-URL";

    private static readonly string[] Asked =
    [
        Protocol, Command, Offset, ContentLength, "X-Goog-Upload-Header-Content-Type", "X-Goog-Upload-File-Name", "X-Goog-Hash", "x-goog-api-client", "x-server-timeout",
    ];

    // Not the address and the control address: they are the upstream's own capabilities.
    private static readonly string[] Answered = ["X-Goog-Upload-Status", "X-Goog-Upload-Size-Received", "X-Goog-Upload-Chunk-Granularity"];

    /// <summary>What of a client's request goes to the upstream.</summary>
    public static List<KeyValuePair<string, string>> Of(IHeaderDictionary headers)
    {
        var picked = new List<KeyValuePair<string, string>>(6);
        foreach (string name in Asked)
        {
            if (headers.TryGetValue(name, out var value))
                picked.Add(new(name, value.ToString()));
        }

        return picked;
    }

    /// <summary>What of the upstream's answer goes to the client.</summary>
    public static List<KeyValuePair<string, string>> Of(HttpResponseMessage response)
    {
        var picked = new List<KeyValuePair<string, string>>(3);
        foreach (string name in Answered)
        {
            if (AnswerHeaders.One(response.Headers, name) is { } value)
                picked.Add(new(name, value));
        }

        return picked;
    }
}
