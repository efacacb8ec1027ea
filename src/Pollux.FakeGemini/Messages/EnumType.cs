using System.Collections.Frozen;

namespace Pollux.FakeGemini.Messages;

/// <summary>A protobuf enum: names with their numbers. Google reads both, and names in any case.</summary>
internal sealed class EnumType
{
    private readonly FrozenDictionary<string, int> _numbers;
    private readonly FrozenDictionary<int, string> _names;

    private EnumType(string name, FrozenDictionary<string, int> numbers)
    {
        Name = name;
        _numbers = numbers;
        _names = numbers.ToFrozenDictionary(static pair => pair.Value, static pair => pair.Key);
    }

    /// <summary>The type's name without package, as it stands in error messages.</summary>
    public string Name { get; }

    /// <summary>Values numbered from 0 in the order given; an empty name leaves a number out.</summary>
    public static EnumType Of(string name, params ReadOnlySpan<string> values)
    {
        Dictionary<string, int> numbers = new(StringComparer.OrdinalIgnoreCase);
        for (int number = 0; number < values.Length; number++)
        {
            if (values[number].Length > 0) numbers.Add(values[number], number);
        }

        return new EnumType(name, numbers.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>The declared spelling of a name, or null when the enum lacks it.</summary>
    public string? Find(string name) => _numbers.TryGetValue(name, out int number) ? _names[number] : null;

    /// <summary>The name of a number, or null when the enum lacks it.</summary>
    public string? Find(int number) => _names.GetValueOrDefault(number);

    /// <summary>The number of a declared name, or null.</summary>
    public int? Number(string name) => _numbers.TryGetValue(name, out int number) ? number : null;
}
