using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini.Messages;
using Pollux.FakeGemini.Serving;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Live;

/// <summary>
/// Google's Live API. As there the WebSocket is opened for everybody and refusals are close frames: 1007 for what is invalid, 1008 for
/// what is not allowed or not there, 1011 for the rest, with the words of the HTTP error.
/// </summary>
internal sealed class LiveService(FakeLive live, KeyGate keys, ModelList models, ReceivedLog log, TimeProvider time)
{
    private const string Prefix = "/ws/google.ai.generativelanguage.";
    private const int TokenMinutes = 30, NewSessionMinutes = 1; // Google's guide to ephemeral tokens

    /// <summary>Whether a path is one of these.</summary>
    public static bool Serves(PathString path) => path.Value is { } text && (text.StartsWith("/ws/", StringComparison.Ordinal) || text.EndsWith("/auth_tokens", StringComparison.Ordinal));

    public async Task HandleAsync(HttpContext http)
    {
        string path = http.Request.Path.Value!;
        if (!path.StartsWith("/ws/", StringComparison.Ordinal))
        {
            await MakeTokenAsync(http, path);
            return;
        }

        string[] parts = path.StartsWith(Prefix, StringComparison.Ordinal) ? path[Prefix.Length..].Split('.') : [];
        bool known = parts is ["v1beta" or "v1alpha", "GenerativeService", "BidiGenerateContent"] or ["v1alpha", "GenerativeService", "BidiGenerateContentConstrained" or "BidiGenerateMusic"];
        if (!known || !http.WebSockets.IsWebSocketRequest)
        {
            http.Response.StatusCode = known ? 400 : 404;
            http.Response.ContentType = HtmlPage.ContentType;
            await http.Response.Body.WriteAsync(HtmlPage.NotFound(path));
            return;
        }

        ReceivedRequest request = Record(http, []);
        using WebSocket socket = await http.WebSockets.AcceptWebSocketAsync();
        try
        {
            await ServeAsync(http, socket, request, parts[0]);
        }
        finally
        {
            request.End(RequestEnd.Completed, time.GetUtcNow());
        }
    }

    private async Task ServeAsync(HttpContext http, WebSocket socket, ReceivedRequest request, string version)
    {
        (FakeKey? key, GoogleError? refusal) = Admit(request);
        using FakeLiveSession session = new(socket, request, key ?? new FakeKey("", new FakeProject("0", FakeTier.Free, new QuotaClock(time, QuotaMinute.Rolling))), http.Abort);
        if (refusal is null && await session.ReceiveAsync() is { } first)
        {
            refusal = Begin(session, first, version);
            if (refusal is null)
            {
                live.Begin(session);
                await TalkAsync(session);
            }
        }

        if (refusal is not null) await RefuseAsync(session, refusal);
        while (socket.State is WebSocketState.CloseSent && await session.ReceiveAsync() is not null)
        {
        }

        if (socket.State is WebSocketState.CloseReceived) await session.CloseAsync(1000, "");
        session.Over();
    }

    private (FakeKey? Key, GoogleError? Refusal) Admit(ReceivedRequest request)
    {
        string? token = request.Query.GetValueOrDefault("access_token");
        if (token is null && request.Action?.EndsWith("Constrained", StringComparison.Ordinal) != true) return keys.Check(request);
        if (token is not null && !request.Path.EndsWith("Constrained", StringComparison.Ordinal)) return (null, KeyErrors.AuthKeyRefused()); // without the method for it a token is no credential
        return token is not null && live.Use(token) is { } owner ? (owner, null) : (null, new GoogleError(401, "UNAUTHENTICATED", "Ephemeral token is invalid or has expired."));
    }

    private GoogleError? Begin(FakeLiveSession session, FakeLiveFrame first, string version)
    {
        (JsonObject? message, GoogleError? refusal) = Read(first);
        if (refusal is not null) return refusal;
        if (message!["setup"] is not JsonObject setup) return GoogleError.InvalidArgument("setup must be the first message and only the first.");
        session.Setup = setup;
        session.RawSetup = first.Bytes;
        string named = setup["model"]?.GetValue<string>() ?? "";
        session.Model = named.StartsWith("models/", StringComparison.Ordinal) ? named["models/".Length..] : named;
        if (models.Find(session.Model) is not { } model || !model.Methods.Contains("bidiGenerateContent")) return ModelErrors.NotFound(session.Model, version, "bidiGenerateContent");
        if (session.Key.Lacks(model.Id)) return ModelErrors.NotForNewProjects(model.Id);
        foreach (JsonNode? modality in setup["generationConfig"]?["responseModalities"] as JsonArray ?? [])
        {
            if (!model.Modalities.Contains(modality!.GetValue<string>())) return GoogleError.InvalidArgument("Cannot extract voices from a non-audio request.");
        }

        if (setup["sessionResumption"]?["handle"]?.GetValue<string>() is { Length: > 0 } handle)
        {
            session.Resumed = live.Said(handle, session.Key.Project);
            if (session.Resumed is null) return new GoogleError(404, "NOT_FOUND", "BidiGenerateContent session not found");
        }

        return session.Key.Project.Accept(model.Id, first.Bytes.Length / 4, out _)?.ToError(session.Key.Project.Tier, model.Id, false);
    }

