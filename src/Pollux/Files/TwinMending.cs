using Pollux.Access;
using Pollux.Affinity;
using Pollux.KeyPool;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Files;

/// <summary>
/// Makes twins anew that the upstream does not know any more, although the ledger does: each once for a request, so that a twin which goes
/// again and again ends it. Belongs to one request.
/// </summary>
/// <param name="twins">Makes them.</param>
/// <param name="call">The request, whose body names them.</param>
/// <param name="files">Its files.</param>
/// <param name="met">Where they met.</param>
/// <param name="apart">What the client is told when they cannot be together.</param>
/// <param name="record">The request's record.</param>
internal sealed class TwinMending(FileTwins twins, UpstreamCall call, IReadOnlyList<RemoteResource> files, MetFiles met, GatewayError apart, RequestRecord record)
{
    private readonly Dictionary<string, string> _twins = new(met.Twins, StringComparer.Ordinal);
    private readonly HashSet<string> _renewed = new(StringComparer.Ordinal);

    /// <summary>Makes the twin anew that a fault is about.</summary>
    /// <param name="fault">What the upstream said, with the name of what it does not know.</param>
    /// <param name="cancellation">The client went away, or its time is over.</param>
    /// <returns>See <see cref="UpstreamCall.Mend"/>.</returns>
    public async ValueTask<Fault?> TryAsync(Fault fault, CancellationToken cancellation)
    {
        foreach (RemoteResource file in files)
        {
            if (!_twins.TryGetValue(file.Name, out string? gone) || !fault.Message.Contains(gone[FileNames.Prefix.Length..], StringComparison.Ordinal))
                continue;
            if (!_renewed.Add(file.Name) || await twins.RenewAsync(file, gone, met.Key, record, cancellation) is not { } made)
            {
                // The twin's name is nobody's business, and the client can do nothing but what it could have done without twins.
                return fault with { Owner = FaultOwner.Client, Reason = FaultReason.RequestInvalid, HttpStatus = apart.Status, Message = apart.Message, Retry = RetryScope.None, Effect = FaultEffect.None };
            }

            FileUriRewriting.Apply(call, new Dictionary<string, string>(StringComparer.Ordinal) { [FileNames.GoogleBase + gone] = made });
            _twins[file.Name] = made;
            return null;
        }

        return fault;
    }
}
