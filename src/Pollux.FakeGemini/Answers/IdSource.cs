using System.Buffers.Text;

namespace Pollux.FakeGemini.Answers;

/// <summary>Ids that look like Google's, replayable by seed. Thread-safe.</summary>
internal sealed class IdSource(Random random)
{
    private const string CallAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
    private readonly Lock _lock = new();

    /// <summary>Such as <c>8e97asPMLaS4qtsP7oGv4Ag</c>: 17 bytes, base64url.</summary>
    public string NextResponseId()
    {
        byte[] bytes = new byte[17];
        lock (_lock) random.NextBytes(bytes);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Such as <c>0usajhl5</c>: eight small letters and digits.</summary>
    public string NextCallId()
    {
        char[] id = new char[8];
        lock (_lock) random.GetItems(CallAlphabet, id);
        return new string(id);
    }
}
