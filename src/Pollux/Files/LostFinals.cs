using Pollux.Access;
using Pollux.Dispatch;
using Pollux.Upstream;

namespace Pollux.Files;

/// <summary>
/// Finds the file of an upload that is final at Google although the answer that told its name was lost: by its name, which was settled when
/// the upload began. Nothing is guessed from what a file looks like, since two callers may upload the same bytes with one key.
/// </summary>
internal sealed partial class LostFinals(Dispatcher dispatcher, FileBook book, ILogger<LostFinals> logger)
{
    private const string Version = "v1beta/";

    /// <summary>Asks for the file.</summary>
    /// <param name="session">The upload.</param>
    /// <param name="headers">What the answer that says so holds besides.</param>
    /// <param name="ask">Who asks.</param>
    /// <param name="isCertain">Google said that it is final; else it may just as well not be, and that there is no file means nothing.</param>
    /// <returns>The answer for the client; the file, if it was found; whether there is nothing more to find.</returns>
    public async Task<(FileReply Reply, UploadedFile? File, bool IsOver)> FindAsync(UploadSession session, IReadOnlyList<KeyValuePair<string, string>> headers, FileAsk ask, bool isCertain = true)
    {
        if (session.Name is not { Name: var name })
            return (Nowhere(ask, "nobody knows what it was made into", isCertain), null, true);
        var call = new UpstreamCall
        {
            Method = HttpMethod.Get,
            Path = Version + name,
            Model = "",
            Form = AnswerForm.Unary,
            IsFree = true,
            OwnedBy = new ResourceOwner(session.Key, name),
        };
        Dispatched result = await dispatcher.SendAsync(call, ask.Record, ask.Lifetime);
        if (result.Failure is { } failure)
        {
            return failure.Fault is { HttpStatus: 403 or 404, Owner: not KeyPool.FaultOwner.Key }
                ? (Nowhere(ask, $"Google knows no {name}", isCertain), null, true)
                : (failure, null, false); // at another moment it may be found
        }

        using WholeAnswer answer = result.Whole!;
        if (book.Learn(answer.Body, session.Key, session.Owner) is not { } file || book.Find(file.Name, session.Owner) is null)
            return (Nowhere(ask, $"{name} is none of this caller's", isCertain), null, true);
        Found(logger, ask.Record.Id, file.Name);
        byte[] body = [.. "{\"file\":"u8, .. file.Json.Span, .. "}"u8];
        return (new FileReply { ContentType = "application/json; charset=UTF-8", Body = body, Headers = headers }, file, true);
    }

    private GatewayError Nowhere(FileAsk ask, string why, bool isCertain)
    {
        if (isCertain)
            NotFound(logger, ask.Record.Id, why);
        return new GatewayError(
            502, GatewayErrorKind.UpstreamFailed, "Google has taken this upload whole, but the answer that tells what it was made into was lost, and it cannot be found with certainty. Upload it again.", Code: "upstream_error");
    }

    [LoggerMessage(EventId = 8130, Level = LogLevel.Information, Message = "{Request} The answer to the end of an upload was lost; its file was found: {File}.")]
    private static partial void Found(ILogger logger, string request, string file);

    [LoggerMessage(EventId = 8131, Level = LogLevel.Warning, Message = "{Request} The answer to the end of an upload was lost, and what was made of it cannot be found: {Words}.")]
    private static partial void NotFound(ILogger logger, string request, string words);
}
