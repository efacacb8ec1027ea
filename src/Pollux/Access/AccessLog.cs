namespace Pollux.Access;

/// <summary>What Access logs; event ids 1000 to 1099, never reused. Nothing here takes a credential.</summary>
internal static partial class AccessLog
{
    [LoggerMessage(1000, LogLevel.Warning, "{Setting} holds a credential that is easily guessed. Set a longer one before others can reach this gateway.")]
    public static partial void WeakCredential(ILogger logger, string setting);

    [LoggerMessage(1001, LogLevel.Warning, "No client credential is configured: '123' works from this machine only, everywhere else the generated password. Set PASSWORD.")]
    public static partial void NoCredential(ILogger logger);

    [LoggerMessage(1002, LogLevel.Warning, "Forwarding headers came from {Address}, which is not in TRUSTED_PROXIES. They are ignored, and such requests are never authorised by address. If that is your proxy, add it.")]
    public static partial void ForwardedByStranger(ILogger logger, string? address);

    [LoggerMessage(1003, LogLevel.Error, "The route {Route} declares no access rule and is closed.")]
    public static partial void RouteWithoutRule(ILogger logger, string? route);

    [LoggerMessage(1004, LogLevel.Information, "Refused {Method} on {Route}: {Status} {Kind}.")]
    public static partial void Refused(ILogger logger, string method, string? route, int status, GatewayErrorKind kind);
}
