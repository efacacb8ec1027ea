using System.Text.Json;

namespace Pollux.Protocols.JsonSchema;

/// <summary>Where in a schema a conversion stands. Becomes text only when a loss is reported.</summary>
internal sealed class SchemaPath
{
    private readonly SchemaPath? _parent;
    private readonly string? _word;
    private readonly JsonProperty _property;
    private readonly int _index = -1;

    public SchemaPath(string root) => _word = root;

    private SchemaPath(SchemaPath parent, string? word, JsonProperty property, int index) =>
        (_parent, _word, _property, _index) = (parent, word, property, index);

    public SchemaPath Word(string word) => new(this, word, default, -1);

    public SchemaPath Property(JsonProperty property) => new(this, word: null, property, -1);

    public SchemaPath Index(int index) => new(this, word: null, default, index);

    public override string ToString() =>
        _parent is null ? _word!
        : _index >= 0 ? $"{_parent}[{_index}]"
        : $"{_parent}.{_word ?? _property.Name}";
}
