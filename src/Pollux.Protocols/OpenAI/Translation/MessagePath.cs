namespace Pollux.Protocols.OpenAI.Translation;

/// <summary>A place among the messages. Becomes text only when there is something to say about it.</summary>
/// <param name="Message">Index of the message.</param>
/// <param name="Part">Index of the content part; -1 when the content is no list.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct MessagePath(int Message, int Part = -1)
{
    public string Member(string name) => $"messages[{Message}].{name}";

    public string Content => Part < 0 ? $"messages[{Message}].content" : $"messages[{Message}].content[{Part}]";
}
