using Pollux.Resources;

namespace Pollux.Tests.Resources;

/// <summary>Which paths are handed on, and what they name.</summary>
public sealed class ResourcePathTests
{
    [Theory]
    [InlineData("cachedContents/a", null, "cachedContents/a")]
    [InlineData("batches/a:cancel", "cancel", "batches/a")]
    [InlineData("fileSearchStores/s/documents/d", null, "fileSearchStores/s/documents/d fileSearchStores/s/documents fileSearchStores/s")]
    [InlineData("models/veo-3.1/operations/o", null, "models/veo-3.1/operations/o")]
    [InlineData("models/m:predictLongRunning", "predictLongRunning", "")]
    [InlineData("tunedModels/t/permissions/p", null, "tunedModels/t/permissions/p tunedModels/t/permissions tunedModels/t")]
    [InlineData("interactions", null, "")]
    public void A_path_names_itself_and_what_it_lies_in(string text, string? action, string names)
    {
        ResourcePath path = ResourcePath.Parse(text)!;

        Assert.Equal((action, names), (path.Action, string.Join(' ', path.Names())));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a//b")]
    [InlineData("a/../b")]
    [InlineData("a/.")]
    [InlineData("fileSearchStores/-/documents")]
    [InlineData("a/b%2fc")]
    [InlineData("a/b?c")]
    [InlineData("a/b:c:")]
    [InlineData("a/b c")]
    [InlineData("1/2/3/4/5/6/7/8/9/10/11/12/13")]
    public void What_could_lead_elsewhere_is_no_path(string text) => Assert.Null(ResourcePath.Parse(text));

    [Theory]
    [InlineData("cachedContents", true, true)]
    [InlineData("oracles", true, false)] // Google's own list would show what others have
    [InlineData("oracles", false, true)]
    [InlineData("oracles/a", true, true)]
    [InlineData("models/m", false, false)]
    [InlineData("models", false, false)]
    [InlineData("models/m:divine", false, true)]
    [InlineData("models/m/operations/o", true, true)]
    [InlineData("openai/chat", false, false)]
    [InlineData("OpenAI/chat", false, false)]
    [InlineData("projects/1/cachedContents", true, false)]
    public void Models_and_OpenAIs_routes_are_none_of_these(string path, bool reads, bool served) => Assert.Equal(served, ResourcePath.IsServed(path, reads));
}
