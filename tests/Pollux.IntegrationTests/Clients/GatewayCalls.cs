using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Clients;

internal static class GatewayCalls
{
    extension(TestGateway gateway)
    {
        /// <summary>The calls of models that the upstream received, without those of the model list.</summary>
        /// <param name="action">Only these, such as <c>generateContent</c>; every call must then be one of them.</param>
        public IReadOnlyList<ReceivedRequest> Calls(string? action = null)
        {
            ReceivedRequest[] calls = [.. gateway.Upstream.Received.Requests.Where(static request => request.Method == "POST")];
            if (action is not null)
                Assert.All(calls, call => Assert.Equal(action, call.Action));
            return calls;
        }
    }
}
