
namespace Pollux.Protocols.Translation;

/// <summary>Reports members that have no meaning here, by name.</summary>
internal static class UnknownMembers
{
    public static void Report(Dictionary<string, object>? members, string prefix, LossReport losses)
    {
        if (members is null)
            return;
        foreach (var name in members.Keys)
            losses.Add(prefix.Length == 0 ? name : $"{prefix}.{name}", LossKind.Dropped, "This member is not known.");
    }
}
