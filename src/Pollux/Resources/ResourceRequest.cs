using System.Text.Json;
using System.Text.Unicode;
using Pollux.Files;
using Pollux.Protocols.Gemini.Tokens;

namespace Pollux.Resources;

/// <summary>What a body says that decides where it has to go.</summary>
/// <param name="Model">The model it is about, without <c>models/</c>; <see langword="null"/>: none is named.</param>
/// <param name="Names">Names of what lives at the upstream.</param>
internal sealed record ResourceRequest(string? Model, IReadOnlyList<string> Names)
{
    private const string Models = "models/";

    /// <summary>A request without a body.</summary>
    public static ResourceRequest Empty { get; } = new(null, []);

    /// <summary>Looks a body through, once.</summary>
    /// <exception cref="JsonException">It is not one well-formed JSON object.</exception>
    public static ResourceRequest Read(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
            throw new JsonException("The request body is not UTF-8.");
        var reader = new Utf8JsonReader(body);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("The request body must be a JSON object.");
        string? model = null;
        List<string>? names = null;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || MemberOf(ref reader) is not { } member)
                continue;
            int depth = reader.CurrentDepth;
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartArray && member == Member.Store)
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.String)
                    Add(ref names, Text(ref reader));
            }
            else if (reader.TokenType == JsonTokenType.String && Text(ref reader) is { } text)
            {
                if (member == Member.Model && !text.Contains('/', StringComparison.Ordinal) && depth <= 2)
                    model ??= text;
                else if (member == Member.Model && text.StartsWith(Models, StringComparison.Ordinal) && depth <= 2)
                    model ??= text[Models.Length..];
                else
                    Add(ref names, NameOf(member, text));
            }
        }

        return new ResourceRequest(model, names ?? []);
    }

    private static string? NameOf(Member member, string text) => member switch
    {
        Member.File => FileNames.TryRead(text, out string? name) ? name : null,
        Member.Interaction => ResourceNaming.Named("interactions/", text),
        Member.Agent => ResourceNaming.Named("agents/", text),
        Member.Environment => ResourceNaming.Named("environments/", text),
        _ => text,
    };

    private static void Add(ref List<string>? names, string? name)
    {
        if (!string.IsNullOrEmpty(name))
            (names ??= []).Add(name);
    }

    private static string? Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.ValueSpan.Length <= 2048 ? reader.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null; // a text that is none: the upstream will say so
        }
    }

    private static Member? MemberOf(ref Utf8JsonReader reader) => JsonNames.LengthOf(ref reader) switch
    {
        3 => reader.ValueTextEquals("uri"u8) ? Member.File : null,
        5 => reader.ValueTextEquals("model"u8) ? Member.Model : reader.ValueTextEquals("agent"u8) ? Member.Agent : null,
        7 => reader.ValueTextEquals("fileUri"u8) ? Member.File : null,
        8 => reader.ValueTextEquals("file_uri"u8) || reader.ValueTextEquals("fileName"u8) ? Member.File : null,
        9 => reader.ValueTextEquals("file_name"u8) ? Member.File : reader.ValueTextEquals("baseModel"u8) ? Member.Model : null,
        10 => reader.ValueTextEquals("base_model"u8) ? Member.Model : reader.ValueTextEquals("tunedModel"u8) ? Member.Other : null,
        11 => reader.ValueTextEquals("environment"u8) ? Member.Environment : reader.ValueTextEquals("tuned_model"u8) ? Member.Other : null,
        13 => reader.ValueTextEquals("cachedContent"u8) ? Member.Other : reader.ValueTextEquals("environmentId"u8) ? Member.Environment : null,
        14 => reader.ValueTextEquals("cached_content"u8) ? Member.Other : reader.ValueTextEquals("environment_id"u8) ? Member.Environment : null,
        20 => reader.ValueTextEquals("fileSearchStoreNames"u8) ? Member.Store : null,
        21 => reader.ValueTextEquals("previousInteractionId"u8) ? Member.Interaction : null,
        23 => reader.ValueTextEquals("file_search_store_names"u8) ? Member.Store : reader.ValueTextEquals("previous_interaction_id"u8) ? Member.Interaction : null,
        _ => null,
    };

    private enum Member
    {
        Model,
        File,
        Store,
        Interaction,
        Agent,
        Environment,
        Other,
    }
}
