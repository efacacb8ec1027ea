using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini.Files;
using Pollux.Files;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;

namespace Pollux.IntegrationTests.Files;

/// <summary>A twin, which is a file that was uploaded again to another key, may vanish at Google: nobody is to notice.</summary>
[Trait("Feature", "GEM-3")]
public sealed class StaleTwinTests : CopyStand
{
    [Theory]
    [InlineData(Form.Gemini)]
    [InlineData(Form.GeminiStream)]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.OpenAIStream)]
    public async Task A_twin_that_vanished_is_made_again_once_and_the_request_repeated(Form form)
    {
        await using TestGateway gateway = await StartAsync();
        (string one, string other, FakeFile twin) = await MeetAsync(gateway);
        Upstream.Files.Lose(twin.Name);
        int sent = Uploaded();

        Seen seen = await gateway.Client.AskAsync(form, Asking(form, one, other));

        Assert.True(seen.Status == HttpStatusCode.OK, seen.Body);
        FakeFile made = Assert.Single(Upstream.Files.All, file => file.Name != one && file.Name != other);
        Assert.Equal((twin.Key, twin.Sha256, sent + 2), (made.Key, made.Sha256, Uploaded())); // begun, and sent
        Assert.Contains(made.Name, NamedIn(Generations()[^1]));
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.AskAsync(form, Asking(form, one, other))).Status);
        Assert.Equal(sent + 2, Uploaded()); // it is known again
    }

    [Fact]
    public async Task Who_notices_at_the_same_time_shares_the_new_twin()
    {
        await using TestGateway gateway = await StartAsync();
        (string one, string other, FakeFile twin) = await MeetAsync(gateway);
        Upstream.Files.Lose(twin.Name);
        FileTwins twins = gateway.Services.GetRequiredService<FileTwins>();
        Upstream.Files.UploadAddress = url => // the upload goes on when all wait for it
        {
            SpinWait.SpinUntil(() => twins.Waiting == 8, TimeSpan.FromSeconds(20));
            return url.AbsoluteUri;
        };

        FileSeen[] seen = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => gateway.Client.AskAboutAsync(Uri(one), Uri(other))));

        Assert.All(seen, static each => Assert.True(each.Status == HttpStatusCode.OK, each.Body));
        Assert.Equal(3, Upstream.Files.All.Count);
    }

    /// <summary>Each time it is there for a moment only.</summary>
    [Fact]
    public async Task A_twin_that_vanishes_again_and_again_ends_the_request()
    {
        await using TestGateway gateway = await StartAsync();
        (string one, string other, FakeFile twin) = await MeetAsync(gateway);
        Upstream.Files.Lose(twin.Name);
        Upstream.Files.Added = file => Upstream.Files.Lose(file.Name);
        int sent = Uploaded();

        FileSeen seen = await gateway.Client.AskAboutAsync(Uri(one), Uri(other));

        AssertApart(seen);
        AssertNoTwinIsNamed(seen, one, other);
        Assert.Equal(sent + 2, Uploaded());
    }

    [Fact]
    public async Task Without_its_copy_a_twin_that_vanished_is_a_400_that_names_no_twin()
    {
        await using TestGateway gateway = await StartAsync();
        (string one, string other, FakeFile twin) = await MeetAsync(gateway);
        Upstream.Files.Lose(twin.Name);
        foreach (string copy in Copies())
            File.Delete(copy);

        FileSeen seen = await gateway.Client.AskAboutAsync(Uri(one), Uri(other));

        AssertApart(seen);
        AssertNoTwinIsNamed(seen, one, other);
        Assert.DoesNotContain(twin.Name["files/".Length..], seen.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_vanished_itself_is_told_as_ever_and_nothing_is_uploaded()
    {
        await using TestGateway gateway = await StartAsync();
        (string one, string other, FakeFile twin) = await MeetAsync(gateway);
        string stays = KeyOf(one) == twin.Key ? one : other;
        Upstream.Files.Lose(stays);
        int sent = Uploaded();

        FileSeen seen = await gateway.Client.AskAboutAsync(Uri(one), Uri(other));

        Assert.Equal((HttpStatusCode.NotFound, sent), (seen.Status, Uploaded()));
        Assert.Contains(stays["files/".Length..], seen.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_vanished_twin_costs_its_key_no_health()
    {
        await using TestGateway gateway = await StartAsync(("MAX_FAILURES", "1"));
        (string one, string other, FakeFile twin) = await MeetAsync(gateway);
        Upstream.Files.Lose(twin.Name);

        await gateway.Client.AskAboutAsync(Uri(one), Uri(other));

        Assert.All(gateway.Services.GetRequiredService<KeyPool.KeyPool>().Credentials(), static key => Assert.Equal((CredentialStatus.Usable, 0), (key.Health.Status, key.Health.ConsecutiveFailures)));
    }

    private async Task<(string One, string Other, FakeFile Twin)> MeetAsync(TestGateway gateway)
    {
        (string one, string other) = await UploadApartAsync(gateway);
        FileSeen met = await gateway.Client.AskAboutAsync(Uri(one), Uri(other));
        Assert.True(met.Status == HttpStatusCode.OK, met.Body);
        return (one, other, Assert.Single(Upstream.Files.All, file => file.Name != one && file.Name != other));
    }

    private static void AssertNoTwinIsNamed(FileSeen seen, string one, string other) =>
        Assert.All(Regex.Matches(seen.Body, "files/[a-z0-9]+", RegexOptions.None, TimeSpan.FromSeconds(1)), match => Assert.Contains(match.Value, (string[])[one, other]));

    private int Uploaded() => Upstream.Received.Requests.Count(Uploads);
}
