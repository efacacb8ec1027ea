using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Tests.Settings;
using Pollux.Tests.Time;

namespace Pollux.Tests.Telemetry;

/// <summary>What stands in the log files, as <c>LOG_FORMAT</c> and <c>LOG_LEVEL</c> say.</summary>
public sealed class LogFormatTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pollux-log-format-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_line_of_text_has_its_event_id_and_the_request_as_one_string()
    {
        string line = Assert.Single(Write("text", "info", Good()));

        Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+Z INFO +2000 RequestLog req_0000000000abc 200 caller=token-1 .* first_ms=-1 total_ms=1500 .* losses=-$", line);
    }

    [Fact]
    public void A_line_of_JSON_keeps_its_values_apart()
    {
        using JsonDocument line = JsonDocument.Parse(Assert.Single(Write("json", "info", Good())));
        JsonElement root = line.RootElement;

        Assert.Equal(("Info", "RequestLog"), (root.GetProperty("level").GetString(), root.GetProperty("logger").GetString()));
        Assert.StartsWith("req_0000000000abc 200 caller=token-1 ", root.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("req_0000000000abc", root.GetProperty("RequestId").GetString());
        Assert.Equal(200, root.GetProperty("Status").GetInt32());
        Assert.Equal(2, root.GetProperty("Attempts").GetInt32());
        Assert.Equal(1500, root.GetProperty("TotalMs").GetInt64());
        Assert.Equal("-", root.GetProperty("Losses").GetString());
        Assert.Equal(2000, root.GetProperty("EventId_Id").GetInt32());
    }

    [Theory]
    [InlineData("-", 200, false, "INFO")]
    [InlineData("Client", 400, false, "INFO")]
    [InlineData("Key", 503, false, "WARN")]
    [InlineData("Upstream", 502, false, "WARN")]
    [InlineData("Gateway", 500, false, "ERROR")]
    [InlineData("Upstream", 502, true, "INFO")] // nobody waited for it
    public void The_level_follows_the_owner(string owner, int status, bool aborted, string level)
    {
        RequestRecord record = Good();
        record.FaultOwner = owner;

        string line = Assert.Single(Write("text", "info", record, status, aborted));

        Assert.Contains($" {level}", line, StringComparison.Ordinal);
        Assert.Contains($" req_0000000000abc {(aborted ? 499 : status)} ", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("warning")]
    [InlineData("none")]
    public void Below_its_level_no_line_is_written(string level) => Assert.Empty(Write("text", level, Good()));

    private static RequestRecord Good() => new() { Id = "req_0000000000abc", StartedAt = 0, Caller = "token-1", Attempts = 2 };

    private string[] Write(string format, string level, RequestRecord record, int status = 200, bool aborted = false)
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load(null, ("LOG_FORMAT", format), ("LOG_LEVEL", level), ("LOG_DIR", _directory));
        Assert.Empty(faults);
        var clock = new ManualTimeProvider();
        var started = new RequestRecord
        {
            Id = record.Id,
            StartedAt = clock.GetTimestamp(),
            Caller = record.Caller,
            Attempts = record.Attempts,
            FaultOwner = record.FaultOwner,
        };
        clock.Advance(TimeSpan.FromMilliseconds(1500.5));

        var services = new ServiceCollection();
        services.AddLogging(logging => Assert.Empty(logging.AddPolluxLogging(settings.Log, _directory)));
        using (ServiceProvider provider = services.BuildServiceProvider()) // its end writes out what waits
            new RequestLog(provider.GetRequiredService<ILogger<RequestLog>>(), new SettingsHolder(settings), clock).Write(started, status, aborted);

        string file = Path.Combine(_directory, "app.log");
        return File.Exists(file) ? File.ReadAllLines(file) : [];
    }
}
