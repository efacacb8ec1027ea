using System.Reflection;

namespace Pollux.IntegrationTests.Features;

/// <summary>Every feature that is promised is shown from outside by a test that carries its id.</summary>
public sealed class FeatureTests
{
    /// <summary>The ids that are built. Add the next one here, and to its tests as <c>[Trait("Feature", "...")]</c>.</summary>
    private static readonly string[] Built =
    [
        "OAI-6", "OAI-7", "OAI-8", "OAI-9", "OAI-10", "OAI-11", "OAI-12", "OAI-14", "OAI-15",
        "ANT-1", "ANT-2", "ANT-3", "ANT-5",
        "STR-1", "STR-2",
        "IMG-1", "IMG-2",
        "ANT-4",
        "MEM-3",
        "DSP-4",
        "GEM-1", "GEM-2", "GEM-3", "GEM-4", "GEM-5", "GEM-6",
        "MEM-4",
        "KEY-13",
        "UPS-1", "UPS-2", "UPS-3", "UPS-4", "UPS-5", "UPS-6", "UPS-7",
    ];

    public static TheoryData<string> Ids { get; } = [.. Built];

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_feature_that_is_built_has_a_test_that_carries_its_id(string id) =>
        Assert.True(Shown().Contains(id), $"No test carries [Trait(\"Feature\", \"{id}\")].");

    [Fact]
    public void An_id_that_a_test_carries_is_written_as_ids_are() =>
        Assert.All(Shown(), static id => Assert.Matches("^[A-Z]{3}-[1-9][0-9]?$", id));

    /// <summary>The ids of all methods that are tests, whether they carry one themselves or their class does.</summary>
    private static HashSet<string> Shown() =>
    [
        .. from type in typeof(FeatureTests).Assembly.GetTypes()
           from method in type.GetMethods(BindingFlags.Instance | BindingFlags.Public)
           where method.GetCustomAttributes<FactAttribute>().Any()
           from trait in type.GetCustomAttributes<TraitAttribute>().Concat(method.GetCustomAttributes<TraitAttribute>())
           where trait.Name == "Feature"
           select trait.Value,
    ];
}
