using System.Buffers;
using Pollux.Protocols.OpenAI.Audio;

namespace Pollux.Endpoints;

/// <summary>Gives samples the form that the client wants, piece by piece. Not thread-safe.</summary>
internal sealed class SpeechWriter(SpeechTranslation translation)
{
    private readonly ArrayBufferWriter<byte> _piece = new();
    private bool _begun;

    /// <summary>The samples.</summary>
    public SpeechReader Sound { get; } = new();

    /// <summary>Writes what <see cref="Sound"/> read last.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        bool header = !_begun && translation.Format == SpeechFormat.Wav;
        _begun = true;
        if (!translation.Events)
        {
            if (header)
                WavHeader.Write(Sound.Rate, Sound.Channels, samples: null, output);
            output.Write(Sound.Samples.Span);
            return;
        }

        if (!header)
        {
            SpeechEventWriter.WriteDelta(Sound.Samples.Span, output);
            return;
        }

        WavHeader.Write(Sound.Rate, Sound.Channels, samples: null, _piece);
        _piece.Write(Sound.Samples.Span);
        SpeechEventWriter.WriteDelta(_piece.WrittenSpan, output);
        _piece.Clear();
    }
}
