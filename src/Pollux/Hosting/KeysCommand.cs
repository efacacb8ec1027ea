using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Pollux.KeyPool;
using Pollux.Settings;
using Pollux.Storage;
using Pollux.Upstream;

namespace Pollux.Hosting;

/// <summary>
/// <c>pollux keys ...</c>: works on the store in <c>DATA_DIR</c>, also while a gateway runs. Only <c>export</c> ever writes a secret, and
/// only when asked twice.
/// </summary>
internal sealed class KeysCommand(PolluxSettings settings, TextReader input, TextWriter output, TextWriter errors, TimeProvider clock)
{
    /// <summary>What the help says about it.</summary>
    public const string Help = """
          pollux keys import FILE [--dry-run] [--project NAME]
                            store keys: one per line (key or key@project), CSV with a header (key, project, name),
                            a JSON array, or a .env file; service accounts of Vertex AI as their .json file,
                            several in one, in base64, or a folder of them; - reads standard input
          pollux keys list [--json]
                            the stored keys with status and reason, never a secret
          pollux keys check ask Google for each stored key, by a free call; changes nothing
          pollux keys export --yes
                            print the stored keys, as key or key@project; service accounts as JSON in a line
        """;

    private const int ProgressStep = 10_000;
    private const int MaxEntriesNamed = 10;

    /// <summary>Carries out what stands behind <c>keys</c>.</summary>
    /// <returns>The exit code, or <see langword="null"/> for a call that is none.</returns>
    public async Task<int?> RunAsync(string[] arguments, CancellationToken cancellation)
    {
        try
        {
            switch (arguments)
            {
                case ["import", .. string[] rest]:
                    return await ImportAsync(rest, cancellation);
                case ["list"]:
                    return await WithStoreAsync(store => ListAsync(store, json: false));
                case ["list", "--json"]:
                    return await WithStoreAsync(store => ListAsync(store, json: true));
                case ["check"]:
                    return await WithStoreAsync(store => CheckAsync(store, cancellation));
                case ["export", "--yes"]:
                    return await WithStoreAsync(ExportAsync);
                case ["export"]:
                    await errors.WriteLineAsync("This prints every stored key in full. If that is meant: pollux keys export --yes");
                    return CommandLine.WrongCall;
                default:
                    return null;
            }
        }
        catch (StorageException fault)
        {
            await errors.WriteLineAsync(fault.Message);
            return CommandLine.Failed;
        }
    }

