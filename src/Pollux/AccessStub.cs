namespace Pollux.Access;
internal interface IDialectErrors { ValueTask WriteAsync(HttpContext http, GatewayError error, CancellationToken cancellation); }
internal sealed record GatewayError(int Status, GatewayErrorKind Kind, string Message, TimeSpan? RetryAfter = null, string? Param = null, string? Code = null);
internal enum GatewayErrorKind { Unauthenticated, Forbidden, RateLimited, InvalidRequest, NotFound, TooLarge, UnsupportedMediaType, NoUsableKey, UpstreamFailed, UpstreamTimeout, UpstreamEmpty, ContentBlocked, Internal, MethodNotAllowed, QuotaExhausted }
internal sealed record AccessRule { public static AccessRule Public = new(), ModelRoute = new(), ModelList = new(); }
internal sealed record AccessOptions { public string? Password; public IReadOnlyList<string> AllowedTokens=[]; public string? AuthToken; public IReadOnlyList<string> WhitelistIps=[], BlacklistIps=[], TrustedProxies=[], WhitelistUserAgents=[], AllowedOrigins=[]; public int MaxRequestsPerMinute, MaxRequestsPerDayPerIp; }
internal static class X { public static void AddPolluxAccess(this IServiceCollection s, Pollux.Settings.PolluxSettings p) {} public static void UsePolluxAccess(this WebApplication a) {} }
