using System.Globalization;
using System.Text.Json;
using Pollux.Access;
using Pollux.Endpoints.Dialects;
using Pollux.Generation;
using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Models;

namespace Pollux.Endpoints;

/// <summary>Model lists and single models in Anthropic's shape.</summary>
internal sealed partial class ModelsEndpoint
{
    private const int DefaultAnthropicPage = 20; // Anthropic's
    private const int MaxAnthropicPage = 1000;

    /// <summary>Serves Anthropic's <c>GET models</c>, with paging.</summary>
    public async Task ListAnthropicAsync(HttpContext http)
    {
        AnthropicErrors.NameRequest(http);
        if (await LoadAsync(http, AnthropicErrors.Instance) is not { } list)
            return;

        List<string> visible = [.. VisibleNames(http, list), .. SidedNames(http, list)];
        (int start, int end, string? wrong) = PageOf(http.Request.Query, visible);
        if (wrong is not null)
        {
            await AnthropicErrors.Instance.WriteAsync(http, new GatewayError(400, GatewayErrorKind.InvalidRequest, wrong), http.RequestAborted);
            return;
        }

        bool backwards = !string.IsNullOrEmpty(http.Request.Query["before_id"]);
        http.Response.ContentType = "application/json; charset=utf-8";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteStartArray("data"u8);
        for (int i = start; i < end; i++)
            WriteAnthropic(json, list, visible[i], LabelOf(http));
        json.WriteEndArray();
        json.WriteBoolean("has_more"u8, backwards ? start > 0 : end < visible.Count);
        json.WriteString("first_id"u8, start < end ? visible[start] : null);
        json.WriteString("last_id"u8, start < end ? visible[end - 1] : null);
        json.WriteEndObject();
    }

    /// <summary>Serves Anthropic's <c>GET models/{id}</c>.</summary>
    public async Task GetAnthropicAsync(HttpContext http)
    {
        AnthropicErrors.NameRequest(http);
        if (await LoadAsync(http, AnthropicErrors.Instance) is not { } list)
            return;

        string asked = http.Request.RouteValues["id"] as string ?? "";
        if (names.Resolve(asked, SideOf(http), LabelOf(http)) is null)
        {
            await AnthropicErrors.Instance.WriteAsync(http, new GatewayError(404, GatewayErrorKind.NotFound, $"model: {asked}"), http.RequestAborted);
            return;
        }

        http.Response.ContentType = "application/json; charset=utf-8";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter);
        WriteAnthropic(json, list, asked, LabelOf(http));
    }

    private void WriteAnthropic(Utf8JsonWriter json, ModelList list, string name, string caller)
    {
        ResolvedModel? resolved = names.Resolve(name, CredentialKinds.None, caller);
        ModelEntry? entry = list.Find(name) ?? (resolved is null ? null : list.Find(resolved.Name));
        bool hasWords = entry is not null && entry.Name == name && entry.Json.TryGetProperty("displayName"u8, out JsonElement words) && words.ValueKind == JsonValueKind.String;
        ModelCapabilities? capabilities = entry?.Capabilities ?? resolved?.Capabilities;
        json.WriteStartObject();
        json.WriteString("type"u8, "model"u8);
        json.WriteString("id"u8, name);
        json.WriteString("display_name"u8, hasWords ? entry!.Json.GetProperty("displayName"u8).GetString() : name);
        json.WriteString("created_at"u8, "1970-01-01T00:00:00Z"u8); // Google does not tell; Anthropic's own word for that
        if (capabilities is { InputTokenLimit: > 0 })
            json.WriteNumber("max_input_tokens"u8, capabilities.InputTokenLimit);
        if (capabilities is { OutputTokenLimit: > 0 })
            json.WriteNumber("max_tokens"u8, capabilities.OutputTokenLimit);
        json.WriteEndObject();
    }

    /// <summary>Which names a page holds, or what is wrong with the question.</summary>
    private static (int Start, int End, string? Wrong) PageOf(IQueryCollection query, List<string> visible)
    {
        int size = DefaultAnthropicPage;
        if (query["limit"].ToString() is { Length: > 0 } limit && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out size) || size is < 1 or > MaxAnthropicPage))
            return (0, 0, "limit: must be a whole number from 1 to 1000.");
        (string after, string before) = (query["after_id"].ToString(), query["before_id"].ToString());
        if (after.Length > 0 && before.Length > 0)
            return (0, 0, "after_id and before_id exclude each other.");
        if (before.Length > 0)
        {
            int end = visible.IndexOf(before);
            return end < 0 ? (0, 0, "before_id: there is no such model.") : (Math.Max(0, end - size), end, null);
        }

        int start = 0;
        if (after.Length > 0 && (start = visible.IndexOf(after) + 1) == 0)
            return (0, 0, "after_id: there is no such model.");
        return (start, Math.Min(start + size, visible.Count), null);
    }
}