    private async Task<int?> ImportAsync(string[] arguments, CancellationToken cancellation)
    {
        string? path = null;
        string? project = null;
        bool dryRun = false;
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == "--dry-run")
                dryRun = true;
            else if (arguments[i] == "--project" && i + 1 < arguments.Length)
                project = arguments[++i];
            else if (path is null && (arguments[i] == "-" || !arguments[i].StartsWith('-')))
                path = arguments[i];
            else
                return null;
        }

        if (path is null)
            return null;

        KeyFile file;
        try
        {
            file = path != "-" && Directory.Exists(path) ? KeyFile.ReadFolder(path, project) : KeyFile.Read(path == "-" ? await input.ReadToEndAsync(cancellation) : await File.ReadAllTextAsync(path, cancellation), project);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or FormatException)
        {
            await errors.WriteLineAsync(fault.Message);
            return CommandLine.Failed;
        }

        foreach (string notice in file.Notices)
            await errors.WriteLineAsync(notice);
        if (file.Entries.Count == 0)
        {
            await errors.WriteLineAsync("There is no key in it.");
            return CommandLine.Failed;
        }

        return await WithStoreAsync(async store =>
        {
            StoredKeyImport import = store.Import(file.Entries, KeyOrigin.Imported, dryRun, new Progress(errors, file.Entries.Count), cancellation);
            await TellAsync(import, dryRun);
            return CommandLine.Good;
        });
    }

    private async Task TellAsync(StoredKeyImport import, bool dryRun)
    {
        await output.WriteLineAsync(
            $"{import.Count(KeyImportVerdict.Added)} new, {import.Count(KeyImportVerdict.Duplicate)} duplicates, {import.Count(KeyImportVerdict.Malformed)} malformed, {import.Count(KeyImportVerdict.Placeholder)} sample values."
            + (dryRun ? " Nothing was stored: this was a dry run." : ""));
        int[] malformed = [.. import.Verdicts.Index().Where(static line => line.Item == KeyImportVerdict.Malformed).Select(static line => line.Index + 1).Take(MaxEntriesNamed)];
        if (malformed.Length > 0)
            await errors.WriteLineAsync($"Malformed, counted from 1: {string.Join(", ", malformed)}{(malformed.Length == MaxEntriesNamed ? ", ..." : "")}");
    }

    private async Task<int> ListAsync(KeyStore store, bool json)
    {
        StoredKeys keys = store.LoadAll();
        if (json)
        {
            await output.WriteLineAsync(ToJson(keys));
        }
        else
        {
            foreach (StoredCredential key in keys.Credentials)
                await output.WriteLineAsync($"{key.Label,-24} {key.Health.Status,-8} {key.Origin,-11} {key.ProjectGroup ?? "-",-16} {key.Health.Reason?.ToString() ?? "-"}");
            await errors.WriteLineAsync($"{keys.Credentials.Length} keys.");
        }

        return await TellUnreadableAsync(keys);
    }

    /// <summary>Tells what Google says to each key. The store stays as it is: a gateway that runs finds out by itself, and has the last word.</summary>
    private async Task<int> CheckAsync(KeyStore store, CancellationToken cancellation)
    {
        StoredKeys keys = store.LoadAll();
        var pool = new KeyPool.KeyPool(clock, new Random(), new KeyPoolOptions());
        KeyImport import = pool.AddKnown(keys.Credentials.Select(static key => new KnownCredential(key.ToEntry(), key.Health)));
        using var upstream = new GeminiUpstream(settings.Dispatch, settings.Vertex, settings.Others, new UpstreamTrust(Policy: null), clock, NullLogger<GeminiUpstream>.Instance);
        var probe = new KeyProbe(pool, upstream, clock);
        int good = 0, bad = 0, unknown = 0;
        foreach (KeyImportLine[] chunk in import.Lines.Where(static line => line.Verdict == KeyImportVerdict.Added).Chunk(KeyProbe.Parallel))
        {
            Fault?[] faults = await Task.WhenAll(chunk.Select(line => probe.AskAsync(pool.Find(line.Credential!.Value)!, settings.Dispatch, cancellation)));
            foreach ((KeyImportLine line, Fault? fault) in chunk.Zip(faults))
            {
                string verdict = fault is null ? "good" : fault.Owner == FaultOwner.Key ? "bad" : "unknown";
                good += fault is null ? 1 : 0;
                bad += verdict == "bad" ? 1 : 0;
                unknown += verdict == "unknown" ? 1 : 0;
                await output.WriteLineAsync($"{keys.Credentials[line.Index].Label,-24} {verdict,-8} {fault?.Reason.ToString() ?? "-"} {fault?.Message}".TrimEnd());
            }
        }

        await errors.WriteLineAsync($"{good} good, {bad} bad, {unknown} could not be checked.");
        int unreadable = await TellUnreadableAsync(keys);
        return bad + unknown > 0 ? CommandLine.Failed : unreadable;
    }

    private async Task<int> ExportAsync(KeyStore store)
    {
        StoredKeys keys = store.LoadAll();
        foreach (StoredCredential key in keys.Credentials)
            await output.WriteLineAsync(key.ProjectGroup is null || key.Kind == CredentialKind.VertexServiceAccount ? key.Secret.Reveal() : $"{key.Secret.Reveal()}@{key.ProjectGroup}");
        return await TellUnreadableAsync(keys);
    }

    private async Task<int> TellUnreadableAsync(StoredKeys keys)
    {
        if (keys.Unreadable.IsEmpty)
            return CommandLine.Good;
        await errors.WriteLineAsync($"{keys.Unreadable.Length} keys cannot be decrypted and were left as they are: {string.Join(", ", keys.Unreadable.Take(MaxEntriesNamed).Select(static id => $"#{id}"))}");
        return CommandLine.Failed;
    }

    private async Task<int?> WithStoreAsync(Func<KeyStore, Task<int>> work)
    {
        if (settings.Storage.KeyStorage == KeyStorageMode.Memory)
        {
            await errors.WriteLineAsync("KEY_STORAGE_MODE is memory: there are no stored keys. Set it to database.");
            return CommandLine.WrongConfiguration;
        }

        string folder = settings.Server.DataDirectory;
        using Database database = Database.Open(folder, clock);
        using SecretBox box = MasterKey.Unlock(database, settings.Storage.MasterKey, folder, clock);
        return await work(new KeyStore(database, box, clock));
    }

    private static string ToJson(StoredKeys keys)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartArray();
            foreach (StoredCredential key in keys.Credentials)
            {
                writer.WriteStartObject();
                writer.WriteNumber("id", key.Id);
                writer.WriteString("label", key.Label);
                writer.WriteString("kind", key.Kind.ToString());
                writer.WriteString("origin", key.Origin.ToString());
                writer.WriteString("project", key.ProjectGroup);
                writer.WriteString("status", key.Health.Status.ToString());
                writer.WriteString("since", key.Health.Since);
                writer.WriteString("reason", key.Health.Reason?.ToString());
                writer.WriteString("message", key.Health.Message);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>A line each ten thousand. <see cref="System.Progress{T}"/> would tell from other threads, out of order.</summary>
    private sealed class Progress(TextWriter errors, int total) : IProgress<int>
    {
        private int _told;

        public void Report(int value)
        {
            if (value / ProgressStep == _told / ProgressStep)
                return;
            _told = value;
            errors.WriteLine($"{value} of {total}");
        }
    }
}
