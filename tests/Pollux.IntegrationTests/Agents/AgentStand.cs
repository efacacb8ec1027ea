using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Agents;

/// <summary>
/// The task that every agent is given, and what must be true afterwards: mend <c>sum.mjs</c>, run it, write
/// <c>report.txt</c> and read it again, in seven turns with six results of tools. Each agent has tools of its own for it.
/// </summary>
internal static class AgentStand
{
    /// <summary>The model that all agents ask for: it gives ids and signatures, and refuses calls whose signature is missing.</summary>
    public const string Model = "gemini-3.8-flash";

    /// <summary>What the user says.</summary>
    public const string Prompt = "Mend sum.mjs, run it, and write what it prints to report.txt.";

    /// <summary>What the report must hold, byte for byte; it also shows that no character is hurt on its way.</summary>
    public const string Report = "The sum is 6. 合计 🧮\n";

    private const string Farewell = "Done: the program adds now.";

    /// <summary>Behind this the lines of the request log tell what was lost.</summary>
    private const string LossesField = " losses=";

    /// <summary>Puts the program into the work folder, and scripts the model.</summary>
    /// <param name="run">The agent.</param>
    /// <param name="read">A call that reads the program.</param>
    /// <param name="list">One that lists the work folder, at the same time.</param>
    /// <param name="edit">One that makes the program add.</param>
    /// <param name="execute">One that runs the program.</param>
    /// <param name="write">One that writes <see cref="Report"/>.</param>
    /// <param name="verify">One that reads the report.</param>
    public static AgentTask Task(AgentRun run, FakeToolCall read, FakeToolCall list, FakeToolCall edit, FakeToolCall execute, FakeToolCall write, FakeToolCall verify)
    {
        AgentRun.Write(run.Work, "sum.mjs", "const numbers = [1, 2, 3];\nconsole.log(numbers.reduce((a, b) => a - b));\n");
        return new AgentTask(new Dictionary<int, FakeReply>
        {
            [0] = FakeReply.TextAndToolCalls("I look at the program first.", read, list),
            [2] = FakeReply.ThinkingAndToolCalls("**Mending**\n\nIt subtracts where it should add.\n", edit),
            [3] = FakeReply.ToolCalls(execute),
            [4] = FakeReply.ToolCalls(write),
            [5] = FakeReply.ToolCalls(verify),
            [6] = FakeReply.Text(Farewell),
        });
    }

    /// <summary>A call with texts as arguments.</summary>
    public static FakeToolCall Call(string name, params (string Name, string Value)[] arguments) =>
        new(name, new JsonObject(arguments.Select(static one => KeyValuePair.Create(one.Name, (JsonNode?)one.Value))));

    /// <summary>Has a key die, a quota run out and streams break on the way.</summary>
    /// <param name="task">The task.</param>
    /// <param name="destroy">A call that deletes the program: it breaks off before it is told, and must not be carried out.</param>
    public static void Trouble(AgentTask task, FakeToolCall destroy)
    {
        task.Faults[0] = new([FakeReply.LeakedKey()]);
        task.Faults[2] = new([FakeReply.QuotaMinute(), FakeReply.Overloaded()]);
        task.Faults[3] = new([FakeReply.ToolCalls(destroy).ResetAfter(0)]);
        task.Faults[5] = new([FakeReply.TextInPieces("I read ", "what I ", "wrote.").ResetAfter(1)]);
    }

    /// <summary>Starts a gateway whose upstream plays the task.</summary>
    /// <param name="task">The task.</param>
    /// <param name="keys">How many keys it has, each of a project of its own.</param>
    public static async Task<TestGateway> StartAsync(AgentTask task, int keys = 1)
    {
        string[] pool = [.. Enumerable.Range(0, keys).Select(static i => $"{TestGateway.Key}{i}")];
        TestGateway gateway = await TestGateway.StartAsync(
            fake =>
            {
                for (int i = 0; i < keys; i++)
                    fake.AddKey(pool[i], fake.AddProject($"10000000000{i}", FakeTier.Free));
            },
            new Dictionary<string, string> { ["GEMINI_API_KEYS"] = string.Join(',', pool) });
        gateway.Upstream.Script.Chaos = task.Answer;
        return gateway;
    }

    /// <summary>The task is done, each turn was asked for once, and the model saw all that belongs to the conversation.</summary>
    /// <param name="run">The agent.</param>
    /// <param name="task">The task.</param>
    /// <param name="gateway">The gateway.</param>
    /// <param name="exit">The agent's exit code.</param>
    /// <param name="losses">What of its requests Gemini has nothing for, as the gateway tells it; nothing else may be lost.</param>
    public static void AssertUndisturbed(AgentRun run, AgentTask task, TestGateway gateway, int exit, params string[] losses)
    {
        Log(run, gateway);
        AssertDone(run, exit);
        Assert.Equal(losses, Losses(gateway));
        Assert.Equal([(0, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1)], Asked(task));
        AssertConversation(gateway);
    }

