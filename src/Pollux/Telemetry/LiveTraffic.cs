namespace Pollux.Telemetry;

/// <summary>What a Live session carried. Each count has one writer; readers see them when the session is over.</summary>
internal sealed class LiveTraffic
{
    /// <summary>Payload bytes that came from the client.</summary>
    public long BytesIn { get; set; }

    /// <summary>Payload bytes that went to the client.</summary>
    public long BytesOut { get; set; }

    /// <summary>The close code that the client got or sent; 1006 when the connection broke without one; 0 while it is open.</summary>
    public int CloseCode { get; set; }
}
