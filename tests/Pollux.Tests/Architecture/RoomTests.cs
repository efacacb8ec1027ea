using System.Data.Common;
using System.Diagnostics;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Reflection;
using Pollux.Settings;

namespace Pollux.Tests.Architecture;

/// <summary>
/// Each folder of the gateway is a room that answers one question, and sees of the other rooms only what its question
/// needs. The table is exact both ways: a new reference needs a line here and a thought, and a line that nothing needs any
/// more goes.
/// </summary>
public sealed class RoomTests
{
    /// <summary>The rooms that put things together: they may see all.</summary>
    private static readonly string[] SeeEverything = ["Endpoints", "Admin", "Hosting", "Program"];

    /// <summary>What each other room sees, projects included.</summary>
    private static readonly Dictionary<string, string[]> MaySee = new(StringComparer.Ordinal)
    {
        ["Access"] = [],
        ["Affinity"] = ["Access", "Settings", "Pollux.KeyPool", "Pollux.Protocols"],
        ["Buffers"] = [],
        ["Dispatch"] = ["Access", "Buffers", "Settings", "Telemetry", "Upstream", "Pollux.KeyPool", "Pollux.Protocols"],
        ["Files"] = ["Access", "Affinity", "Buffers", "Dispatch", "Settings", "Telemetry", "Upstream", "Pollux.KeyPool"],
        ["Generation"] = ["Affinity", "Buffers", "Dispatch", "Media", "Pictures", "Settings", "Telemetry", "Upstream", "Pollux.KeyPool", "Pollux.Protocols"],
        ["Live"] = ["Access", "Affinity", "Buffers", "Dispatch", "Generation", "Settings", "Telemetry", "Upstream", "Pollux.KeyPool", "Pollux.Protocols"],
        ["Media"] = ["Buffers", "Settings", "Pollux.Protocols"],
        ["Pictures"] = ["Settings", "Pollux.KeyPool"],
        ["Replies"] = ["Dispatch", "Settings", "Telemetry", "Upstream", "Pollux.Protocols"],
        ["Resources"] = ["Access", "Affinity", "Dispatch", "Files", "Settings", "Telemetry", "Upstream", "Pollux.KeyPool", "Pollux.Protocols"],
        ["Responses"] = ["Settings"],
        ["Settings"] = ["Access", "Pollux.KeyPool", "Pollux.Protocols"],
        ["Sound"] = ["Settings", "Pollux.Protocols"],
        ["Storage"] = ["Affinity", "Responses", "Pollux.KeyPool", "Pollux.Protocols"],
        ["Telemetry"] = ["Settings", "Pollux.KeyPool", "Pollux.Protocols"],
        ["Upstream"] = ["Settings", "Pollux.KeyPool", "Pollux.Protocols"],
    };

    private static readonly Type[] Connections =
    [
        typeof(HttpClient), typeof(HttpMessageInvoker), typeof(SocketsHttpHandler), typeof(HttpClientHandler), typeof(IHttpClientFactory),
        typeof(Socket), typeof(TcpClient), typeof(UdpClient), typeof(ClientWebSocket), typeof(System.Net.WebRequest),
    ];

    private static Assembly Gateway => typeof(PolluxSettings).Assembly;

