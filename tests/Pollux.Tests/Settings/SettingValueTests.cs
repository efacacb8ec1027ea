using Pollux.Settings;

namespace Pollux.Tests.Settings;

/// <summary>The rules that all settings share, whichever way a value came.</summary>
public sealed class SettingValueTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("   ", "")]
    [InlineData("value", "value")]
    [InlineData("  value  ", "value")]
    [InlineData("two words", "two words")]
    [InlineData("value # comment", "value")]
    [InlineData("value\t# comment", "value")]
    [InlineData("value  #", "value")]
    [InlineData("# comment alone", "")]
    [InlineData("pass#word", "pass#word")]
    [InlineData("pass# word", "pass# word")]
    [InlineData("\"value\"", "value")]
    [InlineData("'value'", "value")]
    [InlineData("\" kept blanks \"", " kept blanks ")]
    [InlineData("\"pass #word\"", "pass #word")]
    [InlineData("'pass #word' # comment", "pass #word")]
    [InlineData("\"value\" behind the quote", "value")]
    [InlineData("\"value\"# comment", "value")]
    [InlineData("\"it's\"", "it's")]
    [InlineData("'say \"a\"'", "say \"a\"")]
    [InlineData("\"{\\\"a\\\":\\\"b\\\"}\" # escaped quotes", "{\"a\":\"b\"}")]
    [InlineData("\"C:\\logs\\\"", "C:\\logs\\")]
    [InlineData("'C:\\logs\\' # comment", "C:\\logs\\")]
    [InlineData("\"\"", "")]
    [InlineData("\"never closed", "never closed")]
    [InlineData("[\"a\",\"b\"] # comment", "[\"a\",\"b\"]")]
    [InlineData("[\"a\"] # see [the page]", "[\"a\"]")]
    [InlineData("[\"a]\",\"b\"] # comment", "[\"a]\",\"b\"]")]
    [InlineData("{\"a\":{\"b\":1}} # {comment}", "{\"a\":{\"b\":1}}")]
    [InlineData("{\"a\":\"\\\"}\"} behind", "{\"a\":\"\\\"}\"}")]
    [InlineData("[a, b", "[a, b")]
    public void Clean_any_spelling_gives_what_was_meant(string raw, string expected) => Assert.Equal(expected, SettingValue.Clean(raw));

    [Theory]
    [InlineData("true", true)]
    [InlineData("True", true)]
    [InlineData("TRUE", true)]
    [InlineData("1", true)]
    [InlineData("yes", true)]
    [InlineData("Yes", true)]
    [InlineData("on", true)]
    [InlineData("ON", true)]
    [InlineData("false", false)]
    [InlineData("False", false)]
    [InlineData("0", false)]
    [InlineData("no", false)]
    [InlineData("NO", false)]
    [InlineData("off", false)]
    [InlineData("oFF", false)]
    [InlineData("2", null)]
    [InlineData("maybe", null)]
    [InlineData("truee", null)]
    [InlineData("", null)]
    public void TryBoolean_takes_eight_words_in_any_case(string text, bool? expected)
    {
        Assert.Equal(expected is not null, SettingValue.TryBoolean(text, out bool value));
        Assert.Equal(expected ?? false, value);
    }

    [Theory]
    [InlineData("15", 15.0)]
    [InlineData("-1", -1.0)]
    [InlineData("0.5", 0.5)]
    [InlineData("1e3", 1000.0)]
    [InlineData(" 7 ", 7.0)]
    [InlineData("1,5", null)]
    [InlineData("10s", null)]
    [InlineData("NaN", null)]
    [InlineData("Infinity", null)]
    [InlineData("1e999", null)]
    [InlineData("ten", null)]
    public void TryNumber_takes_a_point_and_no_unit(string text, double? expected)
    {
        Assert.Equal(expected is not null, SettingValue.TryNumber(text, out double value));
        if (expected is { } number)
            Assert.Equal(number, value);
    }

    [Theory]
    [InlineData("a", new[] { "a" })]
    [InlineData("a,b", new[] { "a", "b" })]
    [InlineData(" a , b ,, c, ", new[] { "a", "b", "c" })]
    [InlineData("a\nb\r\nc", new[] { "a", "b", "c" })]
    [InlineData("[\"a\",\"b\"]", new[] { "a", "b" })]
    [InlineData("[\"a\", \"b\",]", new[] { "a", "b" })]
    [InlineData("[\"a\",\n \"b\"\n]", new[] { "a", "b" })]
    [InlineData("[\" a \",\"\",1]", new[] { "a", "1" })]
    [InlineData("['a','b']", new[] { "a", "b" })]
    [InlineData("[a, b]", new[] { "a", "b" })]
    [InlineData("[]", new string[0])]
    [InlineData(",", new string[0])]
    [InlineData("[\"a,b\"]", new[] { "a,b" })]
    [InlineData("my secret;token, Mozilla/5.0 (X11; Linux)", new[] { "my secret;token", "Mozilla/5.0 (X11; Linux)" })]
    public void List_takes_commas_line_ends_and_JSON(string text, string[] expected) => Assert.Equal(expected, SettingValue.List(text));

    [Theory]
    [InlineData("a b;c,d\te\nf", new[] { "a", "b", "c", "d", "e", "f" })]
    [InlineData("[\"a\",\"b\"]", new[] { "a", "b" })]
    [InlineData("'a' 'b'", new[] { "a", "b" })]
    public void Words_takes_blanks_and_semicolons_too(string text, string[] expected) => Assert.Equal(expected, SettingValue.Words(text));
}
