using Pollux.Settings;

namespace Pollux.Tests.Settings;

/// <summary>OAI-12: how speech is configured.</summary>
public sealed class AudioSettingsTests
{
    [Theory]
    [InlineData("kore", "Kore")]
    [InlineData("alloy", "Kore")]
    public void A_voice_is_one_of_Googles(string name, string voice) => Assert.Equal(voice, SettingsFixture.With("TTS_VOICE_NAME", name).Audio.Voice);

    [Theory]
    [InlineData("slow", "slowly")]
    [InlineData("FAST", "fast")]
    [InlineData("normal", "")]
    public void A_speed_is_told_as_a_word(string speed, string pace) => Assert.Equal(pace, SettingsFixture.With("TTS_SPEED", speed).Audio.Pace);

    [Fact]
    public void Nothing_set_gives_the_defaults()
    {
        AudioSettings audio = SettingsFixture.Load().Settings.Audio;

        Assert.Equal((null, "Zephyr", "", null), (audio.SpeechModel, audio.Voice, audio.Pace, audio.EncoderPath));
    }

    [Theory]
    [InlineData("TTS_VOICE_NAME", "nobody")]
    [InlineData("TTS_SPEED", "warp")]
    [InlineData("FFMPEG_PATH", "/nowhere/ffmpeg")]
    public void A_wrong_value_is_told_and_the_default_holds(string name, string value)
    {
        (PolluxSettings settings, SettingFault fault) = SettingsFixture.Wrong(name, value);

        Assert.Equal((name, false), (fault.Name, fault.RefusesStart));
        Assert.Equal(("Zephyr", "", null), (settings.Audio.Voice, settings.Audio.Pace, settings.Audio.EncoderPath));
    }

    [Fact]
    public void The_encoder_is_found_by_its_path_or_in_PATH_and_can_be_left_out()
    {
        string folder = Directory.CreateTempSubdirectory("pollux-encoder-").FullName;
        string program = Path.Combine(folder, OperatingSystem.IsWindows() ? "ffmpeg.exe" : "ffmpeg");
        File.WriteAllText(program, "");

        Assert.Equal(program, SettingsFixture.With("FFMPEG_PATH", program).Audio.EncoderPath);
        Assert.Equal(program, SettingsFixture.With("PATH", $".{Path.PathSeparator}{Path.GetTempPath()}{Path.PathSeparator}{folder}").Audio.EncoderPath);
        Assert.Null(SettingsFixture.Load(null, ("PATH", folder), ("FFMPEG_PATH", "0")).Settings.Audio.EncoderPath);
        Directory.Delete(folder, recursive: true);
    }
}
