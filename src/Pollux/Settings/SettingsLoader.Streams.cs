using Pollux.Protocols.Pacing;

namespace Pollux.Settings;

internal static partial class SettingsLoader
{
    private const int MostCharacters = 1_000_000;

    private static StreamSettings LoadStreams(SettingSource source) => new()
    {
        Pretended = source.Boolean("FAKE_STREAMING", false) | source.Boolean("FAKE_STREAM_ENABLED", false), // both are read, so that both are checked
        PretendedKeepAlive = LoadPretendedKeepAlive(source),
        PretendedPiece = source.Integer("FAKE_STREAMING_CHUNK_SIZE", 10, 1, MostCharacters),
        PretendedDelay = source.Seconds("FAKE_STREAMING_DELAY_PER_CHUNK", 0.1, 60),
        Pacing = source.Boolean("STREAM_OPTIMIZER_ENABLED", false) ? LoadPacing(source) : null,
    };

    /// <summary>Two names for one setting: the smaller given wins, where "never" is the largest.</summary>
    private static TimeSpan LoadPretendedKeepAlive(SettingSource source)
    {
        TimeSpan? shortest = null;
        foreach (string name in (ReadOnlySpan<string>)["FAKE_STREAMING_INTERVAL", "FAKE_STREAM_EMPTY_DATA_INTERVAL_SECONDS"])
        {
            if (source.Text(name) is null)
                continue;
            TimeSpan given = source.Seconds(name, 1, 3600);
            if (shortest is not { } known || known == TimeSpan.Zero || (given > TimeSpan.Zero && given < known))
                shortest = given;
        }

        return shortest ?? TimeSpan.FromSeconds(1);
    }

    private static TextPacing LoadPacing(SettingSource source)
    {
        var usual = new TextPacing
        {
            MinDelay = TimeSpan.FromSeconds(0.016),
            MaxDelay = TimeSpan.FromSeconds(0.024),
            ShortText = 10,
            LongText = 50,
            PieceLength = source.Integer("STREAM_CHUNK_SIZE", 5, 1, MostCharacters),
        };
        TextPacing pacing = usual with
        {
            MinDelay = source.Seconds("STREAM_MIN_DELAY", 0.016, 60),
            MaxDelay = source.Seconds("STREAM_MAX_DELAY", 0.024, 60),
            ShortText = source.Integer("STREAM_SHORT_TEXT_THRESHOLD", usual.ShortText, 1, MostCharacters),
            LongText = source.Integer("STREAM_LONG_TEXT_THRESHOLD", usual.LongText, 1, MostCharacters),
        };
        if (pacing.MinDelay > pacing.MaxDelay)
        {
            source.Fault("STREAM_MIN_DELAY", "is larger than STREAM_MAX_DELAY; the defaults 0.016 and 0.024 hold");
            pacing = pacing with { MinDelay = usual.MinDelay, MaxDelay = usual.MaxDelay };
        }

        if (pacing.ShortText >= pacing.LongText)
        {
            source.Fault("STREAM_SHORT_TEXT_THRESHOLD", "is not smaller than STREAM_LONG_TEXT_THRESHOLD; the defaults 10 and 50 hold");
            pacing = pacing with { ShortText = usual.ShortText, LongText = usual.LongText };
        }

        return pacing;
    }
}
