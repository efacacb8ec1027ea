using System.Runtime.InteropServices;

namespace Pollux.Protocols.Translation;

/// <summary>A place among the messages. Becomes text only when there is something to say about it.</summary>
/// <param name="Message">Index of the message.</param>
/// <param name="Part">Index of the content part; -1 when the content is no list.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct MessagePath(int Message, int Part = -1)
{
    /// <summary>The member that holds the conversation: <c>messages</c>, or <c>input</c>.</summary>
    public string List { get; init; } = "messages";

    /// <summary>The member that holds the parts of a message: <c>content</c>, or <c>output</c>.</summary>
    public string Member { get; init; } = "content";

    public string Content => Part < 0 ? $"{List}[{Message}].{Member}" : $"{List}[{Message}].{Member}[{Part}]";
}

/// <summary>In which form a call stands in a conversation.</summary>
internal enum CallForm
{
    /// <summary><c>messages[1].tool_calls[0]</c>.</summary>
    ToolCall,

    /// <summary><c>messages[1].function_call</c>, of which there is one.</summary>
    FunctionCall,

    /// <summary><c>messages[1].content[0]</c>.</summary>
    ContentBlock,

    /// <summary><c>input[1]</c>.</summary>
    Item,
}

/// <summary>A place among the calls of an assistant.</summary>
/// <param name="Message">Index of the message.</param>
/// <param name="Call">Index among its calls, or among its content.</param>
/// <param name="Form">How the dialect writes it.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CallPath(int Message, int Call, CallForm Form = CallForm.ToolCall)
{
    public string Whole => Form switch
    {
        CallForm.ToolCall => $"messages[{Message}].tool_calls[{Call}]",
        CallForm.FunctionCall => $"messages[{Message}].function_call",
        CallForm.ContentBlock => $"messages[{Message}].content[{Call}]",
        _ => $"input[{Message}]",
    };

    /// <summary>A member of the call.</summary>
    public string Member(string name) => Form is CallForm.ToolCall ? $"{Whole}.function.{name}" : $"{Whole}.{name}";
}
