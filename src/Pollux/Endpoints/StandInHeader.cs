using Pollux.Generation;

namespace Pollux.Endpoints;

/// <summary>Says which model answered in place of the one asked for; with every such answer, whatever <c>DEBUG_HEADERS</c> says.</summary>
internal static class StandInHeader
{
    /// <summary>Writes <c>x-pollux-model</c>, unless the header went out with a sign of life already.</summary>
    public static void Write(HttpResponse response, ResolvedModel model)
    {
        if (!response.HasStarted)
            response.Headers["x-pollux-model"] = model.Name;
    }
}
