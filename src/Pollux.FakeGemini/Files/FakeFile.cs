using System.Globalization;
using System.Text.Json.Nodes;

namespace Pollux.FakeGemini.Files;

/// <summary>A file that a project has. Its bytes were counted and hashed, not kept, unless the fake made it.</summary>
public sealed record FakeFile
{
    /// <summary>For example <c>files/abc</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The number of the project that owns it.</summary>
    public required string Project { get; init; }

    /// <summary>The key that it came with.</summary>
    public required string Key { get; init; }

    /// <summary>Its type.</summary>
    public required string MimeType { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>SHA-256 of its bytes, in hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    /// <summary>A name for people.</summary>
    public string? DisplayName { get; init; }

    /// <summary>When it came.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it is gone: 48 hours later.</summary>
    public DateTimeOffset ExpiresAt => CreatedAt.AddHours(48);

    /// <summary><c>PROCESSING</c>, <c>ACTIVE</c> or <c>FAILED</c>.</summary>
    public string State { get; init; } = "ACTIVE";

    /// <summary>The bytes of a file that the fake made; <see langword="null"/>: it was uploaded, and nobody can download it.</summary>
    public byte[]? Made { get; init; }

    /// <summary>It was not uploaded, but lies in a bucket of its user's.</summary>
    public bool IsRegistered { get; init; }

    /// <summary>Where it is; the form in which requests for generation name it.</summary>
    public string Uri => "https://generativelanguage.googleapis.com/v1beta/" + Name;

    internal JsonObject ToJson()
    {
        JsonObject json = new()
        {
            ["name"] = Name,
            ["mimeType"] = MimeType,
            ["sizeBytes"] = Size.ToString(CultureInfo.InvariantCulture),
            ["createTime"] = Time(CreatedAt),
            ["updateTime"] = Time(CreatedAt),
            ["expirationTime"] = Time(ExpiresAt),
            ["sha256Hash"] = Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(Sha256)),
            ["uri"] = Uri,
            ["state"] = State,
            ["source"] = IsRegistered ? "REGISTERED" : Made is null ? "UPLOADED" : "GENERATED",
        };
        if (DisplayName is { } name) json["displayName"] = name;
        if (Made is not null) json["downloadUri"] = Uri + ":download?alt=media";
        return json;
    }

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
