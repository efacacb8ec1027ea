using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pollux.KeyPool;

namespace Pollux.Storage;

/// <summary>How the pool's quota cells lie in rows: what people ask for in columns, the rest as JSON.</summary>
internal static class QuotaCellRecord
{
    private const string DayFormat = "yyyy-MM-dd";
    private const string LearnedWord = "learned";
    private static readonly TimeOnly Noon = new(20, 0); // in Los Angeles, as UTC: inside that day in winter and in summer

    /// <summary>The row of a declared project.</summary>
    public static string Declared(string name) => "@" + name;

    /// <summary>The row of a project that is known by one credential.</summary>
    public static string Undeclared(long credentialRow) => "#" + credentialRow.ToString(CultureInfo.InvariantCulture);

    /// <summary>The declared name, or <see langword="null"/>.</summary>
    public static string? DeclaredName(string project) => project.StartsWith('@') ? project[1..] : null;

    /// <summary>The credential's row, or <see langword="null"/>.</summary>
    public static long? CredentialRow(string project) =>
        project.StartsWith('#') && long.TryParse(project.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out long row) ? row : null;

    /// <summary>What is stored of a cell.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="project">Whose it is, as a row says it.</param>
    public static QuotaCellRow ToRow(QuotaCellState cell, string project)
    {
        var learned = new StoredLimit?[4];
        var proven = new long[4];
        foreach (QuotaLimitState limit in cell.Limits)
        {
            proven[(int)limit.Kind] = limit.Proven;
            if (limit.Learned is { } value)
                learned[(int)limit.Kind] = new StoredLimit(value, LearnedWord);
        }

        var rest = new CellRest
        {
            Tier = cell.Tier,
            Proven = proven.AsSpan().IndexOfAnyExcept(0) < 0 ? null : proven,
            Minute = cell.Minute.IsEmpty ? null : [.. cell.Minute],
            IsSuspect = cell.IsSuspect,
            Suspicions = cell.Suspicions,
            NextTrialAt = cell.NextTrialAt,
        };
        return new QuotaCellRow
        {
            Project = project,
            Model = cell.Model,
            Day = PacificDay.Of(cell.DayEnds.AddTicks(-1)).ToString(DayFormat, CultureInfo.InvariantCulture),
            RequestsDay = cell.RequestsToday,
            TokensDay = cell.TokensToday,
            Rpm = learned[(int)QuotaKind.RequestsPerMinute],
            Tpm = learned[(int)QuotaKind.InputTokensPerMinute],
            Rpd = learned[(int)QuotaKind.RequestsPerDay],
            Tpd = learned[(int)QuotaKind.InputTokensPerDay],
            BlockedUntil = cell.BlockedUntil,
            BlockedBy = cell.BlockedUntil is null ? null : cell.BlockedBy.ToString(),
            State = JsonSerializer.Serialize(rest, CellJson.Default.CellRest),
        };
    }

    /// <summary>What the pool gets back.</summary>
    /// <param name="row">The row; what another version wrote into its JSON and this one cannot read counts as not known.</param>
    /// <param name="credential">The credential of an undeclared project, by the number that it has now.</param>
    /// <returns><see langword="null"/> for a row whose day cannot be read.</returns>
    public static QuotaCellState? ToState(QuotaCellRow row, CredentialId credential)
    {
        if (!DateOnly.TryParseExact(row.Day, DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day))
            return null;
        CellRest rest = Read(row.State);
        var limits = new List<QuotaLimitState>(4);
        foreach ((QuotaKind kind, StoredLimit? limit) in (ReadOnlySpan<(QuotaKind, StoredLimit?)>)
            [(QuotaKind.RequestsPerMinute, row.Rpm), (QuotaKind.InputTokensPerMinute, row.Tpm), (QuotaKind.RequestsPerDay, row.Rpd), (QuotaKind.InputTokensPerDay, row.Tpd)])
        {
            long proven = rest.Proven is { } all && (int)kind < all.Length ? all[(int)kind] : 0;
            if (limit is not null || proven > 0)
                limits.Add(new QuotaLimitState(kind, limit?.Value, proven));
        }

        return new QuotaCellState
        {
            Project = DeclaredName(row.Project),
            Credential = credential,
            Model = row.Model,
            Tier = rest.Tier,
            DayEnds = PacificDay.NextMidnight(new DateTimeOffset(day, Noon, TimeSpan.Zero)),
            RequestsToday = row.RequestsDay,
            TokensToday = row.TokensDay,
            Limits = [.. limits],
            Minute = rest.Minute is { } minute ? [.. minute] : [],
            BlockedUntil = row.BlockedUntil,
            BlockedBy = Enum.TryParse(row.BlockedBy, out FaultReason reason) && Enum.IsDefined(reason) ? reason : default,
            IsSuspect = rest.IsSuspect,
            Suspicions = rest.Suspicions,
            NextTrialAt = rest.NextTrialAt,
        };
    }

    private static CellRest Read(string? json)
    {
        try
        {
            return json is null ? new CellRest() : JsonSerializer.Deserialize(json, CellJson.Default.CellRest) ?? new CellRest();
        }
        catch (JsonException)
        {
            return new CellRest();
        }
    }
}

/// <summary>What has no column of its own.</summary>
internal sealed record CellRest
{
    public ProjectTier Tier { get; init; }

    public long[]? Proven { get; init; }

    public MinuteEntry[]? Minute { get; init; }

    public bool IsSuspect { get; init; }

    public int Suspicions { get; init; }

    public DateTimeOffset? NextTrialAt { get; init; }
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CellRest))]
internal sealed partial class CellJson : JsonSerializerContext;
