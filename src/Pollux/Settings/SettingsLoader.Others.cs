using System.Net;
using System.Text.Json;
using Pollux.KeyPool;

namespace Pollux.Settings;

// xAI and further upstreams with OpenAI's API.
internal static partial class SettingsLoader
{
    private const string XaiBaseUrl = "https://api.x.ai/v1/";
    private const int MaxKeysOfUpstream = 1000;
    private const int MaxModelsOfUpstream = 1000;

    /// <summary>Names that stand before a slash already.</summary>
    private static readonly string[] TakenNames = ["models", "tunedModels", "publishers"];

    private static OtherUpstreamSettings LoadOthers(SettingSource source) => new() { Xai = LoadXai(source), Further = LoadUpstreams(source) };

    private static XaiSettings LoadXai(SettingSource source)
    {
        var address = new Uri(XaiBaseUrl);
        if (source.Text("XAI_BASE_URL") is { } text)
        {
            if (ReadBase(text, allowHttp: true, out string problem) is { } given)
                address = given;
            else
                source.Fault("XAI_BASE_URL", $"{problem}; {XaiBaseUrl.TrimEnd('/')} holds");
        }

        bool asBytes = false;
        switch (source.Text("XAI_RESPONSE_FORMAT")?.ToUpperInvariant())
        {
            case null or "URL":
                break;
            case "B64_JSON":
                asBytes = true;
                break;
            default:
                source.Fault("XAI_RESPONSE_FORMAT", "is neither url nor b64_json; url holds");
                break;
        }

        return new XaiSettings { Keys = source.Words("XAI_API_KEYS"), BaseAddress = address, PicturesAsBytes = asBytes };
    }

    private static List<FurtherUpstream> LoadUpstreams(SettingSource source)
    {
        const string Name = "UPSTREAMS";
        var upstreams = new List<FurtherUpstream>();
        if (source.Whole(Name) is not { } text)
            return upstreams;
        JsonElement root;
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 8, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            root = document.RootElement.Clone();
        }
        catch (JsonException)
        {
            source.Fault(Name, "is not well-formed JSON; it counts as not set"); // where it is broken may stand beside a key
            return upstreams;
        }

        if (root.ValueKind != JsonValueKind.Array)
        {
            source.Fault(Name, "is not a JSON array of objects; it counts as not set");
            return upstreams;
        }

        int place = 0;
        foreach (JsonElement entry in root.EnumerateArray())
        {
            place++;
            if (upstreams.Count == PoolSections.MaxUpstreams)
            {
                source.Fault(Name, $"holds more than {PoolSections.MaxUpstreams} entries; entry {place} and those behind it are passed over");
                break;
            }

            if (ReadUpstream(entry, upstreams, part => source.Fault(Name, $"holds in entry {place} {part}"), out string problem) is { } upstream)
                upstreams.Add(upstream);
            else
                source.Fault(Name, $"holds in entry {place} {problem}; the entry is passed over");
        }

