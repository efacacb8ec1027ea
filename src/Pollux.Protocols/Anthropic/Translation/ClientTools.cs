using Pollux.Protocols.Gemini;

namespace Pollux.Protocols.Anthropic.Translation;

/// <summary>A tool that Anthropic defines and the client runs: a client sends its name only, since Anthropic's models know the rest.</summary>
/// <param name="Description">What it does.</param>
/// <param name="Schema">Its arguments, as JSON Schema.</param>
internal sealed record ClientTool(RawJson Description, RawJson Schema);

/// <summary>The tools that Anthropic defines and clients run.</summary>
/// <remarks>Source: Anthropic's documents on the bash, text editor, memory and computer use tools, and the types of its official client.</remarks>
internal static class ClientTools
{
    private static readonly ClientTool Bash = Make(
        "Runs a command in a bash session that stays open between calls, and returns what it printed.",
        """{"type":"object","properties":{"command":{"type":"string","description":"The command to run."},"restart":{"type":"boolean","description":"true restarts the session; then no command is needed."}}}""");

    private static readonly ClientTool Editor = Make(
        "Looks at, creates and changes text files.",
        """{"type":"object","properties":{"command":{"type":"string","enum":["view","create","str_replace","insert"],"description":"What to do."},"path":{"type":"string","description":"Path of the file, or of the folder to view."},"view_range":{"type":"array","items":{"type":"integer"},"description":"For view: first and last line, from 1 on; -1 is the end."},"file_text":{"type":"string","description":"For create: the whole content."},"old_str":{"type":"string","description":"For str_replace: the text to replace; it must stand in the file exactly once."},"new_str":{"type":"string","description":"For str_replace: what to put in its place."},"insert_line":{"type":"integer","description":"For insert: the line behind which to insert; 0 is the start."},"insert_text":{"type":"string","description":"For insert: the text."}},"required":["command","path"]}""");

    private static readonly ClientTool OlderEditor = Make(
        "Looks at, creates and changes text files.",
        """{"type":"object","properties":{"command":{"type":"string","enum":["view","create","str_replace","insert","undo_edit"],"description":"What to do."},"path":{"type":"string","description":"Path of the file, or of the folder to view."},"view_range":{"type":"array","items":{"type":"integer"},"description":"For view: first and last line, from 1 on; -1 is the end."},"file_text":{"type":"string","description":"For create: the whole content."},"old_str":{"type":"string","description":"For str_replace: the text to replace; it must stand in the file exactly once."},"new_str":{"type":"string","description":"For str_replace: what to put in its place; for insert: the text."},"insert_line":{"type":"integer","description":"For insert: the line behind which to insert; 0 is the start."}},"required":["command","path"]}""");

    private static readonly ClientTool Memory = Make(
        "Keeps notes in files below /memories, which outlive this conversation. Look there before you begin, and write down what should be known later.",
        """{"type":"object","properties":{"command":{"type":"string","enum":["view","create","str_replace","insert","delete","rename"],"description":"What to do."},"path":{"type":"string","description":"Path of the file or folder, such as /memories/notes.md; not for rename."},"view_range":{"type":"array","items":{"type":"integer"},"description":"For view: first and last line."},"file_text":{"type":"string","description":"For create: the whole content."},"old_str":{"type":"string","description":"For str_replace: the text to replace."},"new_str":{"type":"string","description":"For str_replace: what to put in its place."},"insert_line":{"type":"integer","description":"For insert: the line behind which to insert."},"insert_text":{"type":"string","description":"For insert: the text."},"old_path":{"type":"string","description":"For rename: the path now."},"new_path":{"type":"string","description":"For rename: the path then."}},"required":["command"]}""");

    private static readonly ClientTool Computer = Make(
        "Uses mouse and keyboard of a screen, and takes screenshots of it.",
        """{"type":"object","properties":{"action":{"type":"string","enum":["screenshot","left_click","type","key","mouse_move","scroll","left_click_drag","right_click","middle_click","double_click","triple_click","left_mouse_down","left_mouse_up","cursor_position","hold_key","wait","zoom"],"description":"What to do."},"coordinate":{"type":"array","items":{"type":"integer"},"description":"x and y in pixels from the upper left corner."},"start_coordinate":{"type":"array","items":{"type":"integer"},"description":"For left_click_drag: where it begins."},"text":{"type":"string","description":"For type: the text; for key and hold_key: the keys, such as ctrl+s; for clicks and scroll: a key held meanwhile."},"scroll_direction":{"type":"string","enum":["up","down","left","right"]},"scroll_amount":{"type":"integer","description":"How many steps of the wheel."},"duration":{"type":"number","description":"For hold_key and wait: seconds."},"region":{"type":"array","items":{"type":"integer"},"description":"For zoom: x and y of the upper left and of the lower right corner."}},"required":["action"]}""");

    /// <summary>The tool of a type such as <c>bash_20250124</c>; <see langword="null"/> when it is not known.</summary>
    public static ClientTool? Find(string type) =>
        type.StartsWith("bash_", StringComparison.Ordinal) ? Bash
        : type is "text_editor_20241022" or "text_editor_20250124" ? OlderEditor
        : type.StartsWith("text_editor_", StringComparison.Ordinal) ? Editor
        : type.StartsWith("memory_", StringComparison.Ordinal) ? Memory
        : type.StartsWith("computer_", StringComparison.Ordinal) ? Computer
        : null;

    private static ClientTool Make(string description, string schema) => new(RawJson.String(description), RawJson.Parse(schema));
}
