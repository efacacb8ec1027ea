using System.Globalization;
using System.Net;
using Pollux.Buffers;
using Pollux.Protocols.Translation;
using Pollux.Settings;

namespace Pollux.Media;

/// <summary>One address to fetch.</summary>
/// <param name="address">An address that may be asked.</param>
/// <param name="text">The address as the request names it.</param>
/// <param name="param">Where it stands there first.</param>
internal sealed class MediaOrder(MediaAddress address, string text, string param)
{
    public MediaAddress Address => address;

    public string Text => text;

    public string Param => param;

    /// <summary>In how many places it stands; its bytes count, and are sent, as often.</summary>
    public int Places { get; set; } = 1;
}

/// <summary>No share of the budget for large bodies could be had in time.</summary>
internal sealed class MediaBusyException() : Exception("There is no room for large media.");

/// <summary>
/// Fetches media from addresses that strangers name. All that is not an answer with media is told in one of few sentences, and
/// whatever happened before a public host answered in one and the same: nobody learns who is there.
/// </summary>
internal sealed partial class MediaFetcher(MediaConnections connections, SettingsHolder settings, TimeProvider clock, ILogger<MediaFetcher> logger)
{
    private const int MaxRedirects = 5;
    private const int FirstBytes = 64 * 1024;
    private const int ReadBytes = 128 * 1024;

    /// <summary>Fetches what is behind an address.</summary>
    /// <param name="order">The address.</param>
    /// <param name="fetched">Keeps what is there.</param>
    /// <param name="cancellation">The request ended.</param>
    /// <exception cref="RequestFormatException">It could not be had, or is not what Gemini takes.</exception>
    /// <exception cref="MediaBusyException">It is large, and there is no room for it.</exception>
    public async Task FetchAsync(MediaOrder order, FetchedMedia fetched, CancellationToken cancellation)
    {
        (MediaAddress address, string param) = (order.Address, order.Param);
        MediaSettings bounds = settings.Current.Media;
        long started = clock.GetTimestamp();
        using var whole = new CancellationTokenSource(bounds.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(whole.Token, cancellation);
        HttpResponseMessage? response = null;
        try
        {
            response = await FollowAsync(address, param, bounds, either.Token);
            await ReadAsync(response, order, fetched, bounds, new Patience(whole, clock, started, bounds.Timeout), either.Token, cancellation);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw response is null
                ? Unreachable(address, param, "It took too long.")
                : Fault(param, $"did not arrive whole within {bounds.Timeout.TotalSeconds:F0} seconds (MEDIA_TIMEOUT_SECONDS)");
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            throw response is null ? Unreachable(address, param, fault.InnerException?.Message ?? fault.Message) : Fault(param, "did not arrive whole: its host broke off");
        }
        finally
        {
            response?.Dispose();
        }
    }

    /// <summary>What is told of an address that is refused, whatever the reason.</summary>
    public static RequestFormatException Unreachable(string param) => Fault(param, "could not be fetched: its address is not a public one, or nothing answered there in time");

    /// <summary>Asks, and follows redirects by hand, each hop judged like the first.</summary>
    private async Task<HttpResponseMessage> FollowAsync(MediaAddress address, string param, MediaSettings bounds, CancellationToken cancellation)
    {
        for (int hops = 0; ; hops++)
        {
            HttpResponseMessage response = await AnswerAsync(address, param, bounds, cancellation);
            try
            {
                if (response.StatusCode == HttpStatusCode.OK)
                    return response;

                if (response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect))
                    throw Fault(param, string.Create(CultureInfo.InvariantCulture, $"could not be fetched: its host answered with status {(int)response.StatusCode}"));
                if (hops == MaxRedirects)
                    throw Fault(param, $"could not be fetched: it is behind more than {MaxRedirects} redirects");
                string location = response.Headers.NonValidated.TryGetValues("Location", out var values) && values.Count == 1 ? values.ToString() : "";
                if (!address.TryFollow(location, out MediaAddress? target) || !MayBeAsked(target, bounds))
                    throw Unreachable(address, param, "It redirects to where media are not fetched from.");
                address = target;
            }
            catch
            {
                response.Dispose();
                throw;
            }

            response.Dispose();
        }
    }

