namespace Pollux.FakeGemini;

/// <summary>The rules of model families, from which <see cref="FakeModel.Named"/> builds a model.</summary>
internal static class FakeModelRules
{
    private static readonly string[] AllLevels = ["MINIMAL", "LOW", "MEDIUM", "HIGH"];
    private static readonly string[] LevelsFromLow = ["LOW", "MEDIUM", "HIGH"];

    /// <summary>What the moving aliases stand for.</summary>
    private static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal)
    {
        ["gemini-pro-latest"] = "gemini-3.1-pro-preview",
        ["gemini-flash-latest"] = "gemini-3.8-flash",
        ["gemini-flash-lite-latest"] = "gemini-3.5-flash-lite",
        ["nano-banana-pro-preview"] = "gemini-3-pro-image",
    };

    public static FakeModel For(string id)
    {
        string known = Aliases.GetValueOrDefault(id, id);
        FakeModel model = known switch
        {
            _ when known.StartsWith("gemma-", StringComparison.Ordinal) => Gemma(known),
            _ when known.StartsWith("imagen-", StringComparison.Ordinal) => new(known) { InputTokenLimit = 480, OutputTokenLimit = 8_192, Methods = ["predict"] },
            _ when known.StartsWith("veo-", StringComparison.Ordinal) => new(known) { InputTokenLimit = 480, OutputTokenLimit = 8_192, Methods = ["predictLongRunning"] },
            _ when known.Contains("embedding", StringComparison.Ordinal) => Embedding(known),
            _ when known.Contains("-image", StringComparison.Ordinal) => Image(known),
            _ when known.Contains("-live", StringComparison.Ordinal) || known.Contains("-native-audio", StringComparison.Ordinal) => Live(known),
            _ when known.Contains("-tts", StringComparison.Ordinal) => Speech(known),
            _ when FakeModel.GenerationOf(known) >= 3 => Gemini3(known),
            _ when FakeModel.GenerationOf(known) >= 2.5m => Gemini25(known),
            _ => new(known) { Generation = FakeModel.GenerationOf(known), OutputTokenLimit = 8_192 },
        };
        return model with { Id = id, DisplayName = DisplayName(id) };
    }

    private static FakeModel Gemini3(string id)
    {
        decimal generation = FakeModel.GenerationOf(id);
        bool pro = id.Contains("-pro", StringComparison.Ordinal);
        bool lite = id.Contains("-lite", StringComparison.Ordinal);

        // 3.6 Flash, 3.5 Flash-Lite and everything after them refuse penalties and prefill.
        bool strict = generation > 3.5m || (generation == 3.5m && lite);
        return new(id)
        {
            Generation = generation,
            Thinks = true,
            ThinkingLevels = pro || generation >= 3.7m ? LevelsFromLow : AllLevels,
            GivesCallIds = generation > 3.0m,
            RequiresSignatures = true,
            TakesPenalties = !strict,
            TakesPrefill = !strict,
        };
    }

    private static FakeModel Gemini25(string id)
    {
        bool pro = id.Contains("-pro", StringComparison.Ordinal);
        bool lite = id.Contains("-lite", StringComparison.Ordinal);
        return new(id)
        {
            Generation = FakeModel.GenerationOf(id),
            Thinks = true,
            ThinkingBudgets = pro ? (128, 32_768) : lite ? (512, 24_576) : (1, 24_576),
            ThinkingCanBeOff = !pro,
        };
    }

    private static FakeModel Image(string id)
    {
        bool pro = id.Contains("-pro", StringComparison.Ordinal);
        decimal generation = FakeModel.GenerationOf(id);
        return new(id)
        {
            Generation = generation,
            InputTokenLimit = generation < 3 ? 32_768 : pro || id.Contains("-lite", StringComparison.Ordinal) ? 65_536 : 131_072,
            OutputTokenLimit = id.Contains("-lite", StringComparison.Ordinal) ? 4_096 : 32_768,
            Thinks = generation >= 3,
            ThinkingLevels = generation < 3 ? [] : pro ? ["HIGH"] : ["MINIMAL", "HIGH"],
            Modalities = ["TEXT", "IMAGE"],
            Hears = false,
            CallsFunctions = false,
        };
    }

    private static FakeModel Speech(string id) => new(id)
    {
        Generation = FakeModel.GenerationOf(id),
        InputTokenLimit = 8_192,
        OutputTokenLimit = 16_384,
        Modalities = ["AUDIO"],
        Hears = false,
        CallsFunctions = false,
        TakesSystemInstruction = false,
    };

    private static FakeModel Live(string id) => new(id)
    {
        Generation = FakeModel.GenerationOf(id),
        InputTokenLimit = 131_072,
        Methods = ["bidiGenerateContent"],
        Modalities = ["AUDIO"],
        GivesCallIds = true,
    };

    private static FakeModel Gemma(string id)
    {
        bool current = id.StartsWith("gemma-4", StringComparison.Ordinal);
        return new(id)
        {
            InputTokenLimit = current ? 262_144 : 131_072,
            OutputTokenLimit = current ? 32_768 : 8_192,
            Methods = ["generateContent", "countTokens"],
            Hears = false,
            CallsFunctions = current,
            TakesSystemInstruction = current,
        };
    }

    private static FakeModel Embedding(string id) => new(id)
    {
        Generation = id.Contains("-001", StringComparison.Ordinal) ? 1 : 2,
        InputTokenLimit = id.Contains("-001", StringComparison.Ordinal) ? 2_048 : 8_192,
        OutputTokenLimit = 1,
        Hears = !id.Contains("-001", StringComparison.Ordinal),
        Methods = ["embedContent", "countTextTokens", "countTokens", "asyncBatchEmbedContent"],
    };

    private static string DisplayName(string id) =>
        string.Join(' ', id.Split('-').Select(static word => word.Length == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..]));
}
