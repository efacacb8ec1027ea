using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.OpenAI.Responses.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Responses.Translation;

/// <summary>Translates everything that is neither conversation nor tool.</summary>
internal static class ResponsesSettings
{
    /// <summary>Refuses what would be answered without what the client believes the model to know.</summary>
    public static void RefuseWhatIsKeptElsewhere(ResponsesScope scope)
    {
        ResponsesRequest asked = scope.Asked;
        if (asked.Background is true)
            throw Unsupported("'background' is not offered: the answer is made while the client waits. Leave it out, or stream.", "background");
        if (!asked.Conversation.IsEmpty)
            throw Unsupported("'conversation' names a conversation that OpenAI keeps. Use 'previous_response_id', or send all items.", "conversation");
        if (!asked.Prompt.IsEmpty)
            throw Unsupported("'prompt' names a prompt that OpenAI keeps. Send its text as 'instructions'.", "prompt");
        if (asked.Truncation is not (null or "auto" or "disabled"))
            throw Unsupported("Unknown value for 'truncation'. Supported are auto and disabled.", "truncation");
    }

    /// <summary>Translates the settings.</summary>
    public static ResponsesTranslation Translate(ResponsesScope scope)
    {
        ResponsesRequest asked = scope.Asked;
        bool json = TranslateFormat(scope);
        AnswerSettings.Sample(scope, asked.Temperature, asked.TopP, topK: null);
        AnswerSettings.Limit(scope, asked.MaxOutputTokens, "max_output_tokens");
        AnswerSettings.ServeAt(scope, asked.ServiceTier);
        if (asked.Reasoning?.Effort is { } effort)
            scope.Request.GenerationConfig.ThinkingConfig = ThinkingTranslation.Translate(new ThinkingWish { Effort = effort }, scope.Model, scope.Losses, "reasoning.effort");
        if (scope.Model.Output.HasFlag(Modalities.Image))
            scope.Request.GenerationConfig.ResponseModalities.AddRange(scope.Model.Output.HasFlag(Modalities.Text) ? ["TEXT", "IMAGE"] : ["IMAGE"]);
        Report(scope);
        return new ResponsesTranslation
        {
            Request = scope.Request,
            Losses = scope.Losses,
            Names = scope.Names,
            Tools = scope.Tools,
            Model = asked.Model,
            Stream = asked.Stream is true,
            JsonMode = json,
            SingleCall = asked.ParallelToolCalls is false,
            ShowThoughts = (asked.Reasoning?.Summary ?? asked.Reasoning?.GenerateSummary) is { Length: > 0 } and not "none",
            CarriesSignatures = ResponsesIncludes.Has(asked, ResponsesIncludes.EncryptedReasoning),
            ShowsCodeOutputs = ResponsesIncludes.Has(asked, ResponsesIncludes.CodeOutputs),
        };
    }

    private static bool TranslateFormat(ResponsesScope scope)
    {
        switch (scope.Asked.Text?.Format?.Type)
        {
            case null or "text":
                return false;
            case "json_object":
                AnswerSettings.UseJson(scope, default, "text.format");
                return true;
            case "json_schema":
                AnswerSettings.UseJson(scope, scope.Asked.Text.Format.Schema, "text.format.schema");
                return true;
            default:
                throw Unsupported("Unknown value for 'text.format.type'. Supported are text, json_object and json_schema.", "text.format.type");
        }
    }

    /// <summary>Reports what would have changed the answer; OpenAI's own housekeeping (labels, cache keys, users) is no loss to the caller.</summary>
    private static void Report(ResponsesScope scope)
    {
        ResponsesRequest asked = scope.Asked;
        scope.ReportIf(asked.Text is { Verbosity.IsEmpty: false }, "text.verbosity", "Gemini has no such control.");
        scope.ReportIf(asked.Reasoning is { Mode.IsEmpty: false }, "reasoning.mode", "Gemini has one way of thinking.");
        scope.ReportIf(asked.MaxToolCalls is not null, "max_tool_calls", "Gemini cannot be told how often its tools may run.");
        scope.ReportIf(asked.TopLogprobs is > 0, "top_logprobs", "Log probabilities are told in chat completions only.");
        scope.ReportIf(!asked.ContextManagement.IsEmpty, "context_management", "Conversations are not shortened by summaries; 'truncation' drops the oldest items.");
        scope.ReportIf(!asked.Moderation.IsEmpty, "moderation", "Gemini has its own safety settings and no moderation model.");
        scope.ReportIf(asked.ParallelToolCalls is false && scope.Request.HasFunctions, "parallel_tool_calls", "Gemini cannot be told to make one call at a time; further ones are left out of the answer.");
        for (int i = 0; i < (asked.Include?.Count ?? 0); i++)
        {
            switch (asked.Include![i])
            {
                case ResponsesIncludes.EncryptedReasoning or ResponsesIncludes.CodeOutputs or "web_search_call.action.sources" or null:
                    break;
                case "message.input_image.image_url" or "computer_call_output.output.image_url":
                    break; // what the client sent is always there when it asks for its items
                default:
                    scope.Losses.Add($"include[{i}]", LossKind.Dropped, "Gemini has nothing of this kind.");
                    break;
            }
        }
    }

    private static RequestFormatException Unsupported(string message, string param) => new(message, param, RequestFormatCodes.UnsupportedValue);
}
