using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.JsonSchema;

namespace Pollux.Protocols.Translation;

/// <summary>Gathers the functions that a client declares, and says which of them may or must be called.</summary>
/// <param name="scope">The translation.</param>
internal sealed class DeclaredFunctions(TranslationScope scope)
{
    private readonly Tool _functions = new();
    private readonly DeclaredNames _names = new();
    private bool _strict;

    /// <summary>Declares a function.</summary>
    /// <param name="name">The client's name of it.</param>
    /// <param name="description">What it does; may be absent.</param>
    /// <param name="parameters">A JSON Schema; may be absent.</param>
    /// <param name="path">Where the function stands.</param>
    /// <param name="schemaMember">The member that holds the schema.</param>
    /// <param name="strict">Whether the arguments must keep to the schema.</param>
    /// <exception cref="RequestFormatException">It has no name, or no schema where one is expected.</exception>
    public void Add(JsonSlice name, JsonSlice description, JsonSlice parameters, string path, string schemaMember, bool strict)
    {
        Add(NameAt(name, path), description, parameters, path, schemaMember, strict);
    }

    /// <summary>Declares a function whose name does not stand in the body as it is.</summary>
    /// <inheritdoc cref="Add(JsonSlice, JsonSlice, JsonSlice, string, string, bool)"/>
    public void Add(RawJson name, JsonSlice description, JsonSlice parameters, string path, string schemaMember, bool strict)
    {
        if (!TryDeclare(name, path, out var sent))
            return;
        var declaration = new FunctionDeclaration { Name = sent };
        if (scope.TryText(description, out var words) && !words.IsEmptyText)
            declaration.Description = words;
        AddParameters(parameters, $"{path}.{schemaMember}", declaration);
        _functions.FunctionDeclarations.Add(declaration);
        _strict |= strict;
    }

    /// <summary>Declares a function that the dialect defines: the client sends its name alone.</summary>
    /// <param name="name">The client's name of it.</param>
    /// <param name="path">Where the function stands.</param>
    /// <param name="description">What it does.</param>
    /// <param name="schema">Its arguments, as JSON Schema.</param>
    /// <exception cref="RequestFormatException">It has no name.</exception>
    public void Add(JsonSlice name, string path, RawJson description, RawJson schema) => AddSchema(NameAt(name, path), description, schema, path);

    /// <summary>Declares a function that is not the client's own: how a tool of another kind is put to Gemini.</summary>
    /// <param name="name">The name that the answer will be known by, a JSON string.</param>
    /// <param name="description">A JSON string; may be absent.</param>
    /// <param name="schema">A JSON Schema of ours.</param>
    /// <param name="path">Where the tool stands.</param>
    public void AddSchema(RawJson name, RawJson description, RawJson schema, string path)
    {
        if (!TryDeclare(name, path, out var sent))
            return;
        var declaration = new FunctionDeclaration { Name = sent };
        if (!description.IsEmptyText)
            declaration.Description = description;
        SetParameters(schema, path, declaration);
        _functions.FunctionDeclarations.Add(declaration);
    }

    /// <summary>Switches on a tool that Google runs itself.</summary>
    /// <param name="name">One of <see cref="BuiltInToolNames"/>.</param>
    /// <param name="settings">Its settings, a JSON object; absent for none.</param>
    public void AddBuiltIn(string name, RawJson settings = default)
    {
        if (!scope.Request.HasBuiltInTool(name))
            scope.Request.Tools.Add(Tool.BuiltIn(name, settings));
    }

    /// <summary>Puts the functions into the request, once all are declared.</summary>
    public void Settle()
    {
        if (_functions.FunctionDeclarations.Count > 0)
            scope.Request.Tools.Add(_functions);
    }

