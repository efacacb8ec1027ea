using Pollux.Access;

namespace Pollux.Files;

/// <summary>A request names a file that it may not, or cannot, use.</summary>
/// <param name="error">What the client is told.</param>
internal sealed class FileRefusedException(GatewayError error) : Exception(error.Message)
{
    /// <summary>What the client is told.</summary>
    public GatewayError Error => error;
}
