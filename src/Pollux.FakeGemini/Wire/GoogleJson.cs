using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pollux.FakeGemini.Wire;

/// <summary>
/// Writes JSON byte for byte in Google's two layouts, because a parser that only ever met tidy output is not tested:
/// <see cref="OneLine"/> for events of a stream (a space after each colon, none after commas) and <see cref="Pretty"/> for
/// everything else (two spaces, LF). Angle brackets are escaped and other characters stay UTF-8, as in recorded answers.
/// </summary>
internal static class GoogleJson
{
    /// <summary>The layout of one event of a stream.</summary>
    public static byte[] OneLine(JsonNode? value) => Write(value, indent: -1);

    /// <summary>The layout of unary answers and of errors.</summary>
    public static byte[] Pretty(JsonNode? value) => Write(value, indent: 0);

    private static byte[] Write(JsonNode? value, int indent)
    {
        StringBuilder text = new();
        Append(text, value, indent);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void Append(StringBuilder text, JsonNode? value, int indent)
    {
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case JsonObject members:
                AppendObject(text, members, indent);
                break;
            case JsonArray items:
                AppendArray(text, items, indent);
                break;
            default:
                AppendScalar(text, value);
                break;
        }
    }

    private static void AppendObject(StringBuilder text, JsonObject members, int indent)
    {
        if (members.Count == 0)
        {
            text.Append("{}");
            return;
        }

        int inner = indent < 0 ? indent : indent + 1;
        bool first = true;
        text.Append('{');
        foreach ((string name, JsonNode? value) in members)
        {
            if (!first) text.Append(',');
            first = false;
            AppendBreak(text, inner);
            AppendString(text, name);
            text.Append(": ");
            Append(text, value, inner);
        }

        AppendBreak(text, indent);
        text.Append('}');
    }

    private static void AppendArray(StringBuilder text, JsonArray items, int indent)
    {
        if (items.Count == 0)
        {
            text.Append("[]");
            return;
        }

        int inner = indent < 0 ? indent : indent + 1;
        text.Append('[');
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0) text.Append(',');
            AppendBreak(text, inner);
            Append(text, items[i], inner);
        }

        AppendBreak(text, indent);
        text.Append(']');
    }

    private static void AppendBreak(StringBuilder text, int indent)
    {
        if (indent >= 0) text.Append('\n').Append(' ', indent * 2);
    }

    private static void AppendScalar(StringBuilder text, JsonNode value)
    {
        if (value.GetValueKind() == JsonValueKind.String) AppendString(text, value.GetValue<string>());
        else text.Append(value.ToJsonString());
    }

    private static readonly SearchValues<char> Escaped = SearchValues.Create(
        "\"\\<>\u2028\u2029\0\u0001\u0002\u0003\u0004\u0005\u0006\a\b\t\n\v\f\r\u000e\u000f" +
        "\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f\u007f");

    private static void AppendString(StringBuilder text, string value)
    {
        text.Append('"');
        if (!value.AsSpan().ContainsAny(Escaped)) text.Append(value);
        else foreach (char c in value) AppendEscaped(text, c);
        text.Append('"');
    }

    private static void AppendEscaped(StringBuilder text, char c)
    {
        switch (c)
        {
            case '"': text.Append("\\\""); break;
            case '\\': text.Append(@"\\"); break;
            case '\b': text.Append("\\b"); break;
            case '\f': text.Append("\\f"); break;
            case '\n': text.Append("\\n"); break;
            case '\r': text.Append("\\r"); break;
            case '\t': text.Append("\\t"); break;
            default:
                if (Escaped.Contains(c)) text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                else text.Append(c);
                break;
        }
    }
}
