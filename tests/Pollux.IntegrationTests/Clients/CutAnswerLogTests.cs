using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Pollux.Settings;
using Pollux.Telemetry;

namespace Pollux.IntegrationTests.Clients;

public sealed class CutAnswerLogTests
{
    [Fact]
    public void A_cut_answer_is_not_logged_as_a_fault_of_the_application()
    {
        string directory = Directory.CreateTempSubdirectory("pollux-cut-").FullName;
        var settings = new LogSettings { Level = LogLevel.Information, Directory = directory, Json = false, MaxFileBytes = 1_000_000, MaxBackups = 1, MaxAgeDays = 1 };
        using ServiceProvider services = new ServiceCollection().AddLogging(logging => logging.AddPolluxLogging(settings, directory)).BuildServiceProvider();
        ILogger logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Microsoft.AspNetCore.Server.Kestrel");

        logger.LogError(new CutAnswerException(), "A stream was cut");
        logger.LogError(new InvalidOperationException(), "Something failed");
        services.GetRequiredService<ILoggerProvider>().Dispose(); // writes what waits

        string log = File.ReadAllText(Path.Combine(directory, "app.log"));
        Assert.Contains("Something failed", log, StringComparison.Ordinal);
        Assert.DoesNotContain("A stream was cut", log, StringComparison.Ordinal);
        Directory.Delete(directory, recursive: true);
    }
}
