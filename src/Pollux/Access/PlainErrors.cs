using System.Buffers;
using System.Text.Json;

namespace Pollux.Access;

/// <summary>The form of failures on routes that belong to no dialect.</summary>
internal sealed class PlainErrors : IDialectErrors
{
    public static readonly PlainErrors Instance = new();

    private PlainErrors()
    {
    }

    public async ValueTask WriteAsync(HttpContext http, GatewayError error, CancellationToken cancellation)
    {
        http.Response.StatusCode = error.Status;
        http.Response.ContentType = "application/json";
        WriteBody(http, error, http.Response.BodyWriter);
        await http.Response.BodyWriter.FlushAsync(cancellation);
    }

    public void WriteBody(HttpContext http, GatewayError error, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteStartObject("error"u8);
        json.WriteString("message"u8, error.Message);
        json.WriteString("code"u8, error.Code ?? JsonNamingPolicy.SnakeCaseLower.ConvertName(error.Kind.ToString()));
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
