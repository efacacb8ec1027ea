using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Agents;

/// <summary>Google's command-line agent, <c>@google/gemini-cli</c>, unmodified: it reads, edits, runs and verifies through the gateway.</summary>
[Collection(nameof(Alone))]
public sealed class GeminiCliTests
{
    private const string Program = "@google/gemini-cli/bundle/gemini.js";
    private const string Model = "gemini-3.8-flash";

    public static bool IsInstalled => AgentRun.Installed is not null;

    [Fact(Skip = "The agents are not installed; ./test installs them, or run npm ci in tests/agents.", SkipUnless = nameof(IsInstalled))]
    public async Task It_completes_a_task_of_several_turns_with_file_tools()
    {
        using var run = new AgentRun();
        AgentTask task = Sum(run);
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.Chaos = task.Answer;

        int exit = await RunAsync(run, gateway);

        AssertDone(run, exit);
        Assert.Equal([0, 2, 3, 4, 5, 6], task.Asked.Keys.Order());
        Assert.All(task.Asked.Values, static times => Assert.Equal(1, times));
        Assert.All(gateway.Upstream.Received.Requests, static request => Assert.DoesNotContain(TestGateway.Password, string.Join('\n', request.Headers.Values), StringComparison.Ordinal));
        Log(run, gateway);
    }

    [Fact(Skip = "The agents are not installed; ./test installs them, or run npm ci in tests/agents.", SkipUnless = nameof(IsInstalled))]
    public async Task A_key_that_dies_a_quota_used_up_and_streams_that_are_cut_do_not_stop_it()
    {
        using var run = new AgentRun();
        AgentTask task = Sum(run);
        task.Faults[0] = new([FakeReply.LeakedKey()]);
        task.Faults[2] = new([FakeReply.QuotaMinute(), FakeReply.Overloaded()]);
        task.Faults[3] = new([FakeReply.ToolCalls(Call("run_shell_command", ("command", "rm sum.mjs"))).ResetAfter(0)]);
        task.Faults[5] = new([FakeReply.TextInPieces("I read ", "what I ", "wrote.").ResetAfter(1)]);
        await using TestGateway gateway = await TestGateway.StartAsync(
            static fake =>
            {
                for (int i = 0; i < 4; i++)
                    fake.AddKey($"{TestGateway.Key}{i}", fake.AddProject($"10000000000{i}", FakeTier.Free));
            },
            new Dictionary<string, string> { ["GEMINI_API_KEYS"] = string.Join(',', Enumerable.Range(0, 4).Select(static i => $"{TestGateway.Key}{i}")) });
        gateway.Upstream.Script.Chaos = task.Answer;

        int exit = await RunAsync(run, gateway);

        AssertDone(run, exit);
        Assert.Equal([(0, 2), (2, 3), (3, 2), (4, 1), (5, 2), (6, 1)], task.Asked.OrderBy(static one => one.Key).Select(static one => (one.Key, one.Value)));
        Assert.DoesNotContain("429", run.Output, StringComparison.Ordinal);
        Log(run, gateway);
    }

    /// <summary>What happened, for who reads the results.</summary>
    private static void Log(AgentRun run, TestGateway gateway)
    {
        foreach (ReceivedRequest request in gateway.Upstream.Received.Requests)
            TestContext.Current.TestOutputHelper!.WriteLine($"{request} {request.Status} {request.Body.Length} bytes, {AgentTask.ResultsIn(request)} results");
        TestContext.Current.TestOutputHelper!.WriteLine(run.Output);
    }

    private static AgentTask Sum(AgentRun run)
    {
        AgentRun.Write(run.Work, "sum.mjs", "const numbers = [1, 2, 3];\nconsole.log(numbers.reduce((a, b) => a - b));\n");
        string file = Path.Combine(run.Work, "sum.mjs"), report = Path.Combine(run.Work, "report.txt");
        return new AgentTask(new Dictionary<int, FakeReply>
        {
            [0] = FakeReply.TextAndToolCalls("I look at the program first.", Call("read_file", ("file_path", file)), Call("list_directory", ("dir_path", run.Work))),
            [2] = FakeReply.ToolCalls(Call("replace", ("file_path", file), ("instruction", "Add instead of subtracting."), ("old_string", "a - b"), ("new_string", "a + b"))),
            [3] = FakeReply.ToolCalls(Call("run_shell_command", ("command", "node sum.mjs"), ("description", "Run it."))),
            [4] = FakeReply.ToolCalls(Call("write_file", ("file_path", report), ("content", "The sum is 6. 合计 🧮\n"))),
            [5] = FakeReply.ToolCalls(Call("read_file", ("file_path", report))),
            [6] = FakeReply.Text("Done: the program adds now."),
        });
    }

    private static FakeToolCall Call(string name, params (string Name, string Value)[] arguments) =>
        new(name, new JsonObject(arguments.Select(static one => KeyValuePair.Create(one.Name, (JsonNode?)one.Value))));

    private static Task<int> RunAsync(AgentRun run, TestGateway gateway)
    {
        AgentRun.Write(run.Home, ".gemini/settings.json", """{"security":{"auth":{"selectedType":"gemini-api-key"}},"privacy":{"usageStatisticsEnabled":false},"telemetry":{"enabled":false},"general":{"disableAutoUpdate":true}}""");
        return run.RunAsync(
            Program,
            ["-p", "Mend sum.mjs, run it, and write what it prints to report.txt.", "-m", Model, "--approval-mode", "yolo", "--skip-trust", "--output-format", "json"],
            new Dictionary<string, string>
            {
                ["GOOGLE_GEMINI_BASE_URL"] = gateway.Address.AbsoluteUri.TrimEnd('/'),
                ["GEMINI_API_KEY"] = TestGateway.Password,
            });
    }

    private static void AssertDone(AgentRun run, int exit)
    {
        Assert.True(exit == 0, run.Output);
        Assert.Contains("a + b", run.Read("sum.mjs"), StringComparison.Ordinal);
        Assert.Equal("The sum is 6. 合计 🧮\n", run.Read("report.txt"));
        Assert.Contains("Done: the program adds now.", run.Output, StringComparison.Ordinal);
    }
}
