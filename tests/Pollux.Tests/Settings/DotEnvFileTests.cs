using Pollux.Settings;

namespace Pollux.Tests.Settings;

/// <summary><c>.env</c> files as people write them. What makes no sense is told by its line, never by its content.</summary>
public sealed class DotEnvFileTests
{
    private const string KeyA = "AIzaSyA0000000000000000000000000000000a";
    private const string KeyB = "AIzaSyB0000000000000000000000000000000b";
    private const string KeyC = "AIzaSyC0000000000000000000000000000000c";

    [Theory]
    [InlineData("PORT=8000", "PORT", "8000")]
    [InlineData("  PORT = 8000  ", "PORT", "8000")]
    [InlineData("export PORT=8000", "PORT", "8000")]
    [InlineData("export   PORT=\"8000\"", "PORT", "8000")]
    [InlineData("PORT=8000 # comment", "PORT", "8000")]
    [InlineData("PORT='8000' trailing", "PORT", "8000")]
    [InlineData("# PORT=1\nPORT=8000", "PORT", "8000")]
    [InlineData("PORT=1\nPORT=8000", "PORT", "8000")]
    [InlineData("A=1\r\nPORT=8000\r\nB=2", "PORT", "8000")]
    [InlineData("PASSWORD=a=b==", "PASSWORD", "a=b==")]
    [InlineData("PASSWORD=pass#word", "PASSWORD", "pass#word")]
    [InlineData("PASSWORD=\"two\nlines\"\nPORT=1", "PASSWORD", "two\nlines")]
    [InlineData("API_KEYS=[\n  \"a\",\n  \"b\"\n] # all\nPORT=1", "API_KEYS", "[\n  \"a\",\n  \"b\"\n]")]
    [InlineData("MAP={\"a\":\n{\"b\":\"}\"}}\nPORT=1", "MAP", "{\"a\":\n{\"b\":\"}\"}}")]
    public void Read_any_spelling_gives_the_value(string text, string name, string expected)
    {
        List<string> notices = [];
        Dictionary<string, string> values = DotEnvFile.Read(text, notices);

        Assert.Equal(expected, SettingValue.Clean(values[name]));
        Assert.Empty(notices);
    }

    [Theory]
    [InlineData("this is a comment without its mark\nPORT=8000", 1)]
    [InlineData("PORT=8000\n\nsecret-value-in-a-line-of-its-own!", 3)]
    [InlineData("PORT=8000\n9NAME=secret", 2)]
    [InlineData("PORT=8000\nMY NAME=secret", 2)]
    [InlineData("PORT=8000\n=secret", 2)]
    [InlineData("PORT=8000\n" + KeyA, 2)] // a key, but behind no list
    public void Junk_is_told_by_its_line_and_never_by_its_content(string text, int line)
    {
        List<string> notices = [];
        Dictionary<string, string> values = DotEnvFile.Read(text, notices);

        Assert.Equal("8000", values["PORT"]);
        string notice = Assert.Single(notices);
        Assert.Contains($"line {line} ", notice, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", notice, StringComparison.Ordinal);
        Assert.DoesNotContain("AIza", notice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GEMINI_API_KEYS=" + KeyA + "\n" + KeyB + "\n" + KeyC)]
    [InlineData("GEMINI_API_KEYS=" + KeyA + ",\n" + KeyB + ",\n" + KeyC)]
    [InlineData("GEMINI_API_KEYS=" + KeyA + "\n  " + KeyB + "," + KeyC)]
    [InlineData("GEMINI_API_KEYS=\n" + KeyA + "\n" + KeyB + "\n" + KeyC)]
    [InlineData("GEMINI_API_KEYS=\"" + KeyA + "," + KeyB + "\"\n" + KeyC)]
    [InlineData("GEMINI_API_KEYS=[\"" + KeyA + "\"]\n" + KeyB + "\n" + KeyC)]
    [InlineData("GEMINI_API_KEYS=" + KeyA + " # the first\n" + KeyB + " # the second\n" + KeyC)]
    [InlineData("GEMINI_API_KEYS=" + KeyA + "\n# a comment between\n\n" + KeyB + "\n" + KeyC)]
    [InlineData("GEMINI_API_KEYS=\"" + KeyA + "\n" + KeyB + "\n" + KeyC + "\"")]
    [InlineData("API_KEYS=[\"" + KeyA + "\",\n\"" + KeyB + "\",\n\"" + KeyC + "\"]")]
    public void A_list_of_keys_goes_on_in_the_next_lines(string text)
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load(text + "\nPORT=8000");

        Assert.Equal([KeyA, KeyB, KeyC], settings.Pool.Keys);
        Assert.Equal(8000, settings.Server.Port);
        Assert.Empty(faults);
    }

    [Theory]
    [InlineData("not a key at all")]
    [InlineData("short")]
    public void What_looks_like_no_key_ends_the_list(string junk)
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load($"GEMINI_API_KEYS={KeyA}\n{junk}\n{KeyB}");

        Assert.Equal([KeyA], settings.Pool.Keys);
        Assert.Equal(2, faults.Count);
    }

    [Theory]
    [InlineData("PASSWORD=\"correct-horse")]
    [InlineData("PASSWORD='correct-horse")]
    [InlineData("PASSWORD=[correct-horse")]
    public void What_is_never_closed_does_not_swallow_the_file(string line)
    {
        List<string> notices = [];
        Dictionary<string, string> values = DotEnvFile.Read($"A=1\n{line}\nPORT=8000\nTIME_OUT=5", notices);

        Assert.Equal("8000", values["PORT"]);
        Assert.Equal("5", values["TIME_OUT"]);
        Assert.EndsWith("correct-horse", SettingValue.Clean(values["PASSWORD"]), StringComparison.Ordinal);
        string notice = Assert.Single(notices);
        Assert.Contains("line 2 ", notice, StringComparison.Ordinal);
        Assert.DoesNotContain("correct-horse", notice, StringComparison.Ordinal);
    }
}
