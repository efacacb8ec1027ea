namespace Pollux.IntegrationTests.Hosting;

/// <summary>Tests that measure time and so do not run beside others.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
