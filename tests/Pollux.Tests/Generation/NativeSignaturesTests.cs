using System.Text;
using Pollux.Affinity;
using Pollux.Buffers;
using Pollux.Generation;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.Translation;

namespace Pollux.Tests.Generation;

/// <summary>Signatures of native clients: what is known is put back where it is missing, and nothing else is touched.</summary>
public sealed class NativeSignaturesTests
{
    private readonly SignatureVault.CallerSignatures _known = new SignatureVault(TimeProvider.System).For("caller");

    public NativeSignaturesTests() => _known.Remember("a", new SignedCall(RawJson.String("c2lnbmVk"), "a"));

    [Theory]
    [InlineData("""{"contents":[{"parts":[{"functionCall":{"id":"a","name":"f"}}]}]}""", """{"contents":[{"parts":[{"functionCall":{"id":"a","name":"f"},"thoughtSignature":"c2lnbmVk"}]}]}""")]
    [InlineData("""{"contents":[{"parts":[{"function_call":{"args":{"id":"z"},"id":"a"} },{"text":"x"}]}],"tools":[]}""", """{"contents":[{"parts":[{"function_call":{"args":{"id":"z"},"id":"a"} ,"thoughtSignature":"c2lnbmVk"},{"text":"x"}]}],"tools":[]}""")]
    [InlineData("""{"contents":[{"parts":[{"functionCall":{"id":"a"}},{"functionCall":{"id":"b"}}]},{"parts":[{"functionCall":{"id":"a"}}]}]}""", """{"contents":[{"parts":[{"functionCall":{"id":"a"},"thoughtSignature":"c2lnbmVk"},{"functionCall":{"id":"b"}}]},{"parts":[{"functionCall":{"id":"a"},"thoughtSignature":"c2lnbmVk"}]}]}""")]
    public void A_call_that_is_known_gets_its_signature_back(string body, string expected) => Assert.Equal(expected, Restored(body));

    [Theory]
    [InlineData("""{"contents":[{"parts":[{"functionCall":{"id":"a"},"thoughtSignature":"eA=="}]}]}""")] // the client's own goes
    [InlineData("""{"contents":[{"parts":[{"thought_signature":"eA==","functionCall":{"id":"a"}}]}]}""")]
    [InlineData("""{"contents":[{"parts":[{"functionCall":{"id":"b"}}]}]}""")]
    [InlineData("""{"contents":[{"parts":[{"functionCall":{"name":"f"}}]}]}""")]
    [InlineData("""{"contents":[{"parts":[{"functionCall":{"id":7}}]}]}""")]
    [InlineData("""{"contents":[{"parts":[{"functionResponse":{"id":"a"}}]}]}""")]
    [InlineData("""{"contents":[{"parts":[{"functionCall":{"args":{"id":"a"}}}]}]}""")]
    [InlineData("""{"contents":[{"parts":[{"functionCall":{"name":"f"}},{"functionResponse":{"id":"a"}}]}]}""")]
    [InlineData("""{"contents":[{"parts":[{"text":"\"functionCall\""}]}]}""")]
    [InlineData("""{"others":[{"parts":[{"functionCall":{"id":"a"}}]}]}""")]
    [InlineData("""{"contents":[{"parts":[{"text":"x"}]}]}""")]
    public void All_else_stays_the_same_bytes(string body) => Assert.Equal(body, Restored(body));

    [Fact]
    public void The_calls_of_an_answer_are_remembered_for_their_caller_alone()
    {
        var vault = new SignatureVault(TimeProvider.System);
        var answer = new Answer();
        Assert.True(AnswerReader.TryRead("""{"candidates":[{"content":{"parts":[{"text":"x","thoughtSignature":"eA=="},{"functionCall":{"id":"c","name":"f"},"thoughtSignature":"eQ=="},{"functionCall":{"id":"d","name":"f"}},{"functionCall":{"name":"g"},"thoughtSignature":"eg=="}]}}]}"""u8.ToArray(), answer));

        NativeSignatures.Remember(answer, vault.For("caller"));

        Assert.True(vault.For("caller").TryGet("c", out SignedCall call));
        Assert.Equal("\"eQ==\"", Encoding.UTF8.GetString(call.Signature.Utf8.Span));
        Assert.Equal("c", call.GeminiCallId);
        Assert.False(vault.For("caller").TryGet("d", out _));
        Assert.False(vault.For("other").TryGet("c", out _));
    }

    private string Restored(string body)
    {
        List<PooledBuffer> buffers = [];
        string restored = Encoding.UTF8.GetString(NativeSignatures.Restore(Encoding.UTF8.GetBytes(body), _known, NewBuffer).Span);
        buffers.ForEach(static buffer => buffer.Dispose());
        return restored;

        PooledBuffer NewBuffer(int bytes)
        {
            var buffer = new PooledBuffer(bytes);
            buffers.Add(buffer);
            return buffer;
        }
    }
}
