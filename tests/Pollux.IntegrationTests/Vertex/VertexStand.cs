using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;

namespace Pollux.IntegrationTests.Vertex;

/// <summary>A gateway with credentials of Vertex AI before the strict upstream.</summary>
internal static class VertexStand
{
    /// <summary>Stands in whatever must never be seen.</summary>
    public const string Canary = "CANARYxyzzy";

    /// <summary>A key of the Gemini API.</summary>
    public const string GeminiKey = "AQ.gemini-CANARYxyzzy-key-00000000000001";

    /// <summary>Keys of express mode.</summary>
    public static readonly string[] ExpressKeys = ["AQ.express-CANARYxyzzy-key-0000000000001", "AQ.express-CANARYxyzzy-key-0000000000002"];

    /// <summary>Starts a gateway.</summary>
    /// <param name="accounts">How many service accounts, each with a project of its own.</param>
    /// <param name="express">How many keys of express mode, two at most.</param>
    /// <param name="gemini">Whether there is a key of the Gemini API.</param>
    /// <param name="arrange">Told of the upstream and its accounts before the gateway starts.</param>
    /// <param name="settings">Over those of the tests.</param>
    /// <param name="clock">Instead of the system's, for both.</param>
    /// <param name="lines">Listens to the request log.</param>
    /// <param name="checksFiles">Whether the upstream refuses files and signatures that it does not know.</param>
    /// <param name="models">Instead of the usual ones.</param>
    public static Task<TestGateway> StartAsync(
        int accounts = 1, int express = 0, bool gemini = false, Action<FakeGeminiServer, FakeServiceAccount[]>? arrange = null,
        IReadOnlyDictionary<string, string>? settings = null, TimeProvider? clock = null, RequestLines? lines = null, bool checksFiles = true, IReadOnlyList<FakeModel>? models = null)
    {
        FakeServiceAccount[] made = [];
        return TestGateway.StartAsync(
            fake =>
            {
                made = [.. Enumerable.Range(1, accounts).Select(number => fake.AddServiceAccount($"test-project-{number}"))];
                foreach (string key in ExpressKeys.Take(express))
                    fake.AddExpressKey(key);
                fake.AddKey(GeminiKey);
                arrange?.Invoke(fake, made);
            },
            new Dictionary<string, string> { ["GEMINI_API_KEYS"] = gemini ? GeminiKey : "" },
            new FakeGeminiOptions { TimeProvider = clock ?? TimeProvider.System, ChecksFiles = checksFiles, ChecksSignatures = checksFiles, Models = models ?? FakeModelCatalog.Default },
            services =>
            {
                lines?.Listen(services);
                if (clock is not null)
                    services.AddSingleton(clock);
            },
            fake =>
            {
                var all = new Dictionary<string, string>(Addresses(fake))
                {
                    ["GOOGLE_CREDENTIALS_JSON"] = string.Join("\n", made.Select(static account => account.ToJson())),
                    ["VERTEX_API_KEYS"] = string.Join(',', ExpressKeys.Take(express)),
                };
                foreach ((string name, string value) in settings ?? new Dictionary<string, string>())
                    all[name] = value;
                return all;
            });
    }

    /// <summary>The settings that lead to the stand-in.</summary>
    public static Dictionary<string, string> Addresses(FakeGeminiServer fake) => new(StringComparer.Ordinal)
    {
        ["VERTEX_BASE_URL"] = fake.BaseAddress.AbsoluteUri,
        ["VERTEX_TOKEN_URL"] = fake.BaseAddress + "token",
        ["VERTEX_EXPRESS_BASE_URL"] = fake.BaseAddress + "v1beta1/publishers/google",
    };

    /// <summary>Where a form is asked for on a forced side.</summary>
    public static string Path(Form form, string side, string model = Ask.Model)
    {
        string path = form.Path(model);
        return form.IsOpenAI() ? $"/{side}/v1{path["/v1".Length..]}" : $"/{side}{path}";
    }

    /// <summary>Asks on a forced side and reads the whole answer.</summary>
    public static Task<Seen> AskAsync(this TestGateway gateway, Form form, string side, string prompt = "Hello", string model = Ask.Model) =>
        gateway.Client.SendAsync(form, Ask.Request(Path(form, side, model), form.Body(prompt, model)), TestContext.Current.CancellationToken);

    /// <summary>Posts a body and reads the answer as JSON.</summary>
    public static async Task<(HttpStatusCode Status, JsonNode Json)> PostAsync(this TestGateway gateway, string path, JsonNode body)
    {
        using HttpRequestMessage request = Ask.Request(path, body);
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!);
    }

    /// <summary>The requests that Vertex AI got.</summary>
    public static IReadOnlyList<ReceivedRequest> ToVertex(this TestGateway gateway) => [.. gateway.Upstream.Received.Requests.Where(static request => request.IsVertex)];

    /// <summary>The requests for tokens.</summary>
    public static IReadOnlyList<ReceivedRequest> ForTokens(this TestGateway gateway) => [.. gateway.Upstream.Received.Requests.Where(static request => request.Action == "token")];

    /// <summary>The credential of a project or with a secret.</summary>
    public static Credential Of(this TestGateway gateway, string project) =>
        gateway.Services.GetRequiredService<KeyPool.KeyPool>().Credentials().Single(credential => credential.ProjectGroup == project || credential.Secret.Reveal() == project);

    /// <summary>Nothing that is secret stands in what the client saw or in the log.</summary>
    public static void CheckNothingShows(this TestGateway gateway, params IEnumerable<Seen> seen)
    {
        foreach (Seen one in seen)
        {
            Check(one.Body);
            Check(one.Headers);
        }

        foreach ((_, _, string text) in gateway.Logs.Lines)
            Check(text);

        static void Check(string text)
        {
            Assert.DoesNotContain(Canary, text, StringComparison.Ordinal);
            Assert.DoesNotContain("PRIVATE KEY", text, StringComparison.Ordinal);
            Assert.DoesNotContain("ya29.", text, StringComparison.Ordinal);
            Assert.DoesNotContain("eyJ", text, StringComparison.Ordinal);
        }
    }
}
