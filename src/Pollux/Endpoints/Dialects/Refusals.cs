using Pollux.Access;
using Pollux.Generation;
using Pollux.KeyPool;
using Pollux.Protocols.Translation;
using Pollux.Telemetry;

namespace Pollux.Endpoints.Dialects;

/// <summary>Refuses requests before anything was sent, and notes whose fault it is.</summary>
internal static class Refusals
{
    /// <summary>Refuses a request that cannot be understood.</summary>
    public static Task RefuseAsync(this IDialectErrors errors, HttpContext http, RequestRecord record, RequestFormatException fault)
    {
        bool unknownModel = fault.Code == ModelNames.NotFoundCode;
        return errors.RefuseAsync(http, record, new GatewayError(
            unknownModel ? 404 : 400, unknownModel ? GatewayErrorKind.NotFound : GatewayErrorKind.InvalidRequest, fault.Message, null, fault.Param, fault.Code));
    }

    /// <summary>Refuses a request.</summary>
    public static async Task RefuseAsync(this IDialectErrors errors, HttpContext http, RequestRecord record, GatewayError error)
    {
        record.FaultOwner = error.Kind == GatewayErrorKind.Busy ? nameof(FaultOwner.Gateway) : nameof(FaultOwner.Client);
        record.FaultReason = error.Kind.ToString();
        await errors.WriteAsync(http, error, http.RequestAborted);
    }
}
