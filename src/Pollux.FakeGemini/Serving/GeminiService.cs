using System.Text.Json.Nodes;
using Pollux.FakeGemini.Answers;
using Pollux.FakeGemini.Files;
using Pollux.FakeGemini.Messages;
using Pollux.FakeGemini.Resources;
using Pollux.FakeGemini.Validation;
using Pollux.FakeGemini.Vertex;
using Pollux.FakeGemini.Wire;
using Pollux.FakeGemini.Xai;

namespace Pollux.FakeGemini.Serving;

/// <summary>
/// One request from the socket to its answer, in Google's order: path, key, model, body, and only then what the script says,
/// so that a script cannot hide a bad request. Quota is counted last, for requests that are served.
/// </summary>
internal sealed class GeminiService(
    FakeGeminiOptions options, RequestReader reader, ReplySender sender, KeyGate keys, ModelList models, FakeScript script,
    RequestValidator? validator, IdSource ids, SignatureMint signatures, FakeFiles files, FakeResources kept, ResourcesService resources, VertexGate vertex, TokenService tokenService, XaiService xai, CompatibleService compatible)
{
    private readonly ModelMind _mind = new(options.Chunks);
    private readonly OpenAIService _openAI = new(keys, models, script, ids);

    public async Task HandleAsync(HttpContext http)
    {
        ReceivedRequest? request = null;
        bool reset = false;
        try
        {
            (request, bool tooLarge) = await reader.ReadAsync(http);
            (FakeReply reply, ReplyPlan plan) = tooLarge
                ? Refuse(request, ModelErrors.TooLarge(options.MaxBodyBytes))
                : Decide(request);
            reset = await sender.SendAsync(http, request, reply, plan);
        }
        catch (Exception fault) when (fault is OperationCanceledException or IOException && http.RequestAborted.IsCancellationRequested)
        {
            // The client went away; the log says so.
        }
        finally
        {
            RequestEnd end = reset ? RequestEnd.Reset
                : http.RequestAborted.IsCancellationRequested ? RequestEnd.AbortedByClient
                : RequestEnd.Completed;
            request?.End(end, options.TimeProvider.GetUtcNow());
        }
    }

    private (FakeReply Reply, ReplyPlan Plan) Decide(ReceivedRequest request)
    {
        bool isResource = ResourcesService.Serves(request);
        if (request.Action is null && !isResource) return Page(HtmlPage.NotFound(request.Path));
        if (request.Action?.StartsWith(GeminiPath.OpenAIPrefix, StringComparison.Ordinal) == true) return _openAI.Decide(request);
        if (request.Action?.StartsWith("xai/", StringComparison.Ordinal) == true) return xai.Decide(request);
        if (request.Action?.StartsWith(GeminiPath.CompatiblePrefix, StringComparison.Ordinal) == true) return compatible.Decide(request);
        if (request.Action == GeminiPath.TokenAction) return GiveToken(request);
        if (request.IsVertex && !VertexGate.Leads(request)) return Page(HtmlPage.NotFound(request.Path));
        (FakeKey? key, GoogleError? refusal) = request.IsVertex ? vertex.Check(request) : keys.Check(request);
        if (key is null) return Refuse(request, refusal!);
        if (request.IsVertex) return DecideVertex(request, key);
        if (isResource) return Resource(request, key);

        bool listing = request.Method == "GET" && request.Action is "listModels" or "getModel";
        if (!listing && (request.Method != "POST" || request.Model is null)) return Page(HtmlPage.NotFound(request.Path));
        if (listing && request.Action == "listModels") return Scripted(request, key) ?? List(request);

        FakeModel? model = models.Find(request.Model ?? "");
        string method = request.Action == "batchEmbedContents" ? "embedContent" : request.Action!;
        if (model is null || (!listing && !IsServed(model, request.Action!)))
            return Refuse(request, ModelErrors.NotFound(request.Model ?? "", request.Version, method));
        if (key.Lacks(model.Id)) return Refuse(request, ModelErrors.NotForNewProjects(model.Id));
        if (listing) return Scripted(request, key) ?? Whole(ModelList.Describe(model));
        return Call(request, key, model);
    }

    private (FakeReply Reply, ReplyPlan Plan) GiveToken(ReceivedRequest request)
    {
        request.Account = TokenService.Claimed(request.Body);
        if (request.Method != "POST") return Page(HtmlPage.NotFound(request.Path));
        return script.Take(request) is { IsFault: true } reply
            ? (reply, Plan(request, reply, new FakeKey(request.Account ?? "", new FakeProject("0", FakeTier.Paid, new QuotaClock(options.TimeProvider, options.QuotaMinute))), FakeModel.Named(""), [], 0))
            : (FakeReply.Default, tokenService.Give(request.Body));
    }

    private (FakeReply Reply, ReplyPlan Plan) DecideVertex(ReceivedRequest request, FakeKey key)
    {
        if (request.Method != "POST") return Page(HtmlPage.NotFound(request.Path));
        FakeModel? model = models.Find(request.Model!);
        bool served = model is not null && request.Action switch
        {
            "predict" => model.Supports("predict") || (model.Supports("embedContent") && model.Generation < 2),
            "embedContent" => model.Supports("embedContent") && model.Generation >= 2,
            "batchEmbedContents" => false,
            _ => IsServed(model, request.Action!),
        };
        return model is null || !served || key.Lacks(model.Id)
            ? Refuse(request, VertexErrors.ModelNotFound(VertexGate.ResourceOf(request, request.Project ?? key.Project.Number)))
            : Call(request, key, model);
    }

    /// <summary>What fails leaves nothing behind, unless it is the way of the answer that fails.</summary>
    private (FakeReply Reply, ReplyPlan Plan) Resource(ReceivedRequest request, FakeKey key)
    {
        FakeReply reply = script.Take(request) ?? FakeReply.Default;
        if (reply.Body is not MindBody)
            return (reply, Plan(request, reply, key, FakeModel.Named(request.Model ?? ""), [], 0));
        (ReplyPlan? plan, GoogleError? refusal) = resources.Answer(request, key);
        if (refusal is not null) return Refuse(request, refusal);
        if (plan is null) return Page(HtmlPage.NotFound(request.Path));
        ReplyForm form = plan.ContentType == ReplyFraming.EventStream ? ReplyForm.Events : ReplyForm.Unary;
        return (reply, plan.BrokenOff(reply.Ending, form, new ErrorSubject(key.Key, key.Project, request.Model ?? "")));
    }

    private (FakeReply Reply, ReplyPlan Plan) Call(ReceivedRequest request, FakeKey key, FakeModel model)
    {
        if (request.Headers.TryGetValue("Content-Type", out string? type) && !type.Contains("json", StringComparison.OrdinalIgnoreCase))
            return Refuse(request, GoogleError.InvalidArgument($"Unsupported content type: {type}. The body must be application/json."));

        (JsonObject? body, GoogleError? refusal) = Read(request, key, model);
        if (body is null) return Refuse(request, refusal!);
        if (options.ChecksFiles && files.CheckUse(body, key.Project) is { } unusable) return Refuse(request, unusable);
        if (options.ChecksFiles && kept.CheckUse(body["generateContentRequest"] as JsonObject ?? body, key.Project, model.Id) is { } missing) return Refuse(request, missing);

        FakeReply reply = script.Take(request) ?? FakeReply.Default;
        int tokens = TokenEstimate.OfRequest(body);
        request.InputTokens = tokens;
        if (!reply.IsFault && request.Action is not "countTokens")
        {
            if (key.Project.Accept(model.Id, tokens, out DateTimeOffset at) is { } crossed)
                return Refuse(request, request.IsVertex ? VertexErrors.Exhausted() : crossed.ToError(key.Project.Tier, model.Id, request.Action is "embedContent" or "batchEmbedContents"));
            request.CountedAt = at;
        }

        return (reply, Plan(request, reply, key, model, body, tokens));
    }

    /// <summary>The request in its one form, or the refusal. Without strictness anything that is an object passes.</summary>
    private (JsonObject? Body, GoogleError? Refusal) Read(ReceivedRequest request, FakeKey key, FakeModel model)
    {
        if (validator is not null) return validator.Validate(request.Action!, model, key.Project.Number, request.Body, request.IsVertex);
        try
        {
            return (MessageReader.Read(request.Json, RequestValidator.TypeOf(request.Action!, request.IsVertex)).Message, null);
        }
        catch (System.Text.Json.JsonException fault)
        {
            return (null, GoogleError.InvalidArgument($"Invalid JSON payload received. Unexpected token.\n{fault.Message}"));
        }
    }

    private ReplyPlan Plan(ReceivedRequest request, FakeReply reply, FakeKey key, FakeModel model, JsonObject body, int tokens)
    {
        ReplyForm form = ReplyFraming.FormOf(request);
        ErrorSubject subject = new(key.Key, key.Project, model.Id);
        ReplyPlan plan = reply.Body switch
        {
            ErrorBody error => ErrorPlan(error.Make(subject), error.InArray || form == ReplyForm.Array),
            RawBody raw => new ReplyPlan(raw.Status, raw.ContentType, raw.Pieces),
            ResetBody => new ReplyPlan(0, "", []) { ThenReset = true },
            AnswerBody or MindBody => AnswerPlan(request, reply.Body, form, new AnswerContext(model, key.Project, body, tokens, ids, signatures)),
            _ => throw new InvalidOperationException($"No plan for a {reply.Body.GetType().Name}."),
        };
        return plan.BrokenOff(reply.Ending, form, subject);
    }

    private ReplyPlan AnswerPlan(ReceivedRequest request, ReplyBody body, ReplyForm form, AnswerContext context)
    {
        IReadOnlyList<JsonObject> events;
        if (request.Action is not ("generateContent" or "streamGenerateContent"))
        {
            events = [request.IsVertex ? VertexAnswers.Compose(request.Action!, context.Model, context.Request) : OtherAnswers.Compose(request.Action!, context.Model, context.Request)];
        }
        else
        {
            Answer answer = body is MindBody mind ? mind.Change(_mind.Compose(context)) : ((AnswerBody)body).Answer;
            events = form == ReplyForm.Unary ? [AnswerRenderer.Whole(answer, context)] : AnswerRenderer.Events(answer, context);
            if (request.IsVertex) VertexAnswers.Shape(events, options.TimeProvider.GetUtcNow());
        }

        if (EnumNumbers.AreAskedFor(request.Query))
        {
            foreach (JsonObject one in events) EnumNumbers.Apply(one);
        }

        return new ReplyPlan(200, form == ReplyForm.Events ? ReplyFraming.EventStream : ReplyFraming.Json, ReplyFraming.Frame(form, events));
    }

    /// <summary>A scripted fault for a request that lists models; answers of a model make no sense there.</summary>
    private (FakeReply Reply, ReplyPlan Plan)? Scripted(ReceivedRequest request, FakeKey key)
    {
        if (script.Take(request) is not { IsFault: true } reply) return null;
        FakeModel subject = FakeModel.Named(request.Model ?? "");
        return (reply, Plan(request, reply, key, subject, [], 0));
    }

    private (FakeReply Reply, ReplyPlan Plan) List(ReceivedRequest request)
    {
        (JsonObject? page, GoogleError? refusal) = models.Page(request.Query);
        return page is null ? Refuse(request, refusal!) : Whole(page);
    }

    private static bool IsServed(FakeModel model, string action) =>
        action is "generateContent" or "streamGenerateContent" or "countTokens" or "embedContent" or "batchEmbedContents" or "predict" &&
        model.Supports(action);

    private static (FakeReply Reply, ReplyPlan Plan) Refuse(ReceivedRequest request, GoogleError error) =>
        (FakeReply.Default, ErrorPlan(error, ReplyFraming.FormOf(request) == ReplyForm.Array));

    private static (FakeReply Reply, ReplyPlan Plan) Whole(JsonObject json) =>
        (FakeReply.Default, new ReplyPlan(200, ReplyFraming.Json, ReplyFraming.Frame(ReplyForm.Unary, [json])));

    private static (FakeReply Reply, ReplyPlan Plan) Page(byte[] html) =>
        (FakeReply.Default, new ReplyPlan(404, HtmlPage.ContentType, [html]));

    private static ReplyPlan ErrorPlan(GoogleError error, bool inArray) =>
        new(error.Code, ReplyFraming.Json, [ReplyFraming.FrameError(error, inArray)]);
}
