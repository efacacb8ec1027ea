using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Pollux.Bench.Micro;

/// <summary>The micro benchmarks: short runs inside this process, so that all of them end within some minutes.</summary>
internal static class MicroCommand
{
    /// <summary>Runs those that the arguments choose, such as <c>--filter '*'</c>.</summary>
    /// <returns>The exit code: 0 good, 1 a benchmark failed.</returns>
    public static int Run(string[] arguments)
    {
        IConfig config = ManualConfig.CreateEmpty()
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddExporter(MarkdownExporter.GitHub)
            .AddLogger(ConsoleLogger.Default);
        return BenchmarkSwitcher.FromAssembly(typeof(MicroCommand).Assembly).Run(arguments, config).All(static summary => summary.Reports.All(static report => report.Success)) ? 0 : 1;
    }
}
