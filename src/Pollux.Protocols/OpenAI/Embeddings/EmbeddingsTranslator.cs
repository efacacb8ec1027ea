using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Embeddings;

/// <summary>Turns OpenAI's embeddings requests, and those of the vector plug-in, into Gemini's.</summary>
public static class EmbeddingsTranslator
{
    /// <summary>As many texts OpenAI takes in one request.</summary>
    public const int MostInputs = 2048;

    /// <summary>The longest vector that any of Google's models gives, says its embeddings page.</summary>
    public const int MostDimensions = 3072;

    private const string DocumentTask = "RETRIEVAL_DOCUMENT";

    private static readonly FrozenSet<string> TaskTypes = FrozenSet.Create(
        StringComparer.Ordinal,
        "TASK_TYPE_UNSPECIFIED", "RETRIEVAL_QUERY", DocumentTask, "SEMANTIC_SIMILARITY", "CLASSIFICATION", "CLUSTERING",
        "QUESTION_ANSWERING", "FACT_VERIFICATION", "CODE_RETRIEVAL_QUERY");

    /// <summary>Reads a request.</summary>
    /// <param name="body">The whole body. The result refers to it.</param>
    /// <exception cref="RequestFormatException">The body is not such a request.</exception>
    public static EmbeddingsRequest Read(ReadOnlyMemory<byte> body) => RequestReader.ReadBody(body, EmbeddingsJson.Default.EmbeddingsRequest);

