using Pollux.Protocols.Translation;

namespace Pollux.Protocols.Anthropic.Translation;

/// <summary>Translates everything that is neither message nor tool: length, sampling, form, thinking.</summary>
internal static class MessagesSettings
{
    public static MessagesTranslation Translate(MessagesScope scope, bool counts)
    {
        var asked = scope.Asked;
        var json = TranslateFormat(scope);
        AnswerSettings.Sample(scope, asked.Temperature, asked.TopP, asked.TopK);
        TranslateLength(scope, counts);
        TranslateStop(scope);
        TranslateThinking(scope);
        TranslateService(scope);
        ReportIgnored(scope);

        bool takesThinking = asked.Thinking?.Type is "enabled" or "adaptive";
        return new MessagesTranslation
        {
            Request = scope.Request,
            Losses = scope.Losses,
            Names = scope.Names,
            Model = asked.Model,
            Stream = asked.Stream is true,
            JsonMode = json,
            SingleCall = asked.ToolChoice?.DisableParallelToolUse is true,
            TakesThinking = takesThinking,
            ShowThoughts = takesThinking && asked.Thinking?.Display is not "omitted", // who asks for none expects the text first
        };
    }

    private static bool TranslateFormat(MessagesScope scope)
    {
        var (format, path) = scope.Asked.OutputConfig?.Format is { } newer ? (newer, "output_config.format") : (scope.Asked.OutputFormat, "output_format");
        switch (format?.Type)
        {
            case null when format is null:
                return false;
            case "text":
                return false;
            case "json_schema":
                AnswerSettings.UseJson(scope, format.Schema, $"{path}.schema");
                return true;
            default:
                throw new RequestFormatException($"Unknown value for '{path}.type'. Supported is json_schema.", $"{path}.type", RequestFormatCodes.UnsupportedValue);
        }
    }

    private static void TranslateLength(MessagesScope scope, bool counts)
    {
        if (counts)
            return;
        if (scope.Asked.MaxTokens is not { } tokens)
            throw new RequestFormatException("'max_tokens' is missing.", "max_tokens", RequestFormatCodes.MissingParameter);
        if (tokens < 1)
            throw new RequestFormatException("'max_tokens' must be a whole number from 1 on.", "max_tokens");
        AnswerSettings.Limit(scope, tokens, "max_tokens");
    }

    private static void TranslateStop(MessagesScope scope)
    {
        foreach (var text in scope.Asked.StopSequences ?? [])
        {
            if (text.FirstByte(scope.Body) != (byte)'"')
                throw new RequestFormatException("'stop_sequences' must be a list of strings.", "stop_sequences", RequestFormatCodes.InvalidType);
            AnswerSettings.StopAt(scope, scope.Value(text), "stop_sequences");
        }
    }

    private static void TranslateThinking(MessagesScope scope)
    {
        var effort = scope.Asked.OutputConfig?.Effort;
        var thinking = scope.Asked.Thinking;
        bool? enabled = thinking?.Type switch
        {
            "enabled" or "adaptive" => true,
            "disabled" => false,
            null when thinking is null => null,
            _ => throw new RequestFormatException("Unknown value for 'thinking.type'. Supported are enabled, disabled and adaptive.", "thinking.type", RequestFormatCodes.UnsupportedValue),
        };
        int? budget = enabled is true && thinking?.BudgetTokens is { } tokens ? (int)Math.Clamp(tokens, 1, int.MaxValue) : null;
        var wish = new ThinkingWish { Budget = budget, Enabled = enabled, Effort = effort };
        var path = budget is not null ? "thinking.budget_tokens" : effort is null || enabled is false ? "thinking" : "output_config.effort";
        scope.Request.GenerationConfig.ThinkingConfig = ThinkingTranslation.Translate(wish, scope.Model, scope.Losses, path);
        if (effort is not null && path is not "output_config.effort")
            scope.Losses.Add("output_config.effort", LossKind.Dropped, $"{path} says more precisely how much to think.");
    }

    private static void TranslateService(MessagesScope scope)
    {
        switch (scope.Asked.ServiceTier)
        {
            case null or "auto":
                break;
            case "standard_only":
                scope.Request.ServiceTier = "standard";
                break;
            default:
                scope.Losses.Add("service_tier", LossKind.Dropped, "Google has no such tier.");
                break;
        }
    }

    private static void ReportIgnored(MessagesScope scope)
    {
        var asked = scope.Asked;
        scope.ReportIf(!asked.Container.IsEmpty, "container", "There is no container that stays between requests.");
        scope.ReportIf(asked.McpServers.FirstByte(scope.Body) == (byte)'[' && scope.Value(asked.McpServers).Utf8.Span.Contains((byte)'{'), "mcp_servers", "Google asks no such servers.");
        scope.ReportIf(!asked.ContextManagement.IsEmpty, "context_management", "The conversation is sent whole.");
        UnknownMembers.Report(asked.OutputConfig?.Unknown, "output_config", scope.Losses);
    }
}
