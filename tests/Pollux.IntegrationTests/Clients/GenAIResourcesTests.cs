using Pollux.FakeGemini;
using Pollux.FakeGemini.Files;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Resources;

namespace Pollux.IntegrationTests.Clients;

/// <summary>The package <c>@google/genai</c> with all that lives at Google, over several keys: only the base address and the key are the gateway's.</summary>
[Trait("Feature", "GEM-4")]
[Trait("Feature", "GEM-5")]
public sealed class GenAIResourcesTests
{
    [Fact]
    public async Task Caches_batches_stores_interactions_and_films_work_over_several_keys()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        gateway.Upstream.Script.When(request =>
        {
            // The film is ready when it is asked for the first time.
            if (request.Method == "GET" && gateway.Upstream.Resources.Find(request.Path["/v1beta/".Length..]) is { } film && film.Name.StartsWith("models/veo", StringComparison.Ordinal) && !film.Text.Contains("done", StringComparison.Ordinal))
            {
                FakeFile file = gateway.Upstream.Files.Make(gateway.Upstream.AddKey(film.Key), "a cat"u8.ToArray(), "video/mp4");
                gateway.Upstream.Resources.Finish(film.Name, $$$"""{"generateVideoResponse":{"generatedSamples":[{"video":{"uri":"{{{file.Uri}}}:download?alt=media"}}]}}""");
            }

            return false;
        }).Reply(FakeReply.InternalError());

        ClientReport report = await new NodeClient("genai").RunAsync(new ClientCall("resources", gateway.Address, TestGateway.Password, ResourceStand.Model), TestContext.Current.CancellationToken);

        Assert.True(report.Error is null, report.Error?.Message);
        Assert.NotNull(report.Text);
        Assert.Equal(["cache listed", "JOB_STATE_PENDING", "batch listed", "store filled", "paper", "papers", "This is turn 2.", "completed", "a cat"], report.Models);
    }
}