    /// <summary>The task is done in spite of the <see cref="Trouble"/>, and each fault cost one more request and no more.</summary>
    public static void AssertTroubled(AgentRun run, AgentTask task, TestGateway gateway, int exit, params string[] losses)
    {
        Log(run, gateway);
        AssertDone(run, exit);
        Assert.Equal(losses, Losses(gateway));
        Assert.Equal([(0, 2), (2, 3), (3, 2), (4, 1), (5, 2), (6, 1)], Asked(task));
        Assert.DoesNotContain("429", run.Output, StringComparison.Ordinal);
        AssertConversation(gateway);
    }

    private static IEnumerable<(int Results, int Times)> Asked(AgentTask task) => task.Asked.OrderBy(static one => one.Key).Select(static one => (one.Key, one.Value));

    private static void AssertDone(AgentRun run, int exit)
    {
        Assert.True(exit == 0, run.Output);
        Assert.Contains("a + b", run.Read("sum.mjs"), StringComparison.Ordinal);
        Assert.Equal(Report, run.Read("report.txt"));
        Assert.Contains(Farewell, run.Output, StringComparison.Ordinal);
    }

    /// <summary>What the upstream saw: nothing that it had to refuse, no secret of ours, and whole conversations.</summary>
    private static void AssertConversation(TestGateway gateway)
    {
        IReadOnlyList<ReceivedRequest> requests = gateway.Upstream.Received.Requests;
        Assert.All(requests, static request => Assert.DoesNotContain(TestGateway.Password, string.Join('\n', request.Headers.Values), StringComparison.Ordinal));
        Assert.DoesNotContain(requests, static request => request.Status is 400 or 404);

        var signatures = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (ReceivedRequest request in requests)
            SentSignatures.Collect(request, signatures);
        Assert.Equal(5, signatures.Count); // one of each turn with calls, and the same whenever the turn was told again
        AssertResults(requests[^1]);
    }

    /// <summary>At the end the model has each result beside its call, and what the tools wrote is in them.</summary>
    private static void AssertResults(ReceivedRequest last)
    {
        JsonElement[] parts = [.. last.Json.GetProperty("contents").EnumerateArray().SelectMany(static content => content.GetProperty("parts").EnumerateArray())];
        JsonElement[] calls = [.. parts.Where(static part => part.TryGetProperty("functionCall", out _)).Select(static part => part.GetProperty("functionCall"))];
        JsonElement[] results = [.. parts.Where(static part => part.TryGetProperty("functionResponse", out _)).Select(static part => part.GetProperty("functionResponse"))];
        Assert.Equal(6, results.Length);
        Assert.Equal(calls.Select(Identity), results.Select(Identity));
        Assert.Contains("a - b", Written(results[0]), StringComparison.Ordinal);
        Assert.Contains("sum.mjs", Written(results[1]), StringComparison.Ordinal);
        Assert.Contains("6", Written(results[3]), StringComparison.Ordinal);
        Assert.Contains(Report.TrimEnd(), Written(results[5]), StringComparison.Ordinal);
    }

    private static (string? Id, string? Name) Identity(JsonElement one) => (one.GetProperty("id").GetString(), one.GetProperty("name").GetString());

    /// <summary>The texts of a result, without the escapes of JSON.</summary>
    private static string Written(JsonElement result) => Texts(result.GetProperty("response"));

    private static string Texts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => string.Join('\n', value.EnumerateObject().Select(static one => Texts(one.Value))),
        JsonValueKind.Array => string.Join('\n', value.EnumerateArray().Select(Texts)),
        _ => value.ToString(),
    };

    /// <summary>What the gateway told to be lost of the requests, each thing once.</summary>
    private static IEnumerable<string> Losses(TestGateway gateway) => gateway.Logs.Lines
        .Select(static line => line.Text.IndexOf(LossesField, StringComparison.Ordinal) is var at and >= 0 ? line.Text[(at + LossesField.Length)..] : "-")
        .Where(static losses => losses != "-")
        .SelectMany(static losses => losses.Split(';'))
        .Distinct()
        .Order(StringComparer.Ordinal);

    /// <summary>What happened, for who reads the results.</summary>
    private static void Log(AgentRun run, TestGateway gateway)
    {
        ITestOutputHelper output = TestContext.Current.TestOutputHelper!;
        foreach (ReceivedRequest request in gateway.Upstream.Received.Requests)
            output.WriteLine($"{request} {request.Status} {request.Body.Length} bytes, {AgentTask.ResultsIn(request)} results");
        foreach (string losses in Losses(gateway))
            output.WriteLine($"losses: {losses}");
        output.WriteLine(run.Output);
    }
}
