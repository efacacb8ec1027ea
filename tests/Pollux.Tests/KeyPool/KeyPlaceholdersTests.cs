using Pollux.KeyPool;

namespace Pollux.Tests.KeyPool;

public sealed class KeyPlaceholdersTests
{
    [Theory]
    [InlineData("key1")]
    [InlineData("key2")]
    [InlineData("KEY3")]
    [InlineData("key")]
    [InlineData("api_key")]
    [InlineData("gemini_api_key")]
    [InlineData("your_api_key")]
    [InlineData("your_api_key_1")]
    [InlineData("your-api-key")]
    [InlineData("your_gemini_api_key")]
    [InlineData("your_google_api_key_here")]
    [InlineData("YOUR_API_KEY_HERE")]
    [InlineData("your_real_gemini_key")]
    [InlineData("my_api_key")]
    [InlineData("put-your-key-here")]
    [InlineData("sk-your-token")]
    [InlineData("AIzaSyxxxxxxxxxxxxxxxxxxx")]
    [InlineData("AIzaSyXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX")]
    [InlineData("AIzaSy...")]
    [InlineData("AIza***")]
    [InlineData("AIza…")]
    [InlineData("AIza")]
    [InlineData("<your key>")]
    [InlineData("${GEMINI_API_KEY}")]
    [InlineData("{{KEY}}")]
    [InlineData("changeme")]
    [InlineData("change-me")]
    [InlineData("none")]
    [InlineData("null")]
    [InlineData("placeholder")]
    public void Samples_are_told_from_keys(string text) => Assert.True(KeyPlaceholders.IsPlaceholder(text));

    [Theory]
    [InlineData("AIzaSyCANARYcanary0123456789abcdefghijk")]
    [InlineData("AQ.Ab8RN6JcanaryCANARY0123456789")]
    [InlineData("key-from-a-test-1")]
    [InlineData("test-key-1")]
    [InlineData("monkey42")]
    [InlineData("keyboard")]
    [InlineData("key12345")]
    [InlineData("xai-0123456789abcdef")]
    [InlineData("whatever-comes")]
    [InlineData("yourself-0123456789abcdef")]
    [InlineData("myAbCdEf0123456789")]
    public void What_may_be_a_key_is_one(string text) => Assert.False(KeyPlaceholders.IsPlaceholder(text));

    [Theory]
    [InlineData("", true)]
    [InlineData("two words", true)]
    [InlineData("line\nbreak", true)]
    [InlineData("nul\0", true)]
    [InlineData("ключ", true)]
    [InlineData("a", false)]
    [InlineData("AQ.Ab8-_=/+", false)]
    public void What_cannot_travel_in_a_header_is_no_key(string text, bool malformed) =>
        Assert.Equal(malformed, KeyPlaceholders.IsMalformed(text, CredentialKind.GeminiApiKey));
}
