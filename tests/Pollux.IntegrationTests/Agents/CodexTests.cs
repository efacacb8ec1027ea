using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using static Pollux.IntegrationTests.Agents.AgentStand;

namespace Pollux.IntegrationTests.Agents;

/// <summary>OpenAI's command-line agent, <c>@openai/codex</c>, unmodified, at <c>/v1/responses</c>. It edits with patches in its shell, which one changed byte breaks.</summary>
[Collection(nameof(Alone))]
public sealed class CodexTests
{
    private const string Program = "@openai/codex/bin/codex.js";
    private const string Missing = "codex is not installed for this machine; ./test installs it, or run npm ci in tests/agents.";

    /// <summary>
    /// Summaries of thoughts have no place in a request to Gemini; the signature beside them has. And its search has no switch
    /// between the web and a copy of it.
    /// </summary>
    private static readonly string[] Losses = ["input[10].summary:dropped", "tools[8].external_web_access:dropped"];

    public static bool IsInstalled => AgentRun.Has(Program) && AgentRun.HasFolder("@openai/codex-*");

    [Fact(Skip = Missing, SkipUnless = nameof(IsInstalled))]
    public async Task It_completes_a_task_of_several_turns_with_its_shell()
    {
        using var run = new AgentRun();
        AgentTask task = Sum(run);
        await using TestGateway gateway = await StartAsync(task);

        int exit = await RunAsync(run, gateway);

        AssertUndisturbed(run, task, gateway, exit, Losses);
    }

    [Fact(Skip = Missing, SkipUnless = nameof(IsInstalled))]
    public async Task A_key_that_dies_a_quota_used_up_and_streams_that_are_cut_do_not_stop_it()
    {
        using var run = new AgentRun();
        AgentTask task = Sum(run);
        Trouble(task, Shell("rm sum.mjs"));
        await using TestGateway gateway = await StartAsync(task, keys: 4);

        int exit = await RunAsync(run, gateway);

        AssertTroubled(run, task, gateway, exit, Losses);
    }

    private static AgentTask Sum(AgentRun run) => AgentStand.Task(
        run,
        read: Shell("cat sum.mjs"),
        list: Shell("ls"),
        edit: Shell("apply_patch <<'EOF'\n*** Begin Patch\n*** Update File: sum.mjs\n@@\n const numbers = [1, 2, 3];\n-console.log(numbers.reduce((a, b) => a - b));\n+console.log(numbers.reduce((a, b) => a + b));\n*** End Patch\nEOF\n"),
        execute: Shell("node sum.mjs"),
        write: Shell($"apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: report.txt\n+{Report}*** End Patch\nEOF\n"),
        verify: Shell("cat report.txt"));

    private static FakeToolCall Shell(string command) => Call("exec_command", ("cmd", command));

    private static Task<int> RunAsync(AgentRun run, TestGateway gateway)
    {
        AgentRun.Write(run.Home, "codex/config.toml", $"""
            model = "{Model}"
            model_provider = "pollux"
            check_for_update_on_startup = false

            [model_providers.pollux]
            name = "Pollux"
            base_url = "{gateway.Address.AbsoluteUri.TrimEnd('/')}/v1"
            env_key = "POLLUX_KEY"
            wire_api = "responses"

            [analytics]
            enabled = false
            """);
        return run.RunScriptAsync(
            Program,
            ["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", Prompt],
            new Dictionary<string, string>
            {
                ["CODEX_HOME"] = Path.Combine(run.Home, "codex"),
                ["POLLUX_KEY"] = TestGateway.Password,
            });
    }
}
