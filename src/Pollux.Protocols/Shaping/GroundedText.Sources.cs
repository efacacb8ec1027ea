namespace Pollux.Protocols.Shaping;

/// <summary>The sources for dialects that list them apart, and tell cited words instead of places.</summary>
internal sealed partial class GroundedText
{
    /// <summary>Calls <paramref name="write"/> with address and title of each source.</summary>
    public void EachSource(Action<string, string> write)
    {
        foreach (Source source in _sources)
        {
            if (source.Address is { } address)
                write(address, source.Title ?? address);
        }
    }

    /// <summary>Calls <paramref name="write"/> with address, title and cited words of each citation; the words are empty where Google does not tell them.</summary>
    public void EachCitation(Action<string, string, string> write)
    {
        foreach (Support support in _supports)
        {
            foreach (int index in support.Sources)
            {
                if (_sources[index].Address is { } address)
                    write(address, _sources[index].Title ?? address, support.Text ?? "");
            }
        }
    }
}
