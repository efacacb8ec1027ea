using Pollux.KeyPool;

namespace Pollux.Settings;

// Vertex AI.
internal static partial class SettingsLoader
{
    private static VertexSettings LoadVertex(SettingSource source, string dataDirectory)
    {
        string? project = source.Text("VERTEX_PROJECT_ID");
        if (project is not null && !ServiceAccountText.IsName(project))
        {
            source.Fault("VERTEX_PROJECT_ID", "is no name that a project can have; it counts as not set");
            project = null;
        }

        var accounts = new List<KeyEntry>();
        if (source.Whole("GOOGLE_CREDENTIALS_JSON") is { } text)
            accounts.AddRange(ServiceAccountText.Read(text, project, problem => source.Fault("GOOGLE_CREDENTIALS_JSON", problem)));
        accounts.AddRange(ServiceAccountFolder.Read(Path.Combine(dataDirectory, "credentials"), project, problem => source.Fault("DATA_DIR/credentials", problem)));
        if (source.Text("VERTEX_MODELS_CONFIG_URL") is not null)
            source.Fault("VERTEX_MODELS_CONFIG_URL", "has no effect: no list of models is fetched from elsewhere; EXTRA_MODELS adds names");
        bool enabled = source.Boolean("ENABLE_VERTEX", false);
        VertexMode mode = LoadVertexMode(source, enabled && accounts.Count > 0 ? VertexMode.Only : VertexMode.Off);
        if (enabled && accounts.Count == 0)
            source.Fault("ENABLE_VERTEX", "has no effect without a service account in GOOGLE_CREDENTIALS_JSON or DATA_DIR/credentials, or an imported one; until there is one, plain names are served by the Gemini API");
        bool onceThere = accounts.Count == 0 && (mode == VertexMode.Only || (enabled && source.Text("VERTEX_MODE") is null));
        if (mode == VertexMode.Only && accounts.Count == 0)
            mode = VertexMode.Off;
        return new VertexSettings
        {
            Mode = mode,
            OnlyOnceThere = onceThere,
            ExpressInMixed = source.Boolean("ENABLE_VERTEX_EXPRESS", false),
            ServiceAccounts = accounts,
            ExpressKeys = [.. source.Words("VERTEX_EXPRESS_API_KEY"), .. source.Words("VERTEX_API_KEYS")],
            Location = LoadVertexLocation(source),
            BaseAddress = LoadVertexAddress(source, "VERTEX_BASE_URL"),
            ExpressAddress = (LoadVertexAddress(source, "VERTEX_EXPRESS_BASE_URL")?.AbsoluteUri ?? VertexSettings.GoogleExpressAddress).TrimEnd('/'),
            TokenAddress = LoadVertexAddress(source, "VERTEX_TOKEN_URL"),
        };
    }

    private static VertexMode LoadVertexMode(SettingSource source, VertexMode fallback)
    {
        switch (source.Text("VERTEX_MODE")?.ToUpperInvariant())
        {
            case null: return fallback;
            case "MIXED": return VertexMode.Mixed;
            case "ONLY" or "TRUE" or "1" or "YES" or "ON": return VertexMode.Only;
            case "OFF" or "FALSE" or "0" or "NO": return VertexMode.Off;
            default:
                source.Fault("VERTEX_MODE", "is none of mixed, only, off; it counts as not set");
                return fallback;
        }
    }

    private static string LoadVertexLocation(SettingSource source)
    {
        string location = source.Text("VERTEX_LOCATION") ?? "global";
        if (location.Length <= 40 && location.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') && char.IsAsciiLetterLower(location[0]))
            return location;
        source.Fault("VERTEX_LOCATION", "is no place such as global, us, eu or europe-west4; global holds");
        return "global";
    }

    private static Uri? LoadVertexAddress(SettingSource source, string name)
    {
        if (source.Text(name) is not { } text)
            return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https" && address.Query.Length == 0 && address.UserInfo.Length == 0)
            return address;
        source.Fault(name, "is not an http or https address without a query; Google's own holds");
        return null;
    }
}
