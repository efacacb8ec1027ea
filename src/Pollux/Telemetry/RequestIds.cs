using System.Security.Cryptography;

namespace Pollux.Telemetry;

/// <summary>
/// Makes request ids: a random start for this process and a counter, so that two processes do not collide and an id costs
/// one small string.
/// </summary>
internal sealed class RequestIds
{
    private const string Digits = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford's base 32: no letters that look alike
    private ulong _last = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));

    /// <summary>The next id, <c>req_</c> and 13 characters.</summary>
    public string Next()
    {
        ulong number = Interlocked.Add(ref _last, 0x9E3779B97F4A7C15); // an odd step walks through all values before one repeats
        return string.Create(17, number, static (span, value) =>
        {
            "req_".CopyTo(span);
            for (int i = span.Length - 1; i >= 4; i--)
            {
                span[i] = Digits[(int)(value & 31)];
                value >>= 5;
            }
        });
    }
}
