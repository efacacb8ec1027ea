using System.Globalization;

namespace Pollux.FakeGemini;

/// <summary>The command line of the program.</summary>
internal sealed record ProgramArguments
{
    public const string Usage =
        """
        A strict, scripted Gemini API on a socket.

          --port N         TCP port (8787; 0 takes a free one)
          --key KEY        a valid key; may be repeated
          --keys N         N more valid keys, each of its own project
          --seed N         seed of everything random (1)
          --chaos RATE     share of calls that go wrong, 0 to 1 (0)
          --latency-ms N   wait before the first byte (0)
          --chunks N       events of a stream (3; with --fast 20)
          --fast           benchmark mode: no checks, no keys, always the same bytes
          --chunk-bytes N  with --fast: characters in each event (40)
          --interval-ms N  with --fast: wait between events (0)
          --help           this text
        """;

    public int Port { get; private set; } = 8787;

    public List<string> Keys { get; } = [];

    public int GeneratedKeys { get; private set; }

    public int Seed { get; private set; } = 1;

    public double Chaos { get; private set; }

    public int LatencyMilliseconds { get; private set; }

    public int? Chunks { get; private set; }

    public int ChunkBytes { get; private set; } = 40;

    public int IntervalMilliseconds { get; private set; }

    public bool Fast { get; private set; }

    public bool Help { get; private set; }

    /// <summary>The arguments, or what is wrong with them.</summary>
    public static (ProgramArguments? Arguments, string? Fault) Parse(IReadOnlyList<string> words)
    {
        ProgramArguments arguments = new();
        for (int i = 0; i < words.Count; i++)
        {
            string name = words[i];
            if (name is "--fast" or "--help")
            {
                arguments.Fast |= name == "--fast";
                arguments.Help |= name == "--help";
                continue;
            }

            if (i + 1 == words.Count) return (null, $"{name} needs a value.");
            if (arguments.Set(name, words[++i]) is { } fault) return (null, fault);
        }

        return (arguments, null);
    }

    private string? Set(string name, string value)
    {
        if (name == "--key")
        {
            Keys.Add(value);
            return null;
        }

        if (!double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) || number < 0 || number > int.MaxValue)
            return $"{name} needs a number that is not negative, not {value}.";
        int whole = (int)number;
        switch (name)
        {
            case "--port" when whole <= ushort.MaxValue: Port = whole; break;
            case "--keys": GeneratedKeys = whole; break;
            case "--seed": Seed = whole; break;
            case "--chaos" when number <= 1: Chaos = number; break;
            case "--latency-ms": LatencyMilliseconds = whole; break;
            case "--chunks" when whole >= 1: Chunks = whole; break;
            case "--chunk-bytes": ChunkBytes = whole; break;
            case "--interval-ms": IntervalMilliseconds = whole; break;
            default: return $"{name} {value} is not an argument, or out of range.";
        }

        return null;
    }
}
