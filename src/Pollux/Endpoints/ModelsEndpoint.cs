using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Pollux.Access;
using Pollux.Dispatch;
using Pollux.Endpoints.Dialects;
using Pollux.Generation;
using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Models;
using Pollux.Settings;
using Pollux.Telemetry;

namespace Pollux.Endpoints;

/// <summary>Model lists and single models, in OpenAI's and in Gemini's shape.</summary>
internal sealed partial class ModelsEndpoint(ModelDirectory directory, ModelNames names, NamedUpstreams upstreams, KeyPool.KeyPool pool, SettingsHolder settings, TimeProvider clock)
{
    private const int DefaultPageSize = 50; // Google's
    private const int MaxPageSize = 1000;

    /// <summary>Serves OpenAI's <c>GET models</c>.</summary>
    public async Task ListOpenAIAsync(HttpContext http)
    {
        if (AnthropicErrors.HasVersion(http.Request))
        {
            await ListAnthropicAsync(http);
            return;
        }

        ModelList? list = upstreams.Any && SideOf(http) == CredentialKinds.None && !HasGoogle ? ModelList.None : await LoadAsync(http, OpenAIErrors.Instance);
        if (list is null)
            return;

        http.Response.ContentType = "application/json; charset=utf-8";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        List<string> visible = VisibleNames(http, list);
        foreach (string name in visible)
            WriteOpenAI(json, name);
        foreach (string name in SidedNames(http, list))
            WriteOpenAI(json, name);
        if (ImageModels.ChatName(list, settings.Current.Generation) is { } chat)
            WriteOpenAI(json, chat);
        if (SideOf(http) == CredentialKinds.None)
        {
            foreach ((string name, string owner) in upstreams.Names(visible))
                WriteOpenAI(json, name, owner);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Serves OpenAI's <c>GET models/{id}</c>.</summary>
    public async Task GetOpenAIAsync(HttpContext http)
    {
        if (AnthropicErrors.HasVersion(http.Request))
        {
            await GetAnthropicAsync(http);
            return;
        }

        string asked = http.Request.RouteValues["id"] as string ?? "";
        if (upstreams.Find(asked, SideOf(http), LabelOf(http)) is { } named)
        {
            http.Response.ContentType = "application/json; charset=utf-8";
            await using var found = new Utf8JsonWriter(http.Response.BodyWriter);
            WriteOpenAI(found, asked, named.Upstream.Name);
            return;
        }

        if (await LoadAsync(http, OpenAIErrors.Instance) is null)
            return;

        if (names.Resolve(asked, SideOf(http), LabelOf(http)) is null && !ImageModels.IsChat(asked, directory.Current, settings.Current.Generation))
        {
            await OpenAIErrors.Instance.WriteAsync(http, new GatewayError(404, GatewayErrorKind.NotFound, $"The model '{asked}' does not exist.", Param: "model", Code: "model_not_found"), http.RequestAborted);
            return;
        }

        http.Response.ContentType = "application/json; charset=utf-8";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter);
        WriteOpenAI(json, asked);
    }

    /// <summary>Serves Gemini's <c>GET models</c>, with paging.</summary>
    public async Task ListNativeAsync(HttpContext http)
    {
        if (await LoadAsync(http, GeminiErrors.Instance) is not { } list)
            return;

        if (!TryPage(http.Request.Query, out int size, out int start))
        {
            await GeminiErrors.Instance.WriteAsync(http, new GatewayError(400, GatewayErrorKind.InvalidRequest, "pageSize must be a whole number from 0 on, pageToken one that this gateway gave."), http.RequestAborted);
            return;
        }

        List<string> visible = [.. VisibleNames(http, list), .. SidedNames(http, list)];
        http.Response.ContentType = "application/json; charset=UTF-8";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteStartArray("models"u8);
        int end = Math.Min(start + size, visible.Count);
        for (int i = start; i < end; i++)
            WriteNative(json, list, visible[i], LabelOf(http));
        json.WriteEndArray();
        if (end < visible.Count)
            json.WriteString("nextPageToken"u8, $"p{end}");
        json.WriteEndObject();
    }

    /// <summary>Serves Gemini's <c>GET models/{id}</c>.</summary>
    public async Task GetNativeAsync(HttpContext http)
    {
        if (await LoadAsync(http, GeminiErrors.Instance) is not { } list)
            return;

        string asked = http.Request.RouteValues["id"] as string ?? "";
        if (names.Resolve(asked, SideOf(http), LabelOf(http)) is null)
        {
            await GeminiErrors.Instance.WriteAsync(http, new GatewayError(404, GatewayErrorKind.NotFound, $"Model is not found: models/{asked} for api version v1beta"), http.RequestAborted);
            return;
        }

        http.Response.ContentType = "application/json; charset=UTF-8";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter, new JsonWriterOptions { Indented = true });
        WriteNative(json, list, asked, LabelOf(http));
    }

    private async Task<ModelList?> LoadAsync(HttpContext http, IDialectErrors errors)
    {
        using var lifetime = new RequestLifetime(settings.Current.Dispatch.TotalTimeout, clock, http.RequestAborted);
        (ModelList? list, DispatchFailure? failure) = await directory.GetAsync(http.Features.GetRequiredFeature<RequestRecord>(), lifetime);
        if (failure is not null)
            await errors.WriteAsync(http, FailureTranslation.ToError(failure, "the model list"), http.RequestAborted);
        return list;
    }

