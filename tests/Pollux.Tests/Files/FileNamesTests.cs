using System.Text;
using Pollux.Files;
using Pollux.Protocols.Gemini.Tokens;

namespace Pollux.Tests.Files;

/// <summary>Which addresses are files of Gemini, and where in a body they are looked for.</summary>
[Trait("Feature", "GEM-3")]
public sealed class FileNamesTests
{
    [Theory]
    [InlineData("https://generativelanguage.googleapis.com/v1beta/files/abc-123", "files/abc-123")]
    [InlineData("https://generativelanguage.googleapis.com/v1/files/abc", "files/abc")]
    [InlineData("http://127.0.0.1:7860/gemini/v1beta/files/abc", "files/abc")]
    [InlineData("files/abc", "files/abc")]
    [InlineData("files/", null)]
    [InlineData("files/../models", null)]
    [InlineData("files/a/b", null)]
    [InlineData("files/a?key=x", null)]
    [InlineData("files/a%2Fb", null)]
    [InlineData("myfiles/abc", null)]
    [InlineData("/v1beta/files/abc", null)]
    [InlineData("https://example.test/files/abc", null)] // a file of somebody else
    [InlineData("gs://bucket/v1beta/files/abc", null)]
    [InlineData("https://www.youtube.com/watch?v=abc", null)]
    [InlineData("", null)]
    public void A_file_is_named_by_its_address_or_its_bare_name(string uri, string? name)
    {
        Assert.Equal(name is not null, FileNames.TryRead(uri, out string? read));
        Assert.Equal(name, read);
    }

    [Theory]
    [InlineData("""{"contents":[{"parts":[{"fileData":{"fileUri":"files/a","mimeType":"text/plain"}},{"file_data":{"mime_type":"x","file_uri":"files\/b"}}]}]}""", "files/a,files/b")]
    [InlineData("""{"system_instruction":{"parts":[{"fileData":{"fileUri":"files/s"}}]}}""", "files/s")]
    [InlineData("""{"contents":[{"parts":[{"functionResponse":{"name":"f","parts":[{"fileData":{"fileUri":"files/f"}}]}}]}]}""", "files/f")]
    [InlineData("""{"generateContentRequest":{"contents":[{"parts":[{"fileData":{"fileUri":"files/c"}}]}]}}""", "files/c")]
    [InlineData("""{"contents":[{"parts":[{"text":"fileData fileUri files/a"}]}]}""", null)]
    [InlineData("""{"contents":[{"parts":[{"fileData":"files/a"}]}]}""", null)]
    [InlineData("""{"contents":[{"parts":[{"fileData":{"fileUri":5}}]}]}""", null)]
    public void Files_are_found_in_the_one_look_at_a_body(string body, string? uris) =>
        Assert.Equal(uris, PromptEstimate.Of(Encoding.UTF8.GetBytes(body)).FileUris is { } found ? string.Join(',', found) : null);

    [Theory]
    [InlineData("""{"file":{"name":"files/a","expirationTime":"2026-11-23T10:00:00.5Z","state":"ACTIVE"}}""", "files/a", true, true)]
    [InlineData("""{"name":"files/a","state":"PROCESSING"}""", "files/a", false, false)]
    [InlineData("""{"name":"files/a","expirationTime":"soon"}""", "files/a", false, false)]
    [InlineData("""{"file":{"name":"models/a"}}""", null, false, false)]
    [InlineData("""{"file":{"name":"files/../a"}}""", null, false, false)]
    [InlineData("""{"file":[]}""", null, false, false)]
    [InlineData("{}", null, false, false)]
    [InlineData("[1", null, false, false)]
    [InlineData("", null, false, false)]
    public void What_an_answer_says_about_a_file_is_read(string answer, string? name, bool expires, bool settled)
    {
        UploadedFile? file = UploadedFile.Read(Encoding.UTF8.GetBytes(answer));

        Assert.Equal((name, expires, settled), (file?.Name, file?.ExpiresAt is not null, file?.IsSettled ?? false));
    }
}
