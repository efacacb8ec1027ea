using System.Runtime.InteropServices;

namespace Pollux.Access;

/// <summary>The gate's answer to one request.</summary>
/// <param name="Caller">Who calls, if admitted and asked.</param>
/// <param name="Refusal">Why not, if refused.</param>
/// <param name="Rate">The request limits, if they were counted.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct AccessDecision(Caller? Caller, GatewayError? Refusal, RateDecision Rate)
{
    /// <summary>The request may go on.</summary>
    public bool IsAdmitted => Refusal is null;

    /// <summary>Anybody may.</summary>
    public static AccessDecision Open => default;

    /// <summary>This caller may.</summary>
    public static AccessDecision Admit(Caller caller, in RateDecision rate = default) => new(caller, null, rate);

    /// <summary>Nobody may, for this reason.</summary>
    public static AccessDecision Refuse(GatewayError refusal, in RateDecision rate = default) => new(null, refusal, rate);

    /// <summary>Tells the refusal and the limits in headers, before anything is written.</summary>
    public void WriteHeaders(IHeaderDictionary headers)
    {
        Rate.WriteHeaders(headers);
        if (Refusal?.RetryAfter is { } wait)
            headers.RetryAfter = RateDecision.WholeSeconds(wait).ToString();
        if (Refusal is { Status: StatusCodes.Status401Unauthorized })
            headers.WWWAuthenticate = "Bearer";
    }
}

/// <summary>Decides about administrators: sessions and admin tokens are its business, client credentials are not.</summary>
internal interface IAdminAccess
{
    /// <summary>May this request reach an admin route?</summary>
    AccessDecision Admit(HttpContext http);
}
