using Pollux.FakeGemini.Serving;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Vertex;

/// <summary>Decides whether a request may come in to Vertex AI: by a token for a project, or by a key in express mode.</summary>
internal sealed class VertexGate(TokenService tokens, KeyGate expressKeys)
{
    /// <summary>The places that there are; elsewhere no service answers.</summary>
    private static readonly string[] Locations =
    [
        "global", "us", "eu", "us-central1", "us-east1", "us-east4", "us-west1", "europe-west1", "europe-west4", "asia-northeast1", "asia-southeast1",
    ];

    /// <summary>Whether the path leads to a service at all.</summary>
    public static bool Leads(ReceivedRequest request) => request.Location is null || Locations.Contains(request.Location, StringComparer.Ordinal);

    /// <summary>The name of the model's resource, as messages have it.</summary>
    public static string ResourceOf(ReceivedRequest request, string project) =>
        $"projects/{project}/locations/{request.Location ?? "global"}/publishers/google/models/{request.Model}";

    /// <summary>Who asks, or why not.</summary>
    public (FakeKey? Key, GoogleError? Refusal) Check(ReceivedRequest request)
    {
        if (request.Project is not { } project) return expressKeys.Check(request);
        if (KeyGate.BearerOf(request.Headers) is not { } token)
            return (null, request.Key is not null ? VertexErrors.KeysNotSupported() : VertexErrors.TokenInvalid());
        if (tokens.AccountOf(token) is not { } account) return (null, VertexErrors.TokenInvalid());
        request.Account = account.ClientEmail;
        if (project != account.ProjectId) return (null, VertexErrors.PermissionDenied(ResourceOf(request, project)));
        GoogleError? refusal = account.State switch
        {
            FakeAccountState.WithoutPermission => VertexErrors.PermissionDenied(ResourceOf(request, project)),
            FakeAccountState.ServiceDisabled => VertexErrors.ServiceDisabled(project),
            FakeAccountState.BillingDisabled => VertexErrors.BillingDisabled(project),
            _ => null,
        };
        return refusal is null ? (account.AsKey, null) : (null, refusal);
    }
}
