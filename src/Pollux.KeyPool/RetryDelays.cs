using System.Buffers;
using System.Globalization;

namespace Pollux.KeyPool;

/// <summary>Reads the two ways in which Google tells how long to wait. Neither comes as a header.</summary>
internal static class RetryDelays
{
    private const string Announcement = "retry in ";
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    /// <summary>Finds <c>Please retry in 48.939935699s.</c> in a message; the units h, m, s, ms, us and ns occur, also joined as in <c>1m30.5s</c>.</summary>
    public static TimeSpan? FromMessage(string message)
    {
        var start = message.IndexOf(Announcement, StringComparison.OrdinalIgnoreCase);
        return start < 0 ? null : Parse(message.AsSpan(start + Announcement.Length));
    }

    /// <summary>Reads a duration from the beginning of the text; what follows it is ignored.</summary>
    /// <returns><see langword="null"/> when the text does not begin with a duration; at most a day.</returns>
    public static TimeSpan? Parse(ReadOnlySpan<char> text)
    {
        double seconds = 0;
        var any = false;
        while (true)
        {
            var length = text.IndexOfAnyExcept(NumberCharacters);
            if (length <= 0 || !double.TryParse(text[..length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                break;
            text = text[length..];
            var (factor, unit) = Unit(text);
            if (unit == 0)
                break;
            seconds += number * factor;
            any = true;
            text = text[unit..];
        }
        return any ? TimeSpan.FromSeconds(Math.Min(seconds, Longest.TotalSeconds)) : null;
    }

    private static (double Factor, int Length) Unit(ReadOnlySpan<char> text) => text switch
    {
        ['m', 's', ..] => (1e-3, 2),
        ['u' or 'µ', 's', ..] => (1e-6, 2),
        ['n', 's', ..] => (1e-9, 2),
        ['h', ..] => (3600, 1),
        ['m', ..] => (60, 1),
        ['s', ..] => (1, 1),
        _ => (0, 0),
    };
}
