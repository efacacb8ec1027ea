using System.Net;
using System.Text.Json;
using Pollux.FakeGemini;
using Pollux.Tests.Time;

namespace Pollux.Tests.FakeGemini;

/// <summary>Quotas of projects: counted per model, for accepted calls, by the clock of Los Angeles.</summary>
public sealed class QuotaTests
{
    // Noon in Los Angeles, eight hours behind in winter.
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 20, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Minute_is_full_for_all_keys_of_the_project()
    {
        ManualTimeProvider clock = new(Noon);
        await using Upstream upstream = await Upstream.StartAsync(new FakeGeminiOptions { TimeProvider = clock });
        upstream.Project.SetQuota(Upstream.Model, new FakeQuota(Rpm: 2));
        upstream.Server.AddKey("second", upstream.Project);

        Assert.Equal(HttpStatusCode.OK, await AskAsync(upstream));
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(upstream, "second"));
        using HttpResponseMessage refused = await upstream.PostAsync("generateContent");

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        JsonElement error = (await Upstream.ReadAsync(refused)).GetProperty("error");
        Assert.Equal("RESOURCE_EXHAUSTED", error.GetProperty("status").GetString());
        Assert.EndsWith("\nPlease retry in 50s.", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        JsonElement violation = error.GetProperty("details")[1].GetProperty("violations")[0];
        Assert.Equal("generativelanguage.googleapis.com/generate_content_free_tier_requests", violation.GetProperty("quotaMetric").GetString());
        Assert.Equal("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", violation.GetProperty("quotaId").GetString());
        Assert.Equal(Upstream.Model, violation.GetProperty("quotaDimensions").GetProperty("model").GetString());
        Assert.Equal("2", violation.GetProperty("quotaValue").GetString());
        Assert.Equal("50s", error.GetProperty("details")[2].GetProperty("retryDelay").GetString());
        Assert.Equal(HttpStatusCode.OK, await AskAsync(upstream, model: "gemini-3.5-flash"));
    }

    [Theory]
    [InlineData(QuotaMinute.Rolling, HttpStatusCode.TooManyRequests)]
    [InlineData(QuotaMinute.Fixed, HttpStatusCode.OK)]
    public async Task Minute_rolls_or_begins_with_the_clock(QuotaMinute minute, HttpStatusCode afterTenSeconds)
    {
        ManualTimeProvider clock = new(Noon.AddSeconds(55));
        await using Upstream upstream = await Upstream.StartAsync(new FakeGeminiOptions { TimeProvider = clock, QuotaMinute = minute });
        upstream.Project.SetQuota(Upstream.Model, new FakeQuota(Rpm: 1));

        Assert.Equal(HttpStatusCode.OK, await AskAsync(upstream));
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(afterTenSeconds, await AskAsync(upstream));
        clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(upstream));
    }

    [Fact]
    public async Task Day_ends_at_midnight_in_Los_Angeles()
    {
        ManualTimeProvider clock = new(Noon);
        await using Upstream upstream = await Upstream.StartAsync(new FakeGeminiOptions { TimeProvider = clock });
        upstream.Project.SetQuota(Upstream.Model, new FakeQuota(Rpd: 1));

        Assert.Equal(HttpStatusCode.OK, await AskAsync(upstream));
        clock.Advance(TimeSpan.FromHours(12) - TimeSpan.FromSeconds(1));
        using HttpResponseMessage refused = await upstream.PostAsync("generateContent");
        string body = await refused.Content.ReadAsStringAsync(Upstream.Stop);
        clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Contains("\"quotaId\": \"GenerateRequestsPerDayPerProjectPerModel-FreeTier\"", body, StringComparison.Ordinal);
        Assert.Contains("\"retryDelay\": \"1s\"", body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(upstream));
        Assert.Equal(1, upstream.Project.AcceptedToday(Upstream.Model));
    }

    [Fact]
    public async Task Limit_zero_has_no_value_and_no_delay()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        upstream.Project.SetQuota(Upstream.Model, FakeQuota.None);

        using HttpResponseMessage refused = await upstream.PostAsync("generateContent");
        string body = await refused.Content.ReadAsStringAsync(Upstream.Stop);

        Assert.Contains("limit: 0, model: gemini-3.8-flash", body, StringComparison.Ordinal);
        Assert.Contains("\"retryDelay\": \"0s\"", body, StringComparison.Ordinal);
        Assert.DoesNotContain("quotaValue", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokens_are_counted_by_their_own_limit()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        upstream.Project.SetQuota(Upstream.Model, new FakeQuota(Tpm: 3));

        Assert.Equal(HttpStatusCode.OK, await AskAsync(upstream));
        using HttpResponseMessage refused = await upstream.PostAsync("generateContent");

        Assert.Contains("GenerateContentInputTokensPerModelPerMinute-FreeTier", await refused.Content.ReadAsStringAsync(Upstream.Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusals_and_faults_use_up_nothing()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        upstream.Project.SetQuota(Upstream.Model, new FakeQuota(Rpm: 1));
        upstream.Server.Script.Next(FakeReply.Overloaded());

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await AskAsync(upstream));
        using HttpResponseMessage bad = await upstream.PostAsync("generateContent", "{}");
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(upstream));
    }

    private static async Task<HttpStatusCode> AskAsync(Upstream upstream, string key = Upstream.Key, string model = Upstream.Model)
    {
        using HttpResponseMessage response = await upstream.PostAsync("generateContent", model: model, key: key);
        return response.StatusCode;
    }
}
