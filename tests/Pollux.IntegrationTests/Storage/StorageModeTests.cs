using Pollux.FakeGemini;
using Pollux.IntegrationTests.Serving;
using Pollux.Storage;

namespace Pollux.IntegrationTests.Storage;

/// <summary>What each storage mode needs, seen at the process from outside.</summary>
public sealed class StorageModeTests : IDisposable
{
    private const string Key = "AQ.key-of-the-storage-mode-000000000001";

    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-modes-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("memory", false)]
    [InlineData("database", true)]
    public async Task Only_a_gateway_with_a_database_loads_one(string mode, bool loads)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads /proc.");
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        await using FakeGeminiServer upstream = await FakeGeminiServer.StartAsync(cancellation);
        upstream.AddKey(Key);
        using ChildGateway gateway = ChildGateway.Start(upstream, _folder, ("KEY_STORAGE_MODE", mode), ("GEMINI_API_KEYS", Key));
        using HttpClient client = ChildGateway.Client((await gateway.Address)!);
        Assert.True((await client.AskAsync(Form.Gemini)).IsComplete);

        string maps = await File.ReadAllTextAsync($"/proc/{gateway.Id}/maps", cancellation);

        Assert.Equal(loads, maps.Contains("sqlite", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("AWSSDK", maps, StringComparison.OrdinalIgnoreCase); // comes with the first picture that goes to a bucket
        Assert.Equal(loads, File.Exists(Path.Combine(_folder, Database.FileName)));
        await gateway.KillAsync();
    }

    [Fact]
    public async Task A_database_that_cannot_be_used_is_told_and_ends_the_start()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        await using FakeGeminiServer upstream = await FakeGeminiServer.StartAsync(cancellation);
        await File.WriteAllTextAsync(Path.Combine(_folder, Database.FileName), string.Concat(Enumerable.Repeat("this is no database ", 100)), cancellation);
        using ChildGateway gateway = ChildGateway.Start(upstream, _folder, ("GEMINI_API_KEYS", Key));

        Assert.Equal(1, await gateway.ExitAsync());

        Assert.Contains("is not a database, or it is damaged", await gateway.Errors, StringComparison.Ordinal);
        Assert.Contains("is not a database, or it is damaged", await File.ReadAllTextAsync(Path.Combine(_folder, "logs", "app.log"), cancellation), StringComparison.Ordinal);
    }
}
