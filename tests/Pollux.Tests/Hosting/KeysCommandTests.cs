using System.Text.Json;
using Pollux.FakeGemini;
using Pollux.Hosting;
using Pollux.Settings;
using Pollux.Storage;

namespace Pollux.Tests.Hosting;

public sealed class KeysCommandTests : IDisposable
{
    private const string A = "AIzaSyCanaryOfTheCommandAAAAAAAAAAAAAA1";
    private const string B = "AQ.CanaryOfTheCommandBBBBBBBBBBB2";

    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-keys-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    private string Output => _output.ToString();

    private string Errors => _errors.ToString();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Keys_are_imported_listed_without_secret_and_exported_when_meant()
    {
        string file = Path.Combine(_folder, "keys.txt");
        await File.WriteAllTextAsync(file, $"{A}@p1\n{B}\n{A}\nyour_api_key\nno key\n", TestContext.Current.CancellationToken);

        Assert.Equal(0, await RunAsync(["import", file, "--dry-run"]));
        Assert.Equal("2 new, 1 duplicates, 1 malformed, 1 sample values. Nothing was stored: this was a dry run.\n", Taken());
        Assert.Equal(0, await RunAsync(["import", file, "--project", "p2"]));
        Assert.Equal("2 new, 1 duplicates, 1 malformed, 1 sample values.\n", Taken());
        Assert.Contains("Malformed, counted from 1: 5", Errors, StringComparison.Ordinal);

        Assert.Equal(0, await RunAsync(["list"]));
        Assert.Contains("AIza…AAA1#1", Output, StringComparison.Ordinal);
        Assert.Equal(0, await RunAsync(["list", "--json"]));
        Assert.DoesNotContain("Canary", Output + Errors, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(Output[Output.IndexOf('[', StringComparison.Ordinal)..]);
        Assert.Equal(["p1", "p2"], json.RootElement.EnumerateArray().Select(static key => key.GetProperty("project").GetString()));
        Taken();

        Assert.Equal(2, await RunAsync(["export"]));
        Assert.Equal("", Taken());
        Assert.Equal(0, await RunAsync(["export", "--yes"]));
        Assert.Equal($"{A}@p1\n{B}@p2\n", Taken());
    }

    [Fact]
    public async Task Stored_keys_are_checked_by_a_free_call()
    {
        await using FakeGeminiServer upstream = await FakeGeminiServer.StartAsync(TestContext.Current.CancellationToken);
        upstream.AddKey(A);
        upstream.AddKey(B).State = FakeKeyState.Leaked;
        await RunAsync(["import", "-"], input: $"{A}\n{B}\n");
        Taken();

        Assert.Equal(1, await RunAsync(["check"], ("BASE_URL", upstream.BaseAddress.AbsoluteUri)));

        string[] lines = Taken().Split('\n');
        Assert.Matches(@"^AIza…AAA1#1 +good +-$", lines[0]);
        Assert.Matches(@"^AQ\.C…BBB2#2 +bad +\w+ .*leaked", lines[1]);
        Assert.Contains("1 good, 1 bad, 0 could not be checked.", Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Canary", Output + Errors, StringComparison.Ordinal);
        Assert.All(upstream.Received.Requests, static request => Assert.Equal("listModels", request.Action));
    }

    [Fact]
    public async Task Standard_input_is_read()
    {
        Assert.Equal(0, await RunAsync(["import", "-"], input: A));
        Assert.StartsWith("1 new", Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Progress_is_told_each_ten_thousand()
    {
        Assert.Equal(0, await RunAsync(["import", "-", "--dry-run"], input: string.Join('\n', Enumerable.Range(0, 25_000).Select(static i => $"AQ.number-{i:D20}"))));

        Assert.Equal("10000 of 25000\n20000 of 25000\n", Errors);
    }

    [Fact]
    public async Task A_wrong_call_is_none()
    {
        Assert.Null(await RunAsync([]));
        Assert.Null(await RunAsync(["import"]));
        Assert.Null(await RunAsync(["import", "a", "b"]));
        Assert.Null(await RunAsync(["list", "--yes"]));
    }

    [Fact]
    public async Task What_cannot_be_done_is_told()
    {
        Assert.Equal(1, await RunAsync(["import", Path.Combine(_folder, "absent")]));
        Assert.Equal(1, await RunAsync(["import", "-"], input: "# nothing"));
        Assert.Equal(78, await RunAsync(["list"], ("KEY_STORAGE_MODE", "memory")));
        Assert.Contains("There is no key in it.", Errors, StringComparison.Ordinal);
        Assert.Contains("KEY_STORAGE_MODE is memory", Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder, "data", Database.FileName)));

        Assert.Equal(0, await RunAsync(["import", "-"], input: A));
        Assert.Equal(1, await RunAsync(["list"], ("POLLUX_MASTER_KEY", new string('0', 64))));
        Assert.Contains("POLLUX_MASTER_KEY is not the master key", Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("KEY_STORAGE_MODE", "redis", false)]
    [InlineData("POLLUX_MASTER_KEY", "short", true)]
    public void Wrong_settings_are_told_by_name_without_their_value(string name, string value, bool refusesStart)
    {
        var source = new SettingSource(new Dictionary<string, string> { [name] = value }, dotEnv: null);

        PolluxSettings settings = SettingsLoader.Load(source);

        SettingFault fault = Assert.Single(source.Faults);
        Assert.Equal((name, refusesStart), (fault.Name, fault.RefusesStart));
        Assert.DoesNotContain(value, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("short", settings.ToString(), StringComparison.Ordinal);
        Assert.Equal(KeyStorageMode.Database, settings.Storage.KeyStorage);
    }

    private Task<int?> RunAsync(string[] arguments, params (string Name, string Value)[] more) => RunAsync(arguments, "", more);

    private Task<int?> RunAsync(string[] arguments, string input, params (string Name, string Value)[] more)
    {
        var environment = new Dictionary<string, string> { ["DATA_DIR"] = Path.Combine(_folder, "data") };
        foreach ((string name, string value) in more)
            environment[name] = value;
        _output.NewLine = _errors.NewLine = "\n";
        return new KeysCommand(SettingsLoader.Load(new SettingSource(environment, dotEnv: null)), new StringReader(input), _output, _errors, TimeProvider.System)
            .RunAsync(arguments, TestContext.Current.CancellationToken);
    }

    private string Taken()
    {
        string text = Output;
        _output.GetStringBuilder().Clear();
        return text;
    }
}
