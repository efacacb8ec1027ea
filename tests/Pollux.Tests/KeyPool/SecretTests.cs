using System.Text;
using System.Text.Json;
using Pollux.KeyPool;

namespace Pollux.Tests.KeyPool;

public sealed class SecretTests
{
    private const string Canary = "AIzaSyCANARYcanary0123456789abcdefghijk";

    [Fact]
    public void A_secret_shows_itself_only_when_asked_to()
    {
        var secret = new SecretText(Canary);

        Assert.DoesNotContain("CANARY", $"{secret}", StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", $"{new { secret }}", StringComparison.Ordinal);
        Assert.Equal(Canary, secret.Reveal());
        Assert.Equal(Canary, Encoding.UTF8.GetString(secret.Utf8.Span));
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(secret));
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(new { Inner = secret }));
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Deserialize<SecretText>("\"x\""));
    }

    [Fact]
    public void Secrets_are_equal_by_their_text()
    {
        Assert.Equal(new SecretText(Canary), new SecretText(Canary));
        Assert.Equal(new SecretText(Canary).GetHashCode(), new SecretText(Canary).GetHashCode());
        Assert.NotEqual(new SecretText(Canary), new SecretText(Canary + "x"));
        Assert.Throws<ArgumentException>(() => new SecretText(""));
    }

    [Theory]
    [InlineData("AIzaSyCANARYcanary0123456789abcdefgx7Qf", null, "AIza…x7Qf#3")]
    [InlineData("AQ.Ab8RN6CANARYcanary9z", null, "AQ.A…ry9z#3")]
    [InlineData("short", null, "…#3")]
    [InlineData("nineteencharacters0", null, "…#3")]
    [InlineData("{\"type\":\"service_account\"}", "svc@project", "svc@project#3")]
    public void Labels_show_no_more_than_the_ends(string secret, string? name, string label) =>
        Assert.Equal(label, KeyLabel.For(secret, name, new CredentialId(3)));

    [Theory]
    [InlineData($"Invalid API key: {Canary}", "Invalid API key: [redacted]")]
    [InlineData("Invalid API key: key1234", "Invalid API key: [redacted]")]
    [InlineData($"Consumer 'api_key:{Canary}' has been suspended.", "Consumer 'api_key:[redacted]' has been suspended.")]
    [InlineData("Consumer 'api_key:odd.one' has been suspended.", "Consumer 'api_key:[redacted]' has been suspended.")]
    [InlineData("key AQ.Ab8RN6CANARY-canary_1 refused", "key [redacted] refused")]
    [InlineData("GET https://host/v1beta/models?key=abc&alt=sse failed", "GET https://host/v1beta/models?key=[redacted]&alt=sse failed")]
    [InlineData("?alt=sse&key=abc", "?alt=sse&key=[redacted]")]
    [InlineData("Authorization: Bearer abcdefgh12345", "Authorization: Bearer [redacted]")]
    [InlineData("xai-abcdefghijklmnop", "[redacted]")]
    [InlineData("a ya29.abcdefghijk b", "a [redacted] b")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----\n", "[redacted]\n")]
    [InlineData("API key not valid. Please pass a valid API key.", "API key not valid. Please pass a valid API key.")]
    [InlineData("AIza…x7Qf#3 and AQ.A…ry9z#4 stay", "AIza…x7Qf#3 and AQ.A…ry9z#4 stay")]
    [InlineData("The model is overloaded.", "The model is overloaded.")]
    public void Scrub_removes_what_looks_like_a_secret_and_nothing_else(string text, string expected) =>
        Assert.Equal(expected, SecretScrubber.Scrub(text));

    [Fact]
    public void Scrub_removes_known_secrets_of_any_shape_also_percent_encoded()
    {
        var odd = new SecretText("pa ss/wörd".Replace("ö", "o", StringComparison.Ordinal));

        Assert.Equal("a [redacted] b [redacted]", SecretScrubber.Scrub("a pa ss/word b pa%20ss%2Fword", odd));
        Assert.Equal("[redacted] [redacted]", SecretScrubber.Scrub("one two", [new SecretText("one"), new SecretText("two")]));
    }

    [Fact]
    public void ScrubUtf8_touches_nothing_but_the_secret()
    {
        byte[] text = [0xff, .. Encoding.UTF8.GetBytes("ключ "), .. Encoding.UTF8.GetBytes(Canary), 0xfe];

        var scrubbed = SecretScrubber.ScrubUtf8(text);

        Assert.Equal([0xff, .. Encoding.UTF8.GetBytes("ключ [redacted]"), 0xfe], scrubbed.ToArray());
        ReadOnlyMemory<byte> clean = "clean"u8.ToArray();
        Assert.Equal(clean, SecretScrubber.ScrubUtf8(clean));
    }

    [Theory]
    [InlineData("consumer projects/123456 is", "consumer projects/[redacted] is")]
    [InlineData("in project 12345678 before", "in project [redacted] before")]
    [InlineData("in project test-1234 before", "in project [redacted] before")]
    [InlineData("?project=1234 then", "?project=[redacted] then")]
    [InlineData("'project_number:348715329010'.", "'project_number:[redacted]'.")]
    [InlineData("Your project has been denied access.", "Your project has been denied access.")]
    public void ScrubProjects_hides_whose_quota_serves(string text, string expected) =>
        Assert.Equal(expected, SecretScrubber.ScrubProjects(text));
}