    /// <summary>Translates a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="body">What it was read from.</param>
    /// <param name="model">What the model can do.</param>
    /// <exception cref="RequestFormatException">It cannot be expressed for Gemini.</exception>
    public static EmbeddingsTranslation ToGemini(EmbeddingsRequest request, ReadOnlyMemory<byte> body, ModelCapabilities model)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(model);
        var losses = new LossReport();
        ReadOnlyMemory<byte> source = Repaired(body, losses);
        (string? task, string? title) = Task(request, model, losses);
        foreach (string member in request.Unknown?.Keys ?? Enumerable.Empty<string>())
            losses.Add(member, LossKind.Dropped, "This member is not known.");
        return new EmbeddingsTranslation
        {
            Inputs = Inputs(request.Input.IsEmpty ? default : request.Input.In(source)),
            Dimensions = Dimensions(request.Dimensions),
            Base64 = IsBase64(request.EncodingFormat),
            TaskType = task,
            Title = title,
            Losses = losses,
        };
    }

    /// <summary>Reads the body of <c>POST /api/vector/query</c>.</summary>
    /// <exception cref="RequestFormatException">Something is missing or wrong.</exception>
    public static (string Model, EmbeddingsTranslation Translation) ReadQuery(ReadOnlyMemory<byte> body)
    {
        VectorQuery query = RequestReader.ReadBody(body, EmbeddingsJson.Default.VectorQuery);
        var losses = new LossReport();
        ReadOnlyMemory<byte> source = Repaired(body, losses);
        RawJson text = Text(query.SearchText, source, "searchText");
        return (query.Model ?? throw Missing("model"), new EmbeddingsTranslation { Inputs = [text], Losses = losses });
    }

    /// <summary>Reads the body of <c>POST /api/vector/insert</c>.</summary>
    /// <exception cref="RequestFormatException">Something is missing or wrong.</exception>
    public static (string Model, EmbeddingsTranslation Translation) ReadInsert(ReadOnlyMemory<byte> body)
    {
        VectorInsert insert = RequestReader.ReadBody(body, EmbeddingsJson.Default.VectorInsert);
        var losses = new LossReport();
        ReadOnlyMemory<byte> source = Repaired(body, losses);
        if (insert.Items is not { Count: > 0 } items)
            throw Missing("items");
        if (items.Count > MostInputs)
            throw TooMany("items");
        var texts = new RawJson[items.Count];
        for (int i = 0; i < texts.Length; i++)
            texts[i] = Text(items[i]?.Text ?? default, source, string.Create(CultureInfo.InvariantCulture, $"items[{i}].text"));
        return (insert.Model ?? throw Missing("model"), new EmbeddingsTranslation { Inputs = texts, Losses = losses });
    }

    private static ReadOnlyMemory<byte> Repaired(ReadOnlyMemory<byte> body, LossReport losses)
    {
        ReadOnlyMemory<byte> source = LoneSurrogates.Repair(body, out int repaired);
        if (repaired > 0)
            losses.Add("input", LossKind.Changed, "Halves of characters were replaced: Google refuses them.");
        return source;
    }

    private static RawJson[] Inputs(RawJson input)
    {
        switch (input.IsEmpty ? (byte)0 : input.Utf8.Span[0])
        {
            case 0:
                throw Missing("input");
            case (byte)'"':
                return [NotEmpty(input, "input")];
            case (byte)'[':
                return List(input.Utf8);
            default:
                throw new RequestFormatException("Invalid type for 'input': expected a string or a list of strings.", "input", RequestFormatCodes.InvalidType);
        }
    }

    private static RawJson[] List(ReadOnlyMemory<byte> list)
    {
        var inputs = new List<RawJson>();
        var reader = new Utf8JsonReader(list.Span, new JsonReaderOptions { MaxDepth = OpenAIJson.MaxDepth });
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType is JsonTokenType.Number or JsonTokenType.StartArray)
                throw new RequestFormatException("'input' holds tokens of an OpenAI tokenizer, which Gemini does not read; send the texts themselves.", "input", RequestFormatCodes.UnsupportedValue);
            string place = string.Create(CultureInfo.InvariantCulture, $"input[{inputs.Count}]");
            if (reader.TokenType != JsonTokenType.String)
                throw new RequestFormatException($"Invalid type for '{place}': expected a string.", place, RequestFormatCodes.InvalidType);
            if (inputs.Count == MostInputs)
                throw TooMany("input");
            int start = (int)reader.TokenStartIndex;
            inputs.Add(NotEmpty(RawJson.FromUtf8(list[start..(int)reader.BytesConsumed]), place));
        }

        return inputs.Count > 0 ? [.. inputs] : throw new RequestFormatException("'input' is an empty list; give at least one text.", "input");
    }

    private static RawJson Text(JsonSlice slice, ReadOnlyMemory<byte> source, string place)
    {
        if (slice.IsEmpty)
            throw Missing(place);
        if (slice.FirstByte(source) != (byte)'"')
            throw new RequestFormatException($"Invalid type for '{place}': expected a string.", place, RequestFormatCodes.InvalidType);
        return NotEmpty(slice.In(source), place);
    }

    private static RawJson NotEmpty(RawJson text, string place) =>
        text.IsEmptyText ? throw new RequestFormatException($"'{place}' is an empty string, for which there is no vector.", place) : text;

    private static int? Dimensions(double? asked) => asked switch
    {
        null => null,
        >= 1 and <= MostDimensions when asked == Math.Truncate(asked.Value) => (int)asked,
        _ => throw new RequestFormatException($"'dimensions' must be a whole number from 1 to {MostDimensions}.", "dimensions"),
    };

    private static bool IsBase64(string? format) => format switch
    {
        null or "float" => false,
        "base64" => true,
        _ => throw new RequestFormatException("'encoding_format' must be float or base64.", "encoding_format"),
    };

    private static (string? Task, string? Title) Task(EmbeddingsRequest request, ModelCapabilities model, LossReport losses)
    {
        bool inner = request.Google is null;
        string path = inner ? "extra_body.google" : "google";
        if ((request.Google ?? request.ExtraBody?.Google) is not { } google)
            return default;

        string? task = google.TaskType?.ToUpperInvariant();
        if (task is not null && !TaskTypes.Contains(task))
            throw new RequestFormatException($"'{path}.task_type' must be one of {string.Join(", ", TaskTypes.Order(StringComparer.Ordinal))}.", path + ".task_type");
        if (google.Title is not null && task != DocumentTask)
            throw new RequestFormatException($"'{path}.title' is only for the task type {DocumentTask}.", path + ".title");
        if (task is null || model.TaskTypes)
            return (task, google.Title);

        losses.Add(path + ".task_type", LossKind.Dropped, "The model knows no task types; write the task into the text.");
        if (google.Title is not null)
            losses.Add(path + ".title", LossKind.Dropped, "The model knows no titles.");
        return default;
    }

    private static RequestFormatException Missing(string place) => new($"'{place}' is missing.", place, RequestFormatCodes.MissingParameter);

    private static RequestFormatException TooMany(string place) => new($"'{place}' holds more than {MostInputs} texts; send several requests.", place);
}
