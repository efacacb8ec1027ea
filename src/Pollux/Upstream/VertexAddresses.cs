using Pollux.Settings;

namespace Pollux.Upstream;

/// <summary>Where Vertex AI is asked: by project and place for service accounts, by neither in express mode.</summary>
internal sealed class VertexAddresses(VertexSettings settings)
{
    private const string Version = "v1beta1"; // what Google's own client libraries ask; previews' fields are known there first

    private readonly string _base = BaseOf(settings);

    /// <summary>The address for a service account.</summary>
    /// <param name="project">Its project.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="action">What is asked of it.</param>
    /// <param name="query">Without question mark; may be empty.</param>
    public Uri ForProject(string project, string model, string action, string query) =>
        With($"{_base}{Version}/projects/{project}/locations/{settings.Location}/publishers/google/models/{model}:{action}", query);

    /// <summary>The address in express mode.</summary>
    public Uri ForExpress(string model, string action, string query) => With($"{settings.ExpressAddress}/models/{model}:{action}", query);

    /// <summary>
    /// Google's host for a place. Source: cloud.google.com/vertex-ai/docs/reference/rest, "Service endpoints"; <c>us</c> and
    /// <c>eu</c> are multi-regions with hosts of another form.
    /// </summary>
    public static string HostOf(string location) => location switch
    {
        "global" => "https://aiplatform.googleapis.com/",
        "us" or "eu" => $"https://aiplatform.{location}.rep.googleapis.com/",
        _ => $"https://{location}-aiplatform.googleapis.com/",
    };

    private static string BaseOf(VertexSettings settings) =>
        settings.BaseAddress is { } given ? given.AbsoluteUri.TrimEnd('/') + "/" : HostOf(settings.Location);

    private static Uri With(string address, string query) => new(query.Length > 0 ? $"{address}?{query}" : address);
}
