using System.Runtime.InteropServices;

namespace Pollux.Bench.Simulation;

/// <summary>
/// What each key has been told: a refusal is avoidable if, when its attempt was sent, an earlier refusal of the same key and
/// model had come back about a wall that was certain to stand still.
/// </summary>
/// <remarks>
/// Certain is: the same minute of the clock (fixed), before the end of the delay told (rolling), the same quota day (a limit of
/// 0 counts as a day). Attempts sent before the first refusal came back are nobody's fault.
/// </remarks>
internal sealed class ToldWalls(int keys, int models, WindowKind kind)
{
    private readonly Told[] _told = CreateEmpty(keys * models);
    private readonly int _models = models;

    /// <summary>What this key knows of this model now.</summary>
    public Told Known(int key, int model) => _told[(key * _models) + model];

    /// <summary>A refusal came back.</summary>
    public void Tell(int key, int model, in Told wall)
    {
        ref var told = ref _told[(key * _models) + model];
        told = new Told(Math.Max(told.Requests, wall.Requests), Math.Max(told.Tokens, wall.Tokens), Math.Max(told.Day, wall.Day));
    }

    /// <summary>The walls of a refusal, in the form in which they are remembered.</summary>
    public Told WallsOf(in QuotaVerdict verdict, long now, int day) => new(
        verdict.Walls.HasFlag(Walls.MinuteRequests) ? EndOf(verdict.RequestsFreeAt, now) : Told.Nothing,
        verdict.Walls.HasFlag(Walls.MinuteTokens) ? EndOf(verdict.TokensFreeAt, now) : Told.Nothing,
        (verdict.Walls & (Walls.DayRequests | Walls.Zero)) != Walls.None ? day : Told.Nothing);

    /// <summary>One of these walls was known and stood still.</summary>
    public static bool Stands(in Told known, in QuotaVerdict verdict, long now, int day) =>
        (verdict.Walls.HasFlag(Walls.MinuteRequests) && now < known.Requests)
        || (verdict.Walls.HasFlag(Walls.MinuteTokens) && now < known.Tokens)
        || ((verdict.Walls & (Walls.DayRequests | Walls.Zero)) != Walls.None && day == known.Day);

    // A fixed minute ends at its boundary. In a rolling one what was told counts, and that is whole seconds.
    private long EndOf(long freeAt, long now) => kind == WindowKind.Fixed
        ? freeAt
        : now + ((freeAt - now + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond);

    private static Told[] CreateEmpty(int count)
    {
        var told = new Told[count];
        Array.Fill(told, new Told(Told.Nothing, Told.Nothing, Told.Nothing));
        return told;
    }
}

/// <summary>Ends of the walls of minutes in UTC ticks, and the number of the day of a wall of days.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Told(long Requests, long Tokens, int Day)
{
    /// <summary>No wall of this kind.</summary>
    public const int Nothing = -1;
}
