using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.Hosting;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;
using Pollux.Settings;

namespace Pollux.IntegrationTests.Vertex;

/// <summary>Service accounts that <c>keys import</c> stored: in every form that people have them in, they serve.</summary>
[Trait("Feature", "UPS-1")]
public sealed class ImportedAccountTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-accounts-").FullName;
    private FakeGeminiServer _upstream = null!;

    public async ValueTask InitializeAsync() => _upstream = await FakeGeminiServer.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _upstream.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("one")]
    [InlineData("array")]
    [InlineData("several")]
    [InlineData("base64")]
    [InlineData("folder")]
    [InlineData("env")]
    [InlineData("exported")]
    public async Task They_are_imported_encrypted_and_serve(string form)
    {
        FakeServiceAccount[] accounts = [.. Enumerable.Range(1, form == "one" ? 1 : 2).Select(number => _upstream.AddServiceAccount($"test-project-{number}"))];
        string path = await WriteAsync(form, accounts);

        (int? code, string output, string errors) = await ImportAsync(path);

        Assert.True(code == 0, errors);
        Assert.StartsWith($"{accounts.Length} new, 0 duplicates, 0 malformed", output, StringComparison.Ordinal);
        Assert.StartsWith($"0 new, {accounts.Length} duplicates", (await ImportAsync(path)).Output, StringComparison.Ordinal);
        foreach (string mode in (string[])["", "only"])
        {
            await using TestGateway gateway = await StartAsync(mode);
            for (int i = 0; i < accounts.Length; i++)
                Assert.True((await gateway.AskAsync(Form.OpenAI, "vertex")).IsComplete);
            Assert.True((await gateway.Client.AskAsync(Form.Gemini)).IsComplete);
            IReadOnlyList<Credential> credentials = [.. gateway.Services.GetRequiredService<KeyPool.KeyPool>().Credentials().Where(static one => one.Kind == CredentialKind.VertexServiceAccount)];
            Assert.Equal(accounts.Select(static account => account.ProjectId), credentials.Select(static one => one.ProjectGroup));
        }

        ReceivedRequest[] sent = [.. _upstream.Received.Requests.Where(static request => request.Action == "generateContent")];
        Assert.Equal(accounts.Select(static account => account.ProjectId), sent.Where(static request => request.IsVertex).Select(static request => request.Project!).Distinct().Order());
        Assert.Equal((false, true), (sent[accounts.Length].IsVertex, sent[^1].IsVertex)); // the mode holds as if the account stood in the settings
        string body = accounts[0].PrivateKey.Split('\n')[3];
        foreach (string file in Directory.EnumerateFiles(Path.Combine(_folder, "data"), "*", SearchOption.AllDirectories))
            Assert.DoesNotContain(body, Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_account_is_told_without_repeating_it()
    {
        string path = Path.Combine(_folder, "wrong.json");
        await File.WriteAllTextAsync(path, """[{"type":"authorized_user","client_secret":"CANARYxyzzy"},{"type":"service_account","private_key":"CANARYxyzzy","client_email":"a@b"}]""", TestContext.Current.CancellationToken);

        (int? code, string output, string errors) = await ImportAsync(path);

        Assert.Equal((1, ""), (code, output));
        Assert.Contains("its type is another one", errors, StringComparison.Ordinal);
        Assert.Contains("has no project_id", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", errors, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName, "readme.txt"), "nothing", TestContext.Current.CancellationToken);
        Assert.Contains("There is no key in it.", (await ImportAsync(Path.Combine(_folder, "empty"))).Errors, StringComparison.Ordinal);
    }

    private async Task<string> WriteAsync(string form, FakeServiceAccount[] accounts)
    {
        string[] all = [.. accounts.Select(static account => account.ToJson())];
        string path = Path.Combine(_folder, "accounts.json");
        switch (form)
        {
            case "folder":
                path = Directory.CreateDirectory(Path.Combine(_folder, "credentials")).FullName;
                for (int i = 0; i < all.Length; i++)
                    await File.WriteAllTextAsync(Path.Combine(path, $"account-{i}.json"), all[i], TestContext.Current.CancellationToken);
                return path;
            case "exported":
                await File.WriteAllTextAsync(path, string.Join('\n', all), TestContext.Current.CancellationToken);
                await ImportAsync(path, "first");
                await File.WriteAllTextAsync(path, (await RunAsync(["export", "--yes"], "first")).Output, TestContext.Current.CancellationToken);
                return path;
        }

        await File.WriteAllTextAsync(
            path,
            form switch
            {
                "one" => all[0],
                "array" => $"[{string.Join(',', all)}]",
                "several" => string.Join("\n\n", all),
                "env" => $"# before\nPORT=7860\nGOOGLE_CREDENTIALS_JSON='{string.Join(' ', all)}'\n",
                _ => Convert.ToBase64String(Encoding.UTF8.GetBytes(string.Join('\n', all)), Base64FormattingOptions.InsertLineBreaks),
            },
            TestContext.Current.CancellationToken);
        return path;
    }

    private Task<(int? Code, string Output, string Errors)> ImportAsync(string path, string store = "data") => RunAsync(["import", path], store);

    private async Task<(int? Code, string Output, string Errors)> RunAsync(string[] arguments, string store)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var settings = SettingsLoader.Load(new SettingSource(new Dictionary<string, string> { ["DATA_DIR"] = Path.Combine(_folder, store) }, dotEnv: null));
        int? code = await new KeysCommand(settings, TextReader.Null, output, errors, TimeProvider.System).RunAsync(arguments, TestContext.Current.CancellationToken);
        return (code, output.ToString(), errors.ToString());
    }

    private Task<TestGateway> StartAsync(string mode)
    {
        _upstream.AddKey(VertexStand.GeminiKey);
        return TestGateway.StartAsync(settings: new Dictionary<string, string>(VertexStand.Addresses(_upstream))
        {
            ["KEY_STORAGE_MODE"] = "database",
            ["DATA_DIR"] = Path.Combine(_folder, "data"),
            ["BASE_URL"] = _upstream.BaseAddress.AbsoluteUri,
            ["GEMINI_API_KEYS"] = VertexStand.GeminiKey,
            ["VERTEX_MODE"] = mode,
        });
    }
}
