using System.Globalization;

namespace Pollux.Settings;

// BASE_URL: one address, or several with weights.
internal static partial class SettingsLoader
{
    /// <summary>One wrong entry does not spoil the others.</summary>
    private static List<WeightedAddress> LoadBaseAddresses(SettingSource source)
    {
        string name = source.Text("BASE_URL") is not null ? "BASE_URL" : "PROXY_URL";
        var addresses = new List<WeightedAddress>();
        var wrong = new List<string>();
        int number = 0;
        foreach (string entry in source.Words(name))
        {
            number++;
            int mark = entry.IndexOf('|', StringComparison.Ordinal);
            int weight = 1;
            if (mark >= 0 && (!int.TryParse(entry.AsSpan(mark + 1), NumberStyles.None, CultureInfo.InvariantCulture, out weight) || weight is < 1 or > WeightedAddress.MaxWeight))
            {
                source.Fault(name, $"entry {number}: the weight is not a number from 1 to {WeightedAddress.MaxWeight}; 1 holds");
                weight = 1;
            }

            if (!Uri.TryCreate(mark < 0 ? entry : entry[..mark], UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
                wrong.Add($"entry {number} is not an http or https address; it is passed over");
            else if (addresses.TrueForAll(known => known.Address != Root(address)))
                addresses.Add(new WeightedAddress(Root(address), weight));
        }

        if (addresses.Count == 0)
        {
            if (wrong.Count > 0)
                source.Fault(name, $"is not an http or https address; {GoogleBaseUrl} holds");
            return [new WeightedAddress(Root(new Uri(GoogleBaseUrl)), 1)];
        }

        foreach (string fault in wrong)
            source.Fault(name, fault);
        return addresses;
    }

    /// <summary>An address of the Gemini API without a version at its end.</summary>
    private static Uri Root(Uri address)
    {
        string path = address.AbsolutePath.TrimEnd('/');
        foreach (string version in (ReadOnlySpan<string>)["/v1beta", "/v1alpha", "/v1"])
        {
            if (path.EndsWith(version, StringComparison.Ordinal))
            {
                path = path[..^version.Length];
                break;
            }
        }

        return new Uri(address.GetLeftPart(UriPartial.Authority) + path.TrimEnd('/') + "/");
    }
}