    private async Task<HttpResponseMessage> AnswerAsync(MediaAddress address, string param, MediaSettings bounds, CancellationToken cancellation)
    {
        using var first = new CancellationTokenSource(bounds.FirstByteTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(first.Token, cancellation);
        try
        {
            return await connections.GetAsync(address, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Unreachable(address, param, "It did not answer within MEDIA_FIRST_BYTE_SECONDS.");
        }
    }

    /// <summary>Whether the address alone says nothing against it.</summary>
    public static bool MayBeAsked(MediaAddress address, MediaSettings bounds) => address.Verdict switch
    {
        AddressVerdict.Public => true,
        AddressVerdict.Private => bounds.AllowPrivate,
        _ => false,
    };

    private static async Task ReadAsync(
        HttpResponseMessage response, MediaOrder order, FetchedMedia fetched, MediaSettings bounds, Patience patience, CancellationToken reading, CancellationToken request)
    {
        string param = order.Param;
        if (response.Content.Headers.ContentEncoding.Any(static coding => !coding.Equals("identity", StringComparison.OrdinalIgnoreCase)))
            throw Fault(param, "comes compressed (Content-Encoding), which was not asked for");
        long? claimed = response.Content.Headers.ContentLength;
        if (claimed > bounds.MaxBytes)
            throw TooLarge(param, bounds);

        bool isLarge = claimed >= PooledBuffer.LargeBytes;
        if (isLarge)
            await patience.WaitAsync(fetched.EnterLargeAsync(request), reading);
        string? declared = response.Content.Headers.ContentType?.MediaType?.ToLowerInvariant();
        PooledBuffer buffer = fetched.NewBuffer((int)(claimed ?? FirstBytes));
        Stream content = await response.Content.ReadAsStreamAsync(reading);
        string? type = null;
        while (true)
        {
            Memory<byte> room = buffer.GetMemory(1);
            int read = await content.ReadAsync(room[..Math.Min(room.Length, ReadBytes)], reading);
            buffer.Advance(read);
            if (buffer.Length > bounds.MaxBytes)
                throw TooLarge(param, bounds);
            if (!fetched.TryCount((long)read * order.Places))
                throw Fault(param, $"is too much: all media of a request together may have {Megabytes(bounds.MaxTotalBytes)} MB (MAX_MEDIA_TOTAL_MB)");
            if (type is null && (read == 0 || buffer.Length >= MediaKinds.HeadBytes))
            {
                type = MediaKinds.Tell(buffer.Written.Span[..Math.Min(buffer.Length, MediaKinds.HeadBytes)], declared)
                    ?? throw Fault(param, "is not of a kind that Gemini takes: a picture (not SVG), sound, film or PDF");
            }

            if (read == 0)
                break;
            if (!isLarge && buffer.Length >= PooledBuffer.LargeBytes - ReadBytes)
            {
                isLarge = true;
                await patience.WaitAsync(fetched.EnterLargeAsync(request), reading);
            }
        }

        fetched.Add(order.Text, type!, buffer); // told at the end at the latest
    }

    private RequestFormatException Unreachable(MediaAddress address, string param, string reason)
    {
        NotFetched(logger, address.Host, reason);
        return Unreachable(param);
    }

    private static RequestFormatException TooLarge(string param, MediaSettings bounds) =>
        Fault(param, $"is larger than {Megabytes(bounds.MaxBytes)} MB, the bound of this gateway (MAX_MEDIA_MB)");

    private static int Megabytes(int bytes) => bytes / (1024 * 1024);

    private static RequestFormatException Fault(string param, string words) => new($"The media of '{param}' {words}.", param, RequestFormatCodes.InvalidMedia);

    [LoggerMessage(EventId = 8100, Level = LogLevel.Debug, Message = "Media at {Host} were not fetched: {Reason}")]
    private static partial void NotFetched(ILogger logger, string host, string reason);

    /// <summary>The time for a whole file, which stands still while the file waits for room.</summary>
    private readonly record struct Patience(CancellationTokenSource Whole, TimeProvider Clock, long Started, TimeSpan Bound)
    {
        public async ValueTask WaitAsync(ValueTask<bool> room, CancellationToken reading)
        {
            reading.ThrowIfCancellationRequested();
            TimeSpan left = Bound - Clock.GetElapsedTime(Started);
            Whole.CancelAfter(Timeout.InfiniteTimeSpan);
            if (!await room)
                throw new MediaBusyException();
            Whole.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
    }
}