    /// <summary>The name under which Gemini knows a function that the client's choice names.</summary>
    /// <param name="name">The client's name, a JSON string.</param>
    /// <param name="path">Where the choice stands.</param>
    /// <returns>Absent for a function that the model does not take.</returns>
    /// <exception cref="RequestFormatException">It is not declared.</exception>
    public RawJson NameOf(RawJson name, string path)
    {
        var sent = scope.Names.ToGemini(name, out _);
        if (_names.Contains(sent))
            return sent;
        if (!scope.Model.Functions)
            return default;
        throw new RequestFormatException($"'{path}' names a function that 'tools' does not declare.", path);
    }

    /// <summary>Says which functions may or must be called. Call it after <see cref="Settle"/>.</summary>
    /// <param name="mode">What the client said; <see cref="FunctionCallingMode.Unspecified"/> when it said nothing.</param>
    /// <param name="allowed">The functions that it names, as Gemini knows them; none for all.</param>
    /// <param name="path">Where the choice stands.</param>
    public void Choose(FunctionCallingMode mode, List<RawJson> allowed, string path)
    {
        if (_functions.FunctionDeclarations.Count == 0)
        {
            if (mode is FunctionCallingMode.Any)
                scope.Losses.Add(path, LossKind.Dropped, "No function is declared that could be called.");
            return;
        }
        // Auto is Google's default and need not be said; strict schemas are kept by VALIDATED only.
        if (mode is FunctionCallingMode.Unspecified or FunctionCallingMode.Auto)
            mode = (_strict || allowed.Count > 0) && scope.Model.ValidatedMode ? FunctionCallingMode.Validated : FunctionCallingMode.Unspecified;
        if (mode is FunctionCallingMode.Validated && !scope.Model.ValidatedMode)
            mode = FunctionCallingMode.Unspecified;
        if (mode is FunctionCallingMode.Unspecified && allowed.Count > 0)
        {
            _functions.FunctionDeclarations.RemoveAll(declaration => !allowed.Exists(name => name.Utf8.Span.SequenceEqual(declaration.Name.Utf8.Span)));
            scope.Losses.Add(path, LossKind.Changed, "The model cannot be told which functions it may call; the others were not declared.");
            return;
        }
        if (mode is FunctionCallingMode.Unspecified)
            return;
        scope.Request.ToolConfig = new ToolConfig { Mode = mode };
        scope.Request.ToolConfig.AllowedFunctionNames.AddRange(allowed);
    }

    private void AddParameters(JsonSlice parameters, string path, FunctionDeclaration declaration)
    {
        if (parameters.IsEmpty)
            return;
        if (parameters.FirstByte(scope.Body) != (byte)'{')
            throw new RequestFormatException($"'{path}' must be a JSON Schema.", path, RequestFormatCodes.InvalidType);
        SetParameters(scope.Value(parameters), path, declaration);
    }

    private RawJson NameAt(JsonSlice name, string path) => scope.TryText(name, out var text) && !text.IsEmptyText
        ? text
        : throw new RequestFormatException($"'{path}.name' must be the name of a function.", $"{path}.name", RequestFormatCodes.MissingParameter);

    /// <summary>Whether a function can be declared under a name, and which name that is beyond the gateway.</summary>
    private bool TryDeclare(RawJson name, string path, out RawJson sent)
    {
        sent = scope.Names.ToGemini(name, out var renamed);
        if (renamed)
            scope.Losses.Add($"{path}.name", LossKind.Changed, "Gemini refuses this name; it knows the function under another, and answers are mapped back.");
        if (!scope.Model.Functions)
        {
            scope.Losses.Add(path, LossKind.Dropped, "The model calls no functions.");
            return false;
        }
        if (!_names.Add(sent))
        {
            scope.Losses.Add(path, LossKind.Dropped, "A function of this name is declared already; Gemini refuses a second.");
            return false;
        }
        return true;
    }

    private void SetParameters(RawJson schema, string path, FunctionDeclaration declaration)
    {
        var translated = SchemaTranslation.TranslateParameters(schema, scope.Model.Schema, scope.Losses, path);
        if (scope.Model.Schema is SchemaSupport.Proto)
            declaration.Parameters = translated;
        else
            declaration.ParametersJsonSchema = translated;
    }
}
