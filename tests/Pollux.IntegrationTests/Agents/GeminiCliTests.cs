using Pollux.IntegrationTests.Hosting;
using static Pollux.IntegrationTests.Agents.AgentStand;

namespace Pollux.IntegrationTests.Agents;

/// <summary>Google's command-line agent, <c>@google/gemini-cli</c>, unmodified: it reads, edits, runs and verifies through the gateway.</summary>
[Collection(nameof(Alone))]
public sealed class GeminiCliTests
{
    private const string Program = "@google/gemini-cli/bundle/gemini.js";
    private const string Missing = "gemini-cli is not installed; ./test installs it, or run npm ci in tests/agents.";

    public static bool IsInstalled => AgentRun.Has(Program);

    [Fact(Skip = Missing, SkipUnless = nameof(IsInstalled))]
    public async Task It_completes_a_task_of_several_turns_with_file_tools()
    {
        using var run = new AgentRun();
        AgentTask task = Sum(run);
        await using TestGateway gateway = await StartAsync(task);

        int exit = await RunAsync(run, gateway);

        AssertUndisturbed(run, task, gateway, exit);
    }

    [Fact(Skip = Missing, SkipUnless = nameof(IsInstalled))]
    public async Task A_key_that_dies_a_quota_used_up_and_streams_that_are_cut_do_not_stop_it()
    {
        using var run = new AgentRun();
        AgentTask task = Sum(run);
        Trouble(task, Call("run_shell_command", ("command", "rm sum.mjs")));
        await using TestGateway gateway = await StartAsync(task, keys: 4);

        int exit = await RunAsync(run, gateway);

        AssertTroubled(run, task, gateway, exit);
    }

    private static AgentTask Sum(AgentRun run)
    {
        string file = Path.Combine(run.Work, "sum.mjs"), report = Path.Combine(run.Work, "report.txt");
        return AgentStand.Task(
            run,
            read: Call("read_file", ("file_path", file)),
            list: Call("list_directory", ("dir_path", run.Work)),
            edit: Call("replace", ("file_path", file), ("instruction", "Add instead of subtracting."), ("old_string", "a - b"), ("new_string", "a + b")),
            execute: Call("run_shell_command", ("command", "node sum.mjs"), ("description", "Run it.")),
            write: Call("write_file", ("file_path", report), ("content", Report)),
            verify: Call("read_file", ("file_path", report)));
    }

    private static Task<int> RunAsync(AgentRun run, TestGateway gateway)
    {
        AgentRun.Write(run.Home, ".gemini/settings.json", """{"security":{"auth":{"selectedType":"gemini-api-key"}},"privacy":{"usageStatisticsEnabled":false},"telemetry":{"enabled":false},"general":{"disableAutoUpdate":true}}""");
        return run.RunScriptAsync(
            Program,
            ["-p", Prompt, "-m", Model, "--approval-mode", "yolo", "--skip-trust", "--output-format", "json"],
            new Dictionary<string, string>
            {
                ["GOOGLE_GEMINI_BASE_URL"] = gateway.Address.AbsoluteUri.TrimEnd('/'),
                ["GEMINI_API_KEY"] = TestGateway.Password,
            });
    }
}
