using Microsoft.AspNetCore.Http.Features;
using Pollux.Access;
using Pollux.Endpoints.Dialects;
using Pollux.Protocols.Translation;
using Pollux.Telemetry;

namespace Pollux.Endpoints;

/// <summary>How OpenAI's routes refuse and fail.</summary>
internal static class OpenAIReplies
{
    /// <summary>Refuses a request that cannot be understood.</summary>
    public static Task RefuseAsync(HttpContext http, RequestRecord record, RequestFormatException fault) => OpenAIErrors.Instance.RefuseAsync(http, record, fault);

    /// <summary>Refuses a request.</summary>
    public static Task RefuseAsync(HttpContext http, RequestRecord record, GatewayError error) => OpenAIErrors.Instance.RefuseAsync(http, record, error);

    /// <summary>
    /// Tells a failure with its status while that is possible; else as an event, or as the body behind white space that kept
    /// the answer alive. An error in a stream ends it there.
    /// </summary>
    public static async Task FailAsync(HttpContext http, ClientStream client, GatewayError error, bool asEvent)
    {
        AnswerOutput output = await client.EnterAsync(http.RequestAborted, begin: false);
        bool inStream = client.Started && asEvent;
        if (!client.Started)
            ErrorHead.Write(http.Response, error);
        if (inStream)
            OpenAIErrors.Translate(error).WriteEvent(output);
        else
            OpenAIErrors.Translate(error).WriteBody(output);
        await client.FlushAsync(http.RequestAborted);
        if (inStream)
            throw new CutAnswerException();
    }

    /// <summary>Refuses moderation. 404, since clients try again what is told as 501.</summary>
    public static Task RefuseModerationAsync(HttpContext http) => RefuseAsync(http, http.Features.GetRequiredFeature<RequestRecord>(), new GatewayError(
        404, GatewayErrorKind.NotFound, "Gemini has no moderation model, so this gateway does not serve moderations. Gemini judges prompts and answers by its own safety settings.", Code: "unknown_url"));

    /// <summary>A failure in which the prompt of a chat has another name here.</summary>
    /// <param name="error">The failure.</param>
    /// <param name="input">The field that holds what the model reads.</param>
    public static GatewayError Of(this GatewayError error, string input) => error.Param == "messages" ? error with { Param = input } : error;
}
