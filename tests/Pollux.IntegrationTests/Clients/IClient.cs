namespace Pollux.IntegrationTests.Clients;

/// <summary>An official client. It knows the gateway's address and a credential, and nothing else about it.</summary>
internal interface IClient
{
    /// <summary>Runs a scenario to its end.</summary>
    Task<ClientReport> RunAsync(ClientCall call, CancellationToken cancellation);

    /// <summary>Starts a scenario that is going to be aborted.</summary>
    Task<IAbortableRun> StartAsync(ClientCall call, CancellationToken cancellation);
}

/// <summary>A running scenario of a client.</summary>
internal interface IAbortableRun : IAsyncDisposable
{
    /// <summary>Ends when the client has the first piece of a stream.</summary>
    Task BeganAsync();

    /// <summary>Lets the client abort; ends when its call has ended, while the client itself is still there.</summary>
    Task<ClientReport> AbortAsync();
}

/// <summary>What a client is to do.</summary>
/// <param name="Scenario">For example <c>tools-stream</c>.</param>
/// <param name="Gateway">The gateway's address.</param>
/// <param name="Credential">What the client presents.</param>
/// <param name="Model">The model to ask for.</param>
internal sealed record ClientCall(string Scenario, Uri Gateway, string Credential, string Model = "gemini-3.5-flash");
