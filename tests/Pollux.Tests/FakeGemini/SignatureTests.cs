using System.Text;
using Pollux.FakeGemini.Answers;

namespace Pollux.Tests.FakeGemini;

/// <summary>Which thought signatures the fake knows again.</summary>
public sealed class SignatureTests
{
    [Fact]
    public void Signature_is_valid_in_its_family_only()
    {
        SignatureMint mint = new(new Random(1), tiedToProject: false);
        string signature = mint.Give("gemini-3", "1");

        Assert.True(mint.IsValid(signature, "gemini-3", "1"));
        Assert.True(mint.IsValid(signature, "gemini-3", "2"));
        Assert.False(mint.IsValid(signature, "gemini-2", "1"));
        Assert.False(new SignatureMint(new Random(2), tiedToProject: false).IsValid(signature, "gemini-3", "1"));
    }

    [Fact]
    public void Signature_can_be_tied_to_its_project()
    {
        SignatureMint mint = new(new Random(1), tiedToProject: true);
        string signature = mint.Give("gemini-3", "1");

        Assert.True(mint.IsValid(signature, "gemini-3", "1"));
        Assert.False(mint.IsValid(signature, "gemini-3", "2"));
    }

    [Fact]
    public void Placeholder_is_valid_as_text_and_as_base64()
    {
        SignatureMint mint = new(new Random(1), tiedToProject: true);

        Assert.True(mint.IsValid(SignatureMint.Placeholder, "gemini-3", "1"));
        Assert.True(mint.IsValid(Convert.ToBase64String(Encoding.UTF8.GetBytes(SignatureMint.Placeholder)), "gemini-3", "1"));
    }

    [Fact]
    public void Foreign_signature_is_valid_once_registered()
    {
        SignatureMint mint = new(new Random(1), tiedToProject: true);
        Assert.False(mint.IsValid("Zm9yZWlnbiBzaWduYXR1cmU=", "gemini-3", "1"));

        mint.Register("Zm9yZWlnbiBzaWduYXR1cmU=");

        Assert.True(mint.IsValid("Zm9yZWlnbiBzaWduYXR1cmU=", "gemini-3", "1"));
    }
}
