using System.Text;
using Pollux.Media;

namespace Pollux.Tests.Media;

/// <summary>What is told of media by their first bytes and by their host (OAI-2).</summary>
public sealed class MediaKindsTests
{
    [Theory]
    [InlineData("89504E470D0A1A0A", null, "image/png")]
    [InlineData("89504E470D0A1A0A", "application/octet-stream", "image/png")]
    [InlineData("89504E470D0A1A0A", "image/jpeg", "image/png")]
    [InlineData("FFD8FFE000104A464946", "image/jpg", "image/jpeg")]
    [InlineData("474946383961", "image/gif", "image/gif")]
    [InlineData("52494646FFFFFFFF57454250", "image/webp", "image/webp")]
    [InlineData("52494646FFFFFFFF57415645", "audio/x-wav", "audio/wav")]
    [InlineData("52494646FFFFFFFF41564920", "video/avi", "video/x-msvideo")]
    [InlineData("0000001866747970686569630000", "image/heic", "image/heic")]
    [InlineData("00000018667479706D6966310000", "image/heif", "image/heif")]
    [InlineData("000000186674797061766966", "image/avif", "image/avif")]
    [InlineData("000000186674797069736F6D", "video/mp4", "video/mp4")]
    [InlineData("000000186674797069736F6D", "audio/mp4", "audio/m4a")]
    [InlineData("00000018667479704D344120", "audio/x-m4a", "audio/m4a")]
    [InlineData("0000001466747970717420200000", "video/quicktime", "video/quicktime")]
    [InlineData("424D0000000000000000360000002800000001", "image/bmp", "image/bmp")]
    [InlineData("255044462D312E37", "application/pdf", "application/pdf")]
    [InlineData("255044462D312E37", null, "application/pdf")]
    [InlineData("4944330400", "audio/mpeg", "audio/mp3")]
    [InlineData("FFFB9064", "audio/mpeg", "audio/mp3")]
    [InlineData("FFF15080", "audio/aac", "audio/aac")]
    [InlineData("4F67675300", "application/ogg", "audio/ogg")]
    [InlineData("664C614300", "audio/flac", "audio/flac")]
    [InlineData("464F524D0000000041494646", "audio/aiff", "audio/aiff")]
    [InlineData("1A45DFA39F4286810142F7810142F2810442F381084282847765626D", "video/webm", "video/webm")]
    [InlineData("000001BA44", "video/mpeg", "video/mpeg")]
    public void Bytes_tell_the_type_and_the_host_may_be_vague(string hex, string? declared, string expected) => Assert.Equal(expected, MediaKinds.Tell(Convert.FromHexString(hex), declared));

    [Theory]
    [InlineData("89504E470D0A1A0A", "text/html")]          // a page that begins like a picture
    [InlineData("89504E470D0A1A0A", "image/svg+xml")]
    [InlineData("89504E470D0A1A0A", "application/json")]
    [InlineData("89504E470D0A1A0A", "audio/mpeg")]
    [InlineData("255044462D312E37", "image/png")]
    [InlineData("4944330400", "image/png")]
    [InlineData("89504E47", "image/png")]                   // too short to be sure
    [InlineData("424D20697320746865206265737420636172206D616465", "image/bmp")]
    [InlineData("FFFE68006900", "audio/mpeg")]             // text in UTF-16
    [InlineData("504B0304", "application/octet-stream")]   // an archive
    [InlineData("1F8B0800", "image/png")]                   // gzip
    [InlineData("1A45DFA39F428681014282886D6174726F736B61", "video/x-matroska")]
    [InlineData("00000018667479707A7A7A7A", "video/mp4")]
    [InlineData("", "image/png")]
    public void What_does_not_agree_or_is_unknown_is_refused(string hex, string declared) => Assert.Null(MediaKinds.Tell(Convert.FromHexString(hex), declared));

    [Theory]
    [InlineData("<!doctype html><html>", "text/html")]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "image/svg+xml")]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "image/png")]
    [InlineData("{\"AccessKeyId\":\"x\"}", "application/octet-stream")]
    [InlineData("root:x:0:0:root:/root:/bin/sh", null)]
    public void Text_is_never_media(string text, string? declared) => Assert.Null(MediaKinds.Tell(Encoding.UTF8.GetBytes(text), declared));
}