    private async Task TalkAsync(FakeLiveSession session)
    {
        if (live.TryTakeRefusal(out (int Code, string Reason)? refusal))
        {
            if (refusal is { } words) await session.CloseAsync(words.Code, words.Reason);
            else session.Abort();
            return;
        }

        if (live.Play is { } play)
        {
            await play(session);
            return;
        }

        await session.SayAsync(new() { ["setupComplete"] = new JsonObject() });
        while (await session.ReceiveAsync() is { } frame)
        {
            session.Keep(frame);
            (JsonObject? message, GoogleError? invalid) = Read(frame);
            if (invalid is null && message!.ContainsKey("setup")) invalid = GoogleError.InvalidArgument("setup must be the first message and only the first.");
            if (invalid is not null)
            {
                await RefuseAsync(session, invalid);
                return;
            }

            List<JsonObject> answer = [.. live.Answer?.Invoke(session, message!) ?? LiveMind.AnswerTo(session, message!)];
            try
            {
                foreach (JsonObject one in answer) await session.SayAsync(one);
                if (answer.Count > 0 && session.Setup["sessionResumption"] is not null)
                {
                    session.Handle = live.NewHandle(session.Key.Project, session.Model);
                    await session.SayAsync(new() { ["sessionResumptionUpdate"] = new JsonObject { ["newHandle"] = session.Handle, ["resumable"] = true } });
                }
            }
            catch (Exception fault) when (fault is WebSocketException or IOException or ObjectDisposedException or InvalidOperationException)
            {
                return; // the client, or the test, ended it
            }
        }
    }

    private static (JsonObject? Message, GoogleError? Refusal) Read(FakeLiveFrame frame)
    {
        try
        {
            (JsonObject message, IReadOnlyList<FieldViolation> violations) = MessageReader.Read(JsonElement.Parse(frame.Bytes), LiveMessages.ClientMessage);
            return violations.Count > 0 ? (null, GoogleError.InvalidArgument(violations[0].Description)) : (message, null);
        }
        catch (JsonException)
        {
            return (null, GoogleError.InvalidArgument("Invalid JSON payload received. Unexpected token."));
        }
    }

    private async Task MakeTokenAsync(HttpContext http, string path)
    {
        using MemoryStream body = new();
        await http.Request.Body.CopyToAsync(body);
        ReceivedRequest request = Record(http, body.ToArray());
        (FakeKey? key, GoogleError? refusal) = path == "/v1alpha/auth_tokens" && http.Request.Method == "POST" ? keys.Check(request) : (null, new GoogleError(404, "NOT_FOUND", "Method not found."));
        JsonObject? token = null;
        if (key is not null) (token, refusal) = ReadToken(request);
        JsonObject answer = [];
        if (refusal is null)
        {
            DateTimeOffset now = time.GetUtcNow();
            DateTimeOffset expires = token!["expireTime"] is { } told ? DateTimeOffset.Parse(told.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture) : now.AddMinutes(TokenMinutes);
            DateTimeOffset sessions = token["newSessionExpireTime"] is { } until ? DateTimeOffset.Parse(until.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture) : now.AddMinutes(NewSessionMinutes);
            answer["name"] = live.NewToken(key!, token["uses"] is { } uses ? int.Parse(uses.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture) : 1, expires, sessions);
        }

        request.Status = http.Response.StatusCode = refusal?.Code ?? 200;
        http.Response.ContentType = ReplyFraming.Json;
        await http.Response.Body.WriteAsync(GoogleJson.Pretty(refusal?.ToJson() ?? answer));
        request.End(RequestEnd.Completed, time.GetUtcNow());
    }

    private static (JsonObject? Token, GoogleError? Refusal) ReadToken(ReceivedRequest request)
    {
        try
        {
            (JsonObject token, IReadOnlyList<FieldViolation> violations) = MessageReader.Read(request.Json, LiveMessages.AuthToken);
            return violations.Count > 0 ? (null, GoogleError.InvalidArgument(violations[0].Description)) : (token, null);
        }
        catch (JsonException)
        {
            return (null, GoogleError.InvalidArgument("Invalid JSON payload received. Unexpected token."));
        }
    }

    private static Task RefuseAsync(FakeLiveSession session, GoogleError error) =>
        session.CloseAsync(error.Code switch { 400 => 1007, 401 or 403 or 404 => 1008, _ => 1011 }, error.Message);

    private ReceivedRequest Record(HttpContext http, byte[] body)
    {
        Dictionary<string, string> query = http.Request.Query.ToDictionary(static pair => pair.Key, static pair => pair.Value[0] ?? "", StringComparer.Ordinal);
        Dictionary<string, string> headers = http.Request.Headers.ToDictionary(static pair => pair.Key, static pair => pair.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        string path = http.Request.Path.Value!;
        string action = path[(path.LastIndexOfAny(['.', '/']) + 1)..];
        ReceivedRequest request = new(log.NextSequence(), time.GetUtcNow(), http.Request.Method, new GeminiPath(path, "", null, action), query, headers, body, KeyGate.KeyOf(headers, query));
        log.Add(request);
        return request;
    }
}
