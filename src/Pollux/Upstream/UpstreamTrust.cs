using System.Security.Cryptography.X509Certificates;

namespace Pollux.Upstream;

/// <summary>Whose certificates upstreams may show.</summary>
/// <param name="Policy">How they are judged; <see langword="null"/>: as the system judges them, which no setting changes.</param>
internal sealed record UpstreamTrust(X509ChainPolicy? Policy);
