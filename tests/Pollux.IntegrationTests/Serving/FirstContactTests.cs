using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

public sealed class FirstContactTests
{
    [Fact]
    public async Task A_chat_is_answered_by_the_upstream()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using HttpResponseMessage response = await gateway.Client.PostAsJsonAsync(
            "/v1/chat/completions",
            new { model = "gemini-3.5-flash", messages = new[] { new { role = "user", content = "Hello" } } },
            TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("You said: Hello", answer.RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.StartsWith("req_", response.Headers.GetValues("x-request-id").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invalid_key_is_passed_over_and_nobody_notices()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(
            fake =>
            {
                fake.AddKey("AQ.bad-key-00000000000000000000000000").State = FakeKeyState.Invalid;
                fake.AddKey(TestGateway.Key);
            },
            new Dictionary<string, string> { ["GEMINI_API_KEYS"] = $"AQ.bad-key-00000000000000000000000000,{TestGateway.Key}" });

        for (int i = 0; i < 4; i++)
        {
            using HttpResponseMessage response = await gateway.Client.PostAsJsonAsync(
                "/v1/chat/completions",
                new { model = "gemini-3.5-flash", messages = new[] { new { role = "user", content = "Hello" } } },
                TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }
}