    [Fact]
    public void Each_room_sees_exactly_what_its_question_needs()
    {
        var seen = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        var examples = new Dictionary<(string, string), string>();
        foreach ((Type from, MemberInfo to) in TypeReferences.Of(Gateway))
        {
            if (RoomOf(from) is not { } room || SeeEverything.Contains(room) || TargetOf(to) is not { } target || target == room)
                continue;
            if (!seen.TryGetValue(room, out SortedSet<string>? targets))
                seen[room] = targets = new SortedSet<string>(StringComparer.Ordinal);
            targets.Add(target);
            examples.TryAdd((room, target), $"{Outermost(from).Name} uses {(to as Type ?? to.DeclaringType)!.Name}");
        }

        var faults = new List<string>();
        foreach ((string room, SortedSet<string> targets) in seen)
        {
            string[] allowed = MaySee.GetValueOrDefault(room) ?? [];
            faults.AddRange(targets.Except(allowed).Select(target => $"{room} must not see {target}: {examples[(room, target)]}"));
            faults.AddRange(allowed.Except(targets).Select(target => $"{room} does not use {target} any more: take it out of the table"));
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Fact]
    public void Every_room_stands_in_the_table()
    {
        string[] rooms = [.. Gateway.GetTypes().Select(RoomOf).OfType<string>().Distinct(StringComparer.Ordinal).Except(SeeEverything).Order(StringComparer.Ordinal)];

        Assert.Equal(MaySee.Keys.Order(StringComparer.Ordinal), rooms);
    }

    [Fact]
    public void Only_upstream_pictures_and_media_open_connections() =>
        Check(static to => (to is ConstructorInfo or MethodInfo { IsStatic: true } or Type { IsInterface: true }) && Connections.Contains(to as Type ?? to.DeclaringType), "Upstream", "Pictures", "Media");

    [Fact]
    public void Only_pictures_knows_the_library_of_S3() =>
        Check(static to => ((to as Type ?? to.DeclaringType)?.Assembly.GetName().Name ?? "").StartsWith("AWSSDK.", StringComparison.Ordinal), "Pictures");

    [Fact]
    public void Only_settings_reads_the_environment() =>
        Check(static to => to is MethodInfo method && method.DeclaringType == typeof(Environment) && method.Name.StartsWith("GetEnvironmentVariable", StringComparison.Ordinal), "Settings");

    [Fact]
    public void Only_storage_speaks_SQL() =>
        Check(
            static to => (to as Type ?? to.DeclaringType) is { } type
                && (typeof(DbConnection).IsAssignableFrom(type) || typeof(DbCommand).IsAssignableFrom(type)
                    || (type.Namespace ?? "").StartsWith("Microsoft.Data.Sqlite", StringComparison.Ordinal) || (type.Namespace ?? "").StartsWith("Npgsql", StringComparison.Ordinal)),
            "Storage");

    [Fact]
    public void Only_sound_starts_programs() =>
        Check(static to => to is not Type && to.DeclaringType == typeof(Process), "Sound");

    [Theory]
    [InlineData("Pollux.Protocols")]
    [InlineData("Pollux.KeyPool", "Pollux.Protocols")]
    [InlineData("Pollux.FakeGemini", "Pollux.Protocols")]
    public void A_library_depends_on_nothing_but_the_platform_and_what_stands_here(string name, params string[] allowed)
    {
        Assembly library = Assembly.Load(name);

        IEnumerable<string> referenced = library.GetReferencedAssemblies().Select(static reference => reference.Name!).Where(static reference => !IsPlatform(reference));

        Assert.Empty(referenced.Except(allowed));
        if (name != "Pollux.FakeGemini")
            Assert.DoesNotContain(library.GetReferencedAssemblies(), static reference => reference.Name!.StartsWith("Microsoft.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Pollux.Protocols")]
    [InlineData("Pollux.KeyPool")]
    public void A_pure_library_neither_reads_nor_sends_nor_looks_at_the_clock(string name)
    {
        string[] impure = ["System.IO.File", "System.IO.FileStream", "System.IO.Directory", "System.Net.Sockets.", "System.Net.Http.", "System.Environment.GetEnv", "System.Console",
            "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow", "System.Diagnostics.Stopwatch", "System.Random.get_Shared"];

        IEnumerable<string> used = TypeReferences.Of(Assembly.Load(name))
            .Select(static reference => $"{Outermost(reference.From).Name}: {(reference.To as Type)?.FullName ?? $"{reference.To.DeclaringType?.FullName}.{reference.To.Name}"}")
            .Where(text => impure.Any(word => text.Contains(": " + word, StringComparison.Ordinal)));

        Assert.Empty(used);
    }

    [Fact]
    public void The_walk_sees_bodies_signatures_and_generics()
    {
        // A walk that saw nothing would let everything pass: these are known to be there.
        var references = TypeReferences.Of(Gateway).Where(static reference => RoomOf(reference.From) == "Dispatch").Select(static reference => reference.To).ToHashSet();

        Assert.Contains(typeof(SettingsHolder), references);                         // a parameter of a constructor
        Assert.Contains(typeof(SettingsHolder).GetProperty("Current")!.GetMethod!, references); // called in a body
        Assert.Contains(typeof(DispatchSettings), references);                       // a local variable
        Assert.Contains(typeof(ReadOnlyMemory<>), references);                       // an argument of a generic type
    }

    [Fact]
    public void The_walk_sees_the_SQL_of_storage() =>
        Assert.Contains(TypeReferences.Of(Gateway), static reference => RoomOf(reference.From) == "Storage" && reference.To is Type type && typeof(DbConnection).IsAssignableFrom(type));

    private static void Check(Func<MemberInfo, bool> isForbidden, params string[] butFor)
    {
        IEnumerable<string> faults = TypeReferences.Of(Gateway)
            .Where(reference => !butFor.Contains(RoomOf(reference.From)) && isForbidden(reference.To))
            .Select(static reference => $"{reference.From.FullName} uses {reference.To.DeclaringType?.Name}.{reference.To.Name}");

        Assert.Empty(faults);
    }

    private static string? TargetOf(MemberInfo member)
    {
        Type type = Outermost(member as Type ?? member.DeclaringType ?? typeof(object));
        string assembly = type.Assembly.GetName().Name!;
        if (type.Assembly == Gateway)
            return RoomOf(type);
        return assembly.StartsWith("Pollux.", StringComparison.Ordinal) ? assembly : null;
    }

    /// <summary>The first part of the namespace behind the product's name; null for what compilers add.</summary>
    private static string? RoomOf(Type type)
    {
        Type outermost = Outermost(type);
        if (outermost.Namespace is { } name && name.StartsWith("Pollux.", StringComparison.Ordinal))
            return name.Split('.')[1];
        return outermost.Name == "Program" ? "Program" : null;
    }

    private static Type Outermost(Type type)
    {
        while (type.DeclaringType is { } outer)
            type = outer;
        return type;
    }

    private static bool IsPlatform(string name) =>
        name.StartsWith("System.", StringComparison.Ordinal) || name is "System" or "netstandard" or "mscorlib"
        || name == "Microsoft.AspNetCore" || name.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal) || name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal) || name.StartsWith("Microsoft.Net.", StringComparison.Ordinal);
}
