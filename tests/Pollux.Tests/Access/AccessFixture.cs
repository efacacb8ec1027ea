using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Pollux.Access;
using Pollux.Tests.Time;

namespace Pollux.Tests.Access;

/// <summary>A gate with a manual clock, and requests made by hand.</summary>
internal sealed class AccessFixture
{
    public const string Password = "correct-horse-battery";

    public AccessFixture(AccessOptions? options = null, IAdminAccess? admin = null, GeneratedPassword? generated = null)
    {
        Gate = new AccessGate(AccessModel.From(options ?? new AccessOptions { Passwords = [Password] }, generated), new RequestRateLimits(Clock), Log, admin);
    }

    public ManualTimeProvider Clock { get; } = new();

    public RecordingLogger<AccessGate> Log { get; } = new();

    public AccessGate Gate { get; }

    public static AddressSet Addresses(params string[] texts)
    {
        var set = AddressSet.Parse(texts, out var wrong);
        Assert.Empty(wrong);
        return set;
    }

    public static DefaultHttpContext Request(AccessRule? rule = AccessRule.ModelRoute, string from = "203.0.113.7", string? bearer = null, string? query = null, params (string Name, string Value)[] headers)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = from.Length == 0 ? null : IPAddress.Parse(from);
        http.Request.Method = "POST";
        if (bearer is not null)
            http.Request.Headers.Authorization = $"Bearer {bearer}";
        if (query is not null)
            http.Request.QueryString = new QueryString(query);
        foreach (var (name, value) in headers)
            http.Request.Headers[name] = StringValues.Concat(http.Request.Headers[name], value); // Append drops empty values, which sockets deliver
        var metadata = rule is { } declared ? new EndpointMetadataCollection(new AccessMetadata(declared)) : EndpointMetadataCollection.Empty;
        http.SetEndpoint(new RouteEndpoint(static _ => Task.CompletedTask, RoutePatternFactory.Parse("/test"), 0, metadata, "test route"));
        return http;
    }

    public AccessDecision Admit(DefaultHttpContext http) => Gate.Admit(http);

    public int Status(DefaultHttpContext http) => Gate.Admit(http).Refusal?.Status ?? 200;
}

/// <summary>Remembers what was logged.</summary>
internal sealed class RecordingLogger<T> : ILogger<T>
{
    public List<(int Id, LogLevel Level, string Text)> Entries { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Entries.Add((eventId.Id, logLevel, formatter(state, exception)));
}
