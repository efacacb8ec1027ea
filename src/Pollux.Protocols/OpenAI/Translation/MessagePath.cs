namespace Pollux.Protocols.OpenAI.Translation;

/// <summary>A place among the messages. Becomes text only when there is something to say about it.</summary>
/// <param name="Message">Index of the message.</param>
/// <param name="Part">Index of the content part; -1 when the content is no list.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct MessagePath(int Message, int Part = -1)
{
    public string Content => Part < 0 ? $"messages[{Message}].content" : $"messages[{Message}].content[{Part}]";
}

/// <summary>A place among the calls of an assistant message.</summary>
/// <param name="Message">Index of the message.</param>
/// <param name="Call">Index among its calls; -1 for <c>function_call</c>, of which there is one.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct CallPath(int Message, int Call)
{
    public string Whole => Call < 0 ? $"messages[{Message}].function_call" : $"messages[{Message}].tool_calls[{Call}]";

    /// <summary>A member of the called function.</summary>
    public string Member(string name) => Call < 0 ? $"{Whole}.{name}" : $"{Whole}.function.{name}";
}
