using Pollux.Generation;
using Pollux.Protocols.Gemini.Models;
using Pollux.Settings;
using Pollux.Tests.Settings;

namespace Pollux.Tests.Generation;

/// <summary>STR-1: who gets a pretended stream.</summary>
public sealed class StreamFormsTests
{
    [Theory]
    [InlineData(null, false, false, false)]
    [InlineData(null, false, true, true)]
    [InlineData(null, true, false, true)]
    [InlineData("1", false, false, true)]
    [InlineData("true", false, false, true)]
    [InlineData("0", true, true, false)]
    [InlineData("", false, true, true)]
    [InlineData("maybe", true, false, true)]
    public void The_header_counts_most_then_suffix_and_setting(string? header, bool suffix, bool setting, bool pretended)
    {
        StreamSettings streams = SettingsFixture.Load().Settings.Streams with { Pretended = setting };
        var model = new ResolvedModel("gemini-3.5-flash", ModelCatalog.Default.Find("gemini-3.5-flash"), default) { PretendsStream = suffix };

        Assert.Equal(pretended, StreamForms.IsPretended(header, model, streams));
    }
}