        return upstreams;
    }

    /// <param name="entry">The entry.</param>
    /// <param name="before">Those before it.</param>
    /// <param name="note">Told of what is wrong and does not matter to the rest of the entry.</param>
    /// <param name="problem">Why it is none.</param>
    private static FurtherUpstream? ReadUpstream(JsonElement entry, List<FurtherUpstream> before, Action<string> note, out string problem)
    {
        problem = "no object";
        if (entry.ValueKind != JsonValueKind.Object)
            return null;
        string name = "", address = "";
        bool allowHttp = false;
        List<string>? keys = null, models = null;
        foreach (JsonProperty member in entry.EnumerateObject())
        {
            (string Member, string Wanted) wrong = (member.Name, "");
            switch (member.Name)
            {
                case "name" when member.Value.ValueKind == JsonValueKind.String: name = member.Value.GetString()!; break;
                case "base_url" when member.Value.ValueKind == JsonValueKind.String: address = member.Value.GetString()!; break;
                case "allow_http" when member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False: allowHttp = member.Value.GetBoolean(); break;
                case "keys": keys = Texts(member.Value); wrong.Wanted = keys is null ? "a text or a list of texts" : ""; break;
                case "models": models = Texts(member.Value); wrong.Wanted = models is null ? "a text or a list of texts" : ""; break;
                case "name" or "base_url": wrong.Wanted = "a text"; break;
                case "allow_http": wrong.Wanted = "true or false"; break;
                default: note("a member that is none of name, base_url, keys, models, allow_http; the member is passed over"); break;
            }

            if (wrong.Wanted.Length > 0)
            {
                problem = $"a '{wrong.Member}' that is not {wrong.Wanted}";
                return null;
            }
        }

        if (!IsUpstreamName(name))
            problem = "no 'name' of 1 to 32 letters, digits, dots, dashes and underscores that begins with a letter or digit and is none of " + string.Join(", ", TakenNames);
        else if (before.Exists(other => string.Equals(other.Name, name, StringComparison.OrdinalIgnoreCase)))
            problem = "a 'name' that stands before another entry already";
        else if (ReadBase(address, allowHttp, out string wrongBase) is not { } root)
            problem = $"a 'base_url' that {wrongBase}" + (wrongBase.Contains("http:", StringComparison.Ordinal) ? " with \"allow_http\": true" : "");
        else if (ReadKeys(keys, name, before.Count + 1, note) is not { Count: > 0 } entries)
            problem = "no 'keys'; an upstream that wants none takes any word";
        else if (ReadModels(models, note) is not { Count: > 0 } offered)
            problem = "no 'models'";
        else
            return new FurtherUpstream(name, root, entries, offered);
        return null;
    }

    private static List<KeyEntry> ReadKeys(List<string>? keys, string name, int number, Action<string> note)
    {
        var entries = new List<KeyEntry>();
        for (int i = 0; i < (keys?.Count ?? 0) && i < MaxKeysOfUpstream; i++)
        {
            string key = keys![i].Trim();
            if (KeyPlaceholders.IsMalformed(key, CredentialKind.UpstreamKey))
                note($"a key at place {i + 1} that cannot be one; it is passed over");
            else
                entries.Add(new KeyEntry(key, CredentialKind.UpstreamKey, Name: $"{name}-{i + 1}") { Upstream = number });
        }

        if (keys?.Count > MaxKeysOfUpstream)
            note($"more than {MaxKeysOfUpstream} keys; the rest is passed over");
        return entries;
    }

    private static List<string> ReadModels(List<string>? models, Action<string> note)
    {
        var offered = new List<string>();
        for (int i = 0; i < (models?.Count ?? 0) && i < MaxModelsOfUpstream; i++)
        {
            string model = models![i].Trim();
            if (model.Length is 0 or > 200 || model.AsSpan().ContainsAnyExceptInRange('!', '~') || model.AsSpan().ContainsAny('"', '\\'))
                note($"a model at place {i + 1} that cannot be a name; it is passed over");
            else if (!offered.Contains(model))
                offered.Add(model);
        }

        if (models?.Count > MaxModelsOfUpstream)
            note($"more than {MaxModelsOfUpstream} models; the rest is passed over");
        return offered;
    }

    private static bool IsUpstreamName(string name) =>
        name.Length is > 0 and <= 32 && char.IsAsciiLetterOrDigit(name[0]) && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')
        && !TakenNames.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static List<string>? Texts(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
            return [.. SettingValue.Words(value.GetString()!)];
        if (value.ValueKind != JsonValueKind.Array)
            return null;
        var texts = new List<string>();
        foreach (JsonElement one in value.EnumerateArray())
        {
            if (one.ValueKind != JsonValueKind.String)
                return null;
            texts.Add(one.GetString()!);
        }

        return texts;
    }

    /// <summary>An address that keys may be sent to: https, or http within one's own four walls where that is said.</summary>
    private static Uri? ReadBase(string text, bool allowHttp, out string problem)
    {
        problem = "is not an https address without user, query and fragment";
        if (!Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out Uri? address) || address.Host.Length == 0
            || address.Scheme is not ("http" or "https") || address.Query.Length > 0 || address.Fragment.Length > 0 || address.UserInfo.Length > 0)
            return null;
        if (address.Scheme == "https")
            return address;
        problem = "is http: that is taken for this machine and private networks only";
        return allowHttp && IsNear(address) ? address : null;
    }

    private static bool IsNear(Uri address)
    {
        if (!IPAddress.TryParse(address.Host.Trim('[', ']'), out IPAddress? ip))
            return !address.Host.Contains('.', StringComparison.Ordinal); // localhost, or the name of a neighbouring container
        if (IPAddress.IsLoopback(ip))
            return true;
        if (ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6)
            return ip.IsIPv6UniqueLocal;
        byte[] bytes = ip.GetAddressBytes();
        return bytes[0] == 10 || (bytes[0] == 172 && bytes[1] is >= 16 and <= 31) || (bytes[0] == 192 && bytes[1] == 168);
    }
}
