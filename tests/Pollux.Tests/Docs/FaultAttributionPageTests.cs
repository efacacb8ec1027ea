using System.Text;
using Pollux.KeyPool;

namespace Pollux.Tests.Docs;

/// <summary>
/// The page that tells users whose fault a failure is, printed from the table that the code decides by. To renew it after a
/// change of the table, run the test with POLLUX_RENEW_DOCS=1.
/// </summary>
public sealed class FaultAttributionPageTests
{
    [Fact]
    public void The_page_says_what_the_table_does()
    {
        string path = Path.Combine(RepositoryRoot.Path, "docs", "fault-attribution.md");
        string expected = Render();
#pragma warning disable RS0030 // a switch of this test, not a setting of the gateway
        if (Environment.GetEnvironmentVariable("POLLUX_RENEW_DOCS") == "1")
#pragma warning restore RS0030
            File.WriteAllText(path, expected);

        Assert.Equal(expected, File.ReadAllText(path));
    }

    private static string Render()
    {
        var page = new StringBuilder("""
            # Whose fault is it?

            Every failed attempt has one owner. Only the owner is penalised, and another attempt is made only where it can cure
            the failure. The first row that holds decides. This page is printed from the table in
            `src/Pollux.KeyPool/FaultAttribution.Rules.cs` and, for Live connections, `CloseRules.cs`; a test fails when the two differ.

            | # | when | owner | reason | next attempt | effect on the key |
            |---|---|---|---|---|---|

            """);
        int number = 1;
        foreach (FaultRule rule in FaultAttribution.Table)
        {
            string again = rule.RetryLimit is { } limit ? $"{rule.Retry} (at most {limit} more)" : rule.Retry.ToString();
            page.Append('|').Append(' ').Append(number++).Append(" | ").Append(rule.Condition.Replace("|", "\\|", StringComparison.Ordinal))
                .Append(" | ").Append(rule.Owner).Append(" | ").Append(rule.Reason).Append(" | ").Append(again).Append(" | ").Append(rule.Effect).Append(" |\n");
        }

        return page.ToString().ReplaceLineEndings("\n");
    }
}
