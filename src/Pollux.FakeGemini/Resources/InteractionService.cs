using System.Text;
using System.Text.Json.Nodes;
using Pollux.FakeGemini.Answers;
using Pollux.FakeGemini.Serving;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Resources;

/// <summary>Google's Interactions: turns that are kept, so that the next one names only the last. In the background they are cancelled or end when a test says so.</summary>
internal sealed class InteractionService(FakeResources resources, ModelList models)
{
    private static readonly string[] Fields =
    [
        "model", "agent", "input", "previous_interaction_id", "system_instruction", "tools", "generation_config", "response_format", "response_mime_type", "response_modalities",
        "stream", "store", "background", "agent_config", "environment", "service_tier", "safety_settings", "webhook_config", "cached_content", "continuation_token",
    ];

    /// <summary>The answer, or the refusal; both null: Google knows no such method.</summary>
    public (ReplyPlan? Plan, GoogleError? Refusal) Answer(ReceivedRequest request, string[] parts, JsonObject body, FakeKey key)
    {
        switch (request.Method, parts)
        {
            case ("POST", [_]):
                return Make(body, key);
            case ("GET", [_, var id]):
                (FakeResource? found, GoogleError? refusal) = resources.See("interactions/" + id, key.Project);
                return found is null ? (null, refusal) : (request.Query.GetValueOrDefault("stream") == "true" ? Events(found.Json) : Whole(found.Json), null);
            case ("POST", [_, var id, "cancel"]):
                (FakeResource? running, refusal) = resources.See("interactions/" + id, key.Project);
                if (running is null) return (null, refusal);
                if ((string?)running.Json["status"] != "in_progress") return (null, new GoogleError(400, "FAILED_PRECONDITION", "Only interactions that run in the background can be cancelled."));
                var cancelled = (JsonObject)running.Json.DeepClone();
                cancelled["status"] = "cancelled";
                resources.Replace(running with { Json = cancelled });
                return (Whole(cancelled), null);
            case ("DELETE", [_, var id]):
                (FakeResource? old, refusal) = resources.See("interactions/" + id, key.Project);
                if (old is null) return (null, refusal);
                resources.Forget(old.Name);
                return (Whole([]), null);
            default:
                return (null, null);
        }
    }

    private (ReplyPlan? Plan, GoogleError? Refusal) Make(JsonObject body, FakeKey key)
    {
        if (body.Select(static member => member.Key).Except(Fields).FirstOrDefault() is { } unknown) return (null, GoogleError.InvalidArgument($"Unknown parameter '{unknown}'."));
        string? model = (string?)body["model"], agent = (string?)body["agent"];
        if (model is null == agent is null) return (null, GoogleError.InvalidArgument("Exactly one of model and agent is required."));
        if (body["input"] is null) return (null, GoogleError.InvalidArgument("input is required."));
        if (model is not null && models.Find(model) is null) return (null, ModelErrors.NotFound(model, "v1beta", "createInteraction"));
        if (agent is not null && resources.Find("agents/" + agent) is { } own && own.Project != key.Project.Number) return (null, new GoogleError(404, "NOT_FOUND", "Requested entity was not found."));
        bool stored = (bool?)body["store"] ?? true, background = (bool?)body["background"] ?? false;
        if (background && !stored) return (null, GoogleError.InvalidArgument("background requires store."));
        int turns = 1;
        if ((string?)body["previous_interaction_id"] is { } previous)
        {
            (FakeResource? before, GoogleError? refusal) = resources.See("interactions/" + previous, key.Project);
            if (before is null) return (null, refusal);
            turns = (int)before.Json["turns"]! + 1;
        }

        if (model is not null && key.Project.Accept(model, TokenEstimate.OfText(body["input"]!.ToJsonString()), out _) is { } crossed) return (null, crossed.ToError(key.Project.Tier, model, false));
        string text = background ? "" : $"This is turn {turns}.";
        string id = "v1_" + FakeResources.NewId(40);
        JsonObject json = new()
        {
            ["id"] = id,
            ["status"] = background ? "in_progress" : "completed",
            ["usage"] = Usage(TokenEstimate.OfText(body["input"]!.ToJsonString()), TokenEstimate.OfText(text), background),
            ["created"] = FakeResources.At(resources.Now),
            ["updated"] = FakeResources.At(resources.Now),
            ["steps"] = background ? [] : new JsonArray(new JsonObject { ["content"] = new JsonArray(new JsonObject { ["text"] = text, ["type"] = "text" }), ["type"] = "model_output" }),
            ["object"] = "interaction",
            [model is null ? "agent" : "model"] = model ?? agent,
        };
        if (stored)
        {
            var kept = (JsonObject)json.DeepClone();
            kept["turns"] = turns;
            resources.Add(key, "interactions/" + id, kept, model: model ?? "");
        }

        return ((bool?)body["stream"] == true ? Events(json) : Whole(json), null);
    }

    /// <summary>As recorded; what has not run yet has used nothing.</summary>
    private static JsonObject Usage(int input, int output, bool background)
    {
        if (background) (input, output) = (0, 0);
        return new JsonObject
        {
            ["total_tokens"] = input + output,
            ["total_input_tokens"] = input,
            ["input_tokens_by_modality"] = new JsonArray(new JsonObject { ["modality"] = "text", ["tokens"] = input }),
            ["total_cached_tokens"] = 0,
            ["total_output_tokens"] = output,
            ["total_tool_use_tokens"] = 0,
            ["total_thought_tokens"] = 0,
        };
    }

    private static ReplyPlan Whole(JsonObject json)
    {
        var told = (JsonObject)json.DeepClone();
        told.Remove("turns");
        return new ReplyPlan(200, ReplyFraming.Json, ReplyFraming.Frame(ReplyForm.Unary, [told]));
    }

    private static ReplyPlan Events(JsonObject json)
    {
        string id = (string)json["id"]!;
        string text = (string?)json["steps"]?[0]?["content"]?[0]?["text"] ?? "";
        var begun = new JsonObject { ["id"] = id, ["status"] = "in_progress", ["object"] = "interaction" };
        var done = new JsonObject { ["id"] = id, ["status"] = json["status"]!.DeepClone(), ["usage"] = json["usage"]?.DeepClone(), ["object"] = "interaction" };
        return new ReplyPlan(200, ReplyFraming.EventStream,
        [
            Event("interaction.created", new JsonObject { ["interaction"] = begun }),
            Event("interaction.status_update", new JsonObject { ["interaction_id"] = id, ["status"] = "in_progress" }),
            Event("step.start", new JsonObject { ["index"] = 0, ["step"] = new JsonObject { ["type"] = "model_output" } }),
            Event("step.delta", new JsonObject { ["index"] = 0, ["delta"] = new JsonObject { ["text"] = text, ["type"] = "text" } }),
            Event("step.stop", new JsonObject { ["index"] = 0 }),
            Event("interaction.completed", new JsonObject { ["interaction"] = done }),
            "event: done\ndata: [DONE]\n\n"u8.ToArray(),
        ]);
    }

    private static ReadOnlyMemory<byte> Event(string type, JsonObject data)
    {
        data["event_type"] = type;
        return Encoding.UTF8.GetBytes($"event: {type}\ndata: {data.ToJsonString()}\n\n");
    }
}
