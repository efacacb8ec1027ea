using Pollux.IntegrationTests.Files;

namespace Pollux.IntegrationTests.Resources;

/// <summary>Many files and caches over many keys, a restart in the middle and a key that dies: each request finds its key, or is told why not.</summary>
[Trait("Feature", "MEM-4")]
[Trait("Feature", "GEM-4")]
public sealed class AffinityTests : AffinityStand
{
    [Fact]
    public Task Two_hundred_files_and_caches_over_fifty_keys_stay_with_their_keys_and_callers_over_a_restart_and_a_death()
    {
        Upstream.Resources.LeastCachedTokens = 1;
        return AssertAllStayAsync(MakeAsync, UseAsync, ListAsync, static name => name.StartsWith("cached", StringComparison.Ordinal));
    }

    private static async Task<string> MakeAsync(HttpClient client, int number) =>
        number % 4 < 2 ? await client.MakeCacheAsync() : (string)(await client.UploadAsync(FileWork.Bytes(50, (byte)number), UploadForm.Media)).File["name"]!;

    private static Task<FileSeen> UseAsync(HttpClient client, string name) =>
        name.StartsWith("files/", StringComparison.Ordinal) ? client.AskAboutAsync(UriOf(name)) : client.AskCacheAsync(name);

    private static async Task<List<string>> ListAsync(HttpClient client) =>
        [.. (await client.SeeAsync(HttpMethod.Get, "/v1beta/cachedContents?pageSize=100")).Json["cachedContents"]!.AsArray().Select(static cache => (string)cache!["name"]!)];
}
