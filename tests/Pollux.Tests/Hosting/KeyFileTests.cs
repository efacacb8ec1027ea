using Pollux.Hosting;
using Pollux.KeyPool;

namespace Pollux.Tests.Hosting;

public sealed class KeyFileTests
{
    private const string A = "AIzaSyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    private const string B = "AQ.BBBBBBBBBBBBBBBBBBBBBBBBBBBB";

    [Theory]
    [InlineData("", "text")]
    [InlineData($"{A}\n{B}", "text", A, B)]
    [InlineData($"\uFEFF# my keys\r\n\r\n{A}  # the first\r\n  \"{B}\",\r\n", "text", A, B)]
    [InlineData($"{A}@project-one\n{B}@", "text", A + "|project-one", B + "@")]
    [InlineData($"{A}, {B};{A}", "text", A, B, A)]
    [InlineData("two words", "text", "two words")]
    [InlineData($"key,project,name\n{A},p1,first\n{B},,\"a \"\"quoted\"\", name\"\n", "csv", A + "|p1|first", B + "||a \"quoted\", name")]
    [InlineData($"Name;API_KEY\r\nfirst;{A}\r\n;{B}@p2\r\nempty;\r\n", "csv", A + "||first", B + "|p2")]
    [InlineData($"[\"{A}\", \"{B}@p1\",]", "json", A, B + "|p1")]
    [InlineData($$"""[{"key":"{{A}}","project":"p1","name":"n","extra":[1]}, {"api_key":"{{B}}","disabled":true}, {"name":"no key"}, 7]""", "json", A + "|p1|n", B + "|||off")]
    [InlineData($$"""{"keys":["{{A}}"]}""", "json", A)]
    [InlineData($"# .env of before\nPORT=8000\nexport GEMINI_API_KEYS=\"{A},{B}@p1\"\nINVALID_API_KEYS={A}\nPASSWORD=secret", "env", A, B + "|p1", A + "|||off")]
    [InlineData($"API_KEYS=[\"{A}\",\n\"{B}\"]", "env", A, B)]
    [InlineData($"GEMINI_API_KEYS_2={B}\nGEMINI_API_KEYS_1={A}", "env", A, B)]
    public void Each_form_is_seen_from_the_content(string text, string format, params string[] expected)
    {
        KeyFile file = KeyFile.Read(text);

        Assert.Equal(format, file.Format);
        Assert.Equal(expected, file.Entries.Select(static entry => $"{entry.Text}|{entry.ProjectGroup}|{entry.Name}|{(entry.Disabled ? "off" : "")}".TrimEnd('|')));
    }

    [Fact]
    public void The_project_of_the_call_holds_where_the_file_names_none()
    {
        KeyFile file = KeyFile.Read($"{A}@own\n{B}", "given");

        Assert.Equal(["own", "given"], file.Entries.Select(static entry => entry.ProjectGroup));
    }

    [Theory]
    [InlineData($"key,name\n,somebody\n{A},x", "1 rows have no key.")]
    [InlineData($"[\"{A}\", 7]", "1 items of the array are neither a key nor an object with \"key\".")]
    [InlineData($"GEMINI_API_KEYS={A}\nnonsense", ".env line 2 is neither NAME=value nor a comment; it was passed over.")]
    public void What_was_passed_over_is_told(string text, string notice)
    {
        KeyFile file = KeyFile.Read(text);

        Assert.Single(file.Entries);
        Assert.Equal([notice], file.Notices);
    }

    [Theory]
    [InlineData($"[\n\"{A}\",\n{B}]", "line 3")]
    [InlineData($$"""{"{{A}}":1}""", "neither an array")]
    public void What_begins_like_JSON_and_holds_no_keys_is_refused_without_repeating_it(string text, string words)
    {
        FormatException fault = Assert.Throws<FormatException>(() => KeyFile.Read(text));

        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(A, fault.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(B, fault.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData($"key,tier\n{A},paid\n{B},FREE\n")]
    [InlineData($"[{{\"key\":\"{A}\",\"tier\":\"Paid\"}},{{\"key\":\"{B}\",\"tier\":\"free\"}}]")]
    public void A_tier_may_stand_beside_a_key(string text) =>
        Assert.Equal([ProjectTier.Paid, ProjectTier.Free], KeyFile.Read(text).Entries.Select(static entry => entry.Tier));
}
