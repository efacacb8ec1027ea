namespace Pollux.FakeGemini.Answers;

/// <summary>What the fake speaks: 16 bit mono PCM of 24 kHz that follows from the text alone, a hundredth of a second a character.</summary>
internal static class Voice
{
    /// <summary>As Google names it; in spite of the name it is little-endian.</summary>
    public const string MediaType = "audio/L16;codec=pcm;rate=24000";

    private const int BytesPerCharacter = 480;
    private const int LongestText = 500;

    /// <summary>The sound of a text.</summary>
    public static byte[] Speak(string text)
    {
        byte[] sound = new byte[Math.Clamp(text.Length, 1, LongestText) * BytesPerCharacter];
        for (int i = 0; i < sound.Length; i++)
            sound[i] = (byte)((i * 7) + (text.Length == 0 ? 0 : text[i / BytesPerCharacter]));
        return sound;
    }
}
