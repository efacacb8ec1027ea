namespace Pollux.Bench.Load;

/// <summary>What a load run measures and for how long.</summary>
internal sealed record LoadOptions
{
    public const string Usage =
        """
        Measures Pollux, nginx and a bare .NET proxy in front of the same stand-in for Gemini.

          --root DIR         the repository (set by bench/load/run)
          --rounds N         interleaved rounds (5)
          --seconds N        of each measurement of unary requests (3)
          --connections N    of unary requests (32)
          --streams N        streams at once (100)
          --events N         events of a stream (200)
          --interval-ms N    between two events of a stream (10)
          --held N           idle streams held at once; 0 leaves this out (2000)
          --only PART        one of unary, stream, held
          --baseline DIR     a second build of Pollux, measured beside the first
          --keep             keep the logs of all processes and say where they are
        """;

    /// <summary>The repository.</summary>
    public string Root { get; private set; } = ".";

    /// <summary>Interleaved rounds; the median of them is reported.</summary>
    public int Rounds { get; private set; } = 5;

    /// <summary>Length of one measurement of unary requests.</summary>
    public int Seconds { get; private set; } = 3;

    /// <summary>Connections of the unary load.</summary>
    public int Connections { get; private set; } = 32;

    /// <summary>Streams at once.</summary>
    public int Streams { get; private set; } = 100;

    /// <summary>Events of a stream.</summary>
    public int Events { get; private set; } = 200;

    /// <summary>Wait between two events.</summary>
    public int IntervalMilliseconds { get; private set; } = 10;

    /// <summary>Idle streams held at once; 0 = none.</summary>
    public int Held { get; private set; } = 2000;

    /// <summary>The only part to run, or <see langword="null"/> for all.</summary>
    public string? Only { get; private set; }

    /// <summary>The directory of a second build of Pollux.</summary>
    public string? Baseline { get; private set; }

    /// <summary>Whether the working directory stays.</summary>
    public bool Keep { get; private set; }

    /// <summary>Whether help was asked for.</summary>
    public bool Help { get; private set; }

    /// <summary>Reads the command line.</summary>
    /// <exception cref="FormatException">It cannot be understood.</exception>
    public static LoadOptions Parse(string[] arguments)
    {
        LoadOptions options = new();
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            if (name is "--help" or "--keep")
            {
                options.Help |= name == "--help";
                options.Keep |= name == "--keep";
            }
            else if (i + 1 < arguments.Length)
            {
                options.Set(name, arguments[++i]);
            }
            else
            {
                throw new FormatException($"{name} needs a value.");
            }
        }

        return options;
    }

    /// <summary>Whether a part is to be run.</summary>
    public bool Runs(string part) => Only is null || Only == part;

    private void Set(string name, string value)
    {
        switch (name)
        {
            case "--root": Root = Path.GetFullPath(value); break;
            case "--rounds": Rounds = Math.Max(1, int.Parse(value)); break;
            case "--seconds": Seconds = Math.Max(1, int.Parse(value)); break;
            case "--connections": Connections = Math.Max(1, int.Parse(value)); break;
            case "--streams": Streams = Math.Max(1, int.Parse(value)); break;
            case "--events": Events = Math.Max(1, int.Parse(value)); break;
            case "--interval-ms": IntervalMilliseconds = Math.Max(0, int.Parse(value)); break;
            case "--held": Held = Math.Max(0, int.Parse(value)); break;
            case "--only": Only = value; break;
            case "--baseline": Baseline = Path.GetFullPath(value); break;
            default: throw new FormatException($"{name} is not an argument.");
        }
    }
}