    private List<string> VisibleNames(HttpContext http, ModelList list)
    {
        GenerationSettings generation = settings.Current.Generation;
        var visible = new List<string>();
        foreach (ModelEntry entry in list.Entries)
        {
            if (ModelNames.IsHidden(generation, entry.Name))
                continue;
            visible.Add(entry.Name);
            if (ModelNames.HasSearchName(generation, entry.Name, entry.Capabilities))
                visible.Add(entry.Name + ModelNames.SearchSuffix);
            if (ImageModels.HasTwin(entry.Name, entry.Capabilities, generation) && !list.Contains(ImageModels.TwinOf(entry.Name)))
                visible.Add(ImageModels.TwinOf(entry.Name));
            if (generation.ThinkingModels.Contains(entry.Name) && ModelCatalog.Default.Find(entry.Name).Thinking.Control != ThinkingControl.None)
                visible.Add(entry.Name + "-non-thinking");
        }

        visible.AddRange(generation.ExtraModels.Where(name => !visible.Contains(name) && !ModelNames.IsHidden(generation, name)));
        string caller = LabelOf(http);
        visible.AddRange(generation.Aliases.NamesFor(caller).Where(alias => !visible.Contains(alias) && names.Resolve(alias, SideOf(http), caller) is not null));
        return visible;
    }

    /// <summary>Names that say by what stands before them who serves. On Vertex AI's own route also with the endings for its wishes.</summary>
    private IEnumerable<string> SidedNames(HttpContext http, ModelList list)
    {
        CredentialKinds side = SideOf(http);
        bool accounts = (side == CredentialKinds.None || side.HasFlag(CredentialKinds.VertexServiceAccount)) && pool.CountOf(CredentialKinds.VertexServiceAccount) > 0;
        bool express = side != CredentialKinds.GeminiApiKey && pool.CountOf(CredentialKinds.VertexExpressKey) > 0;
        bool endings = side == CredentialKinds.VertexServiceAccount;
        if (!accounts && !express)
            yield break;
        GenerationSettings generation = settings.Current.Generation;
        foreach (ModelEntry entry in list.Entries)
        {
            if (!entry.Name.StartsWith("gemini-", StringComparison.Ordinal) || ModelNames.IsHidden(generation, entry.Name))
                continue;
            foreach (string name in endings ? WithEndings(entry, generation) : [entry.Name])
            {
                if (accounts)
                    yield return ModelSides.Pay + name;
                if (express)
                    yield return $"{ModelSides.Express} {name}";
            }
        }
    }

    private static List<string> WithEndings(ModelEntry entry, GenerationSettings generation)
    {
        List<string> names = [entry.Name];
        if (ModelNames.HasSearchName(generation, entry.Name, entry.Capabilities))
            names.Add(entry.Name + ModelNames.SearchSuffix);
        if (entry.Capabilities.Thinking.Control != ThinkingControl.None)
            names.AddRange([entry.Name + "-nothinking", entry.Name + "-max"]);
        return names;
    }

    /// <summary>Whether there is any credential of Google's, to ask for its list.</summary>
    private bool HasGoogle => pool.CountOf(CredentialKinds.GeminiApiKey | CredentialKinds.VertexExpressKey | CredentialKinds.VertexServiceAccount) > 0;

    /// <summary>Whose aliases hold.</summary>
    private static string LabelOf(HttpContext http) => http.Caller?.Label ?? "";

    private static CredentialKinds SideOf(HttpContext http) => http.Features.GetRequiredFeature<RequestRecord>().Side;

    private static void WriteOpenAI(Utf8JsonWriter json, string name, string owner = "google")
    {
        json.WriteStartObject();
        json.WriteString("id"u8, name);
        json.WriteString("object"u8, "model"u8);
        json.WriteNumber("created"u8, 0); // nobody tells
        json.WriteString("owned_by"u8, owner);
        json.WriteEndObject();
    }

    private void WriteNative(Utf8JsonWriter json, ModelList list, string name, string caller)
    {
        ModelEntry? entry = list.Find(name) ?? (names.Resolve(name, CredentialKinds.None, caller) is { } resolved ? list.Find(resolved.Name) : null);
        if (entry is null)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, "models/" + name);
            json.WriteEndObject();
            return;
        }

        json.WriteStartObject();
        foreach (JsonProperty property in entry.Json.EnumerateObject())
        {
            if (property.NameEquals("name"u8))
                json.WriteString("name"u8, "models/" + name);
            else
                property.WriteTo(json);
        }

        json.WriteEndObject();
    }

    private static bool TryPage(IQueryCollection query, out int size, out int start)
    {
        (size, start) = (DefaultPageSize, 0);
        string? sizeText = query["pageSize"];
        string? token = query["pageToken"];
        if (!string.IsNullOrEmpty(sizeText) && (!int.TryParse(sizeText, out size) || size < 0))
            return false;
        if (!string.IsNullOrEmpty(token) && (token[0] != 'p' || !int.TryParse(token.AsSpan(1), out start) || start < 0))
            return false;
        size = size == 0 ? DefaultPageSize : Math.Min(size, MaxPageSize);
        return true;
    }
}
