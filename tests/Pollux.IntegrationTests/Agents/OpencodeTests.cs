using System.Text.Json.Nodes;
using Pollux.IntegrationTests.Hosting;
using static Pollux.IntegrationTests.Agents.AgentStand;

namespace Pollux.IntegrationTests.Agents;

/// <summary>
/// The command-line agent opencode, unmodified, once as a client of chat and once of Anthropic's messages. Both of
/// its providers are part of its program. As a client of chat it drops thought signatures: the gateway has to remember them.
/// </summary>
[Collection(nameof(Alone))]
public sealed class OpencodeTests
{
    /// <summary>The program for any processor of this kind. Its launcher is made by a script at install time, which we do not run.</summary>
    private const string Program = "opencode-linux-x64-baseline/bin/opencode";

    private const string Missing = "opencode is not installed; ./test installs it on Linux for x64, or run npm ci in tests/agents there.";
    private const string Chat = "@ai-sdk/openai-compatible";
    private const string Anthropic = "@ai-sdk/anthropic";

    public static bool IsInstalled => AgentRun.Has(Program);

    [Theory(Skip = Missing, SkipUnless = nameof(IsInstalled))]
    [InlineData(Chat)]
    [InlineData(Anthropic)]
    public async Task It_completes_a_task_of_several_turns_with_file_tools(string provider)
    {
        using var run = new AgentRun();
        AgentTask task = Sum(run);
        await using TestGateway gateway = await StartAsync(task);

        int exit = await RunAsync(run, gateway, provider);

        AssertUndisturbed(run, task, gateway, exit, LossesOf(provider));
    }

    [Theory(Skip = Missing, SkipUnless = nameof(IsInstalled))]
    [InlineData(Chat)]
    [InlineData(Anthropic)]
    public async Task A_key_that_dies_a_quota_used_up_and_streams_that_are_cut_do_not_stop_it(string provider)
    {
        using var run = new AgentRun();
        AgentTask task = Sum(run);
        Trouble(task, Call("bash", ("command", "rm sum.mjs"), ("description", "Delete it.")));
        await using TestGateway gateway = await StartAsync(task, keys: 4);

        int exit = await RunAsync(run, gateway, provider);

        AssertTroubled(run, task, gateway, exit, LossesOf(provider));
    }

    private static AgentTask Sum(AgentRun run)
    {
        string file = Path.Combine(run.Work, "sum.mjs"), report = Path.Combine(run.Work, "report.txt");
        return AgentStand.Task(
            run,
            read: Call("read", ("filePath", file)),
            list: Call("bash", ("command", "ls"), ("description", "List the folder.")),
            edit: Call("edit", ("filePath", file), ("oldString", "a - b"), ("newString", "a + b")),
            execute: Call("bash", ("command", "node sum.mjs"), ("description", "Run it.")),
            write: Call("write", ("filePath", report), ("content", Report)),
            verify: Call("read", ("filePath", report)));
    }

    private static Task<int> RunAsync(AgentRun run, TestGateway gateway, string provider)
    {
        AgentRun.Write(run.Work, "opencode.json", new JsonObject
        {
            ["provider"] = new JsonObject
            {
                ["pollux"] = new JsonObject
                {
                    ["npm"] = provider,
                    ["options"] = new JsonObject { ["baseURL"] = $"{gateway.Address.AbsoluteUri.TrimEnd('/')}/v1", ["apiKey"] = TestGateway.Password },
                    ["models"] = new JsonObject { [Model] = new JsonObject { ["name"] = Model, ["tool_call"] = true, ["reasoning"] = true } },
                },
            },
            ["permission"] = new JsonObject { ["*"] = "allow" },
        }.ToJsonString());
        return run.RunProgramAsync(
            Program,
            ["run", "--pure", "--auto", "-m", $"pollux/{Model}", Prompt],
            new Dictionary<string, string>
            {
                ["OPENCODE_DISABLE_MODELS_FETCH"] = "1",
                ["OPENCODE_DISABLE_AUTOUPDATE"] = "1",
                ["OPENCODE_DISABLE_LSP_DOWNLOAD"] = "1",
                ["OPENCODE_DISABLE_DEFAULT_PLUGINS"] = "1",
            });
    }

    /// <summary>As a client of chat it sends back thoughts, which are the model's own; as one of messages it names its session with a budget that Gemini 3 has as a level.</summary>
    private static string LossesOf(string provider) => provider == Chat ? "messages[5].reasoning_content:dropped" : "thinking.budget_tokens:approximated";
}
