using System.Buffers;
using System.Text.Json.Nodes;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Validation;

/// <summary>Tools: well-formed declarations, and only combinations that the model allows.</summary>
internal static class ToolRules
{
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-");

    public static void Check(FakeModel model, JsonObject request, bool isVertex, JsonSchemaRules schemas, Findings findings)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        bool builtIn = false;
        int index = 0;
        foreach (JsonObject tool in request.Messages("tools"))
        {
            string path = $"tools[{index++}]";
            if (tool.Count == 0) findings.AddField(path + ".tool_type", "required one_of 'tool_type' must have one initialized field");
            if (tool.Has("googleSearchRetrieval") && model.Generation >= 2)
                findings.AddSentence("google_search_retrieval is not supported. Please use google_search field instead.");
            builtIn |= tool.Any(static field => field.Key != "functionDeclarations");
            CheckDeclarations(model, tool, path, names, schemas, findings);
        }

        if (names.Count > 0 && !model.CallsFunctions) findings.AddSentence($"Function calling is not enabled for models/{model.Id}");
        if (!isVertex) // recorded: there they may stand together, and no flag says so
            CheckCombination(model, request, names.Count > 0, builtIn, findings);
        CheckCallingConfig(request, names, findings);
        if (request.Has("cachedContent") && (request.Has("tools") || request.Has("toolConfig") || request.Has("systemInstruction")))
        {
            findings.AddSentence(
                "CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config.\n\n" +
                "Proposed fix: move those values to CachedContent from GenerateContent request.");
        }
    }

    private static void CheckDeclarations(
        FakeModel model, JsonObject tool, string path, HashSet<string> names, JsonSchemaRules schemas, Findings findings)
    {
        int index = 0;
        foreach (JsonObject declaration in tool.Messages("functionDeclarations"))
        {
            string place = $"{path}.function_declarations[{index++}]";
            string name = declaration.Text("name") ?? "";
            CheckName(model, name, place, findings);
            if (!names.Add(name)) findings.AddSentence($"Duplicate function declaration found: {name}");
            CheckExclusive(declaration, "parameters", "parametersJsonSchema", place, findings);
            CheckExclusive(declaration, "response", "responseJsonSchema", place, findings);
            if (declaration.Child("parameters") is { } parameters)
            {
                if (parameters.Text("type") != "OBJECT")
                    findings.AddField(place + ".parameters", "parameters schema should be of type OBJECT");
                ProtoSchemaRules.Check(model, parameters, place + ".parameters", findings);
            }

            if (declaration.Child("response") is { } response) ProtoSchemaRules.Check(model, response, place + ".response", findings);
            if (declaration["parametersJsonSchema"] is { } json) schemas.Check(json, place + ".parameters_json_schema", findings);
            if (declaration["responseJsonSchema"] is { } jsonResponse) schemas.Check(jsonResponse, place + ".response_json_schema", findings);
        }
    }

    private static void CheckName(FakeModel model, string name, string place, Findings findings)
    {
        int longest = model.Generation >= 2.5m ? 128 : 64;
        bool fits = name.Length > 0 && name.Length <= longest && (char.IsAsciiLetter(name[0]) || name[0] == '_') &&
            !name.AsSpan().ContainsAnyExcept(NameCharacters);
        if (fits) return;
        findings.AddField(
            place + ".name",
            "[FIELD_INVALID] Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), " +
            $"underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of {longest}.");
    }

    private static void CheckExclusive(JsonObject declaration, string proto, string json, string place, Findings findings)
    {
        if (declaration.Has(proto) && declaration.Has(json))
            findings.AddField(place, $"{proto} and {json} are mutually exclusive, only one may be set");
    }

    private static void CheckCombination(FakeModel model, JsonObject request, bool functions, bool builtIn, Findings findings)
    {
        bool visible = request.Child("toolConfig")?.Flag("includeServerSideToolInvocations") == true;
        if (functions && builtIn && !model.CombinesTools) findings.AddSentence("Tool use with function calling is unsupported");
        if (functions && builtIn && model.CombinesTools && !visible)
        {
            findings.AddSentence(
                "Built-in tools and function calling can only be combined when tool_config.include_server_side_tool_invocations is true.");
        }

        if (request.Child("generationConfig")?.Text("responseMimeType") != "application/json" || model.CombinesTools) return;
        if (functions) findings.AddSentence("Function calling with a response mime type: 'application/json' is unsupported");
        if (builtIn) findings.AddSentence("Tool use with a response mime type: 'application/json' is unsupported");
    }

    private static void CheckCallingConfig(JsonObject request, HashSet<string> names, Findings findings)
    {
        if (request.Child("toolConfig")?.Child("functionCallingConfig") is not { } config) return;
        string mode = config.Text("mode") ?? "AUTO";
        if (!request.Has("tools") && mode is "ANY" or "VALIDATED" && !request.Has("cachedContent"))
            findings.AddSentence("Function calling config is set without function_declarations.");
        string[] allowed = [.. config.Texts("allowedFunctionNames")];
        if (allowed.Length > 0 && mode is not ("ANY" or "VALIDATED"))
            findings.AddSentence("Allowed function names should only be set when function calling mode is ANY or VALIDATED.");
        foreach (string name in allowed)
        {
            if (!names.Contains(name) && !request.Has("cachedContent"))
                findings.AddField("tool_config.function_calling_config.allowed_function_names", $"unknown function name: {name}");
        }
    }
}
