using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Pollux.IntegrationTests.Hosting;
using Pollux.Tests.Time;

namespace Pollux.IntegrationTests.Serving;

/// <summary>A streamed answer that is read while it comes.</summary>
internal sealed partial class LiveAnswer : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly Form _form;
    private readonly HttpResponseMessage _response;
    private readonly Stream _stream;
    private readonly MemoryStream _bytes = new();
    private readonly byte[] _buffer = new byte[64 * 1024];

    private LiveAnswer(Form form, HttpResponseMessage response, Stream stream) => (_form, _response, _stream) = (form, response, stream);

    /// <summary>What has come.</summary>
    public string Body => Encoding.UTF8.GetString(_bytes.GetBuffer(), 0, (int)_bytes.Length);

    /// <summary>The texts that have come, of either dialect.</summary>
    public string Text => string.Concat(TextMembers().Matches(Body).Select(static match => JsonSerializer.Deserialize<string>(match.Groups["token"].Value)));

    /// <summary>Asks, and waits for the header.</summary>
    public static async Task<LiveAnswer> OpenAsync(TestGateway gateway, Form form, string model = Ask.Model)
    {
        using HttpRequestMessage request = form.Request("Hello", model);
        return await OpenAsync(form, gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken));
    }

    /// <summary>Waits for the header.</summary>
    public static async Task<LiveAnswer> OpenAsync(Form form, Task<HttpResponseMessage> asking)
    {
        HttpResponseMessage response = await asking.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        return new LiveAnswer(form, response, await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Reads until so much text has come; it must be this and no more.</summary>
    public async Task ReadTextAsync(string expected)
    {
        while (Text.Length < expected.Length)
            Assert.True(await ReadAsync(), $"The stream ended: {Body}");
        Assert.Equal(expected, Text);
    }

    /// <summary>Reads until so many bytes have come.</summary>
    public async Task ReadBytesAsync(int count)
    {
        while (_bytes.Length < count)
            Assert.True(await ReadAsync(), $"The stream ended: {Body}");
    }

    /// <summary>Reads to the end, be it cut or not.</summary>
    public async Task<(Seen Seen, bool WasCut)> ReadToEndAsync()
    {
        bool cut = false;
        try
        {
            while (await ReadAsync())
            {
                // until there is no more
            }
        }
        catch (IOException)
        {
            cut = true;
        }

        return (Seen.Of(_form, Body), cut);
    }

    /// <summary>Reads to the end while the clock goes on to each timer that is due soon.</summary>
    /// <returns>What was seen, and how much time passed on that clock.</returns>
    public async Task<(Seen Seen, bool WasCut, TimeSpan Passed)> PlayAsync(ManualTimeProvider clock, TimeSpan soon)
    {
        DateTimeOffset began = clock.GetUtcNow();
        Task<(Seen Seen, bool WasCut)> reading = ReadToEndAsync();
        while (true)
        {
            Task<TimeSpan> timer = clock.TimerSetBetweenAsync(TimeSpan.Zero, soon);
            if (await Task.WhenAny(reading, timer).WaitAsync(Deadline, TestContext.Current.CancellationToken) == reading)
                break;
            clock.Advance(await timer);
        }

        (Seen seen, bool cut) = await reading;
        return (seen, cut, clock.GetUtcNow() - began);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        _response.Dispose();
        _bytes.Dispose();
    }

    [GeneratedRegex("""\"(text|content)\":(?<token>\"([^\"\\]|\\.)*\")""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex TextMembers();

    private async Task<bool> ReadAsync()
    {
        int read = await _stream.ReadAsync(_buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline, TestContext.Current.CancellationToken);
        _bytes.Write(_buffer, 0, read);
        return read > 0;
    }
}
