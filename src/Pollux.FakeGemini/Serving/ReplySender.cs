using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Serving;

/// <summary>What is to be sent, all of it known before the first byte.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="ContentType">Of the body.</param>
/// <param name="Pieces">Each is written and flushed by itself.</param>
internal sealed record ReplyPlan(int Status, string ContentType, IReadOnlyList<ReadOnlyMemory<byte>> Pieces)
{
    /// <summary>Cuts the connection after the pieces.</summary>
    public bool ThenReset { get; init; }

    /// <summary>Told in a header, in whole seconds.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Applies the way in which the reply breaks off.</summary>
    public ReplyPlan BrokenOff(ReplyEnding? ending, ReplyForm form, ErrorSubject subject)
    {
        if (ending is null) return this;
        if (form == ReplyForm.Unary && ending.Kind is EndingKind.BareError or EndingKind.DataError)
        {
            GoogleError whole = ErrorOf(ending, subject);
            return new ReplyPlan(whole.Code, ReplyFraming.Json, [ReplyFraming.FrameError(whole, inArray: false)]);
        }

        IReadOnlyList<ReadOnlyMemory<byte>> pieces = form == ReplyForm.Unary && Pieces.Count == 1 ? Halves(Pieces[0]) : Pieces;
        List<ReadOnlyMemory<byte>> sent = [.. pieces.Take(ending.AfterEvents)];
        if (ending.Kind is EndingKind.BareError or EndingKind.DataError)
            sent.Add(ReplyFraming.FrameLateError(form, ErrorOf(ending, subject), ending.Kind == EndingKind.BareError));
        if (ending.Kind == EndingKind.Stop && form == ReplyForm.Array && sent.Count < pieces.Count) sent.Add("\n]"u8.ToArray());
        return this with { Pieces = sent, ThenReset = ending.Kind == EndingKind.Reset };
    }

    private static GoogleError ErrorOf(ReplyEnding ending, ErrorSubject subject) =>
        ending.Error?.Make(subject) ?? (ending.Kind == EndingKind.BareError ? ModelErrors.Cancelled() : ModelErrors.Overloaded());

    private static ReadOnlyMemory<byte>[] Halves(ReadOnlyMemory<byte> whole) => [whole[..(whole.Length / 2)], whole[(whole.Length / 2)..]];
}

/// <summary>Sends a reply at its pace.</summary>
internal sealed class ReplySender(TimeProvider time, TimeSpan latency)
{
    /// <summary>Returns true when the connection was cut on purpose.</summary>
    public async Task<bool> SendAsync(HttpContext http, ReceivedRequest request, FakeReply reply, ReplyPlan plan)
    {
        CancellationToken aborted = http.RequestAborted;
        await WaitAsync(reply.FirstByteDelay ?? latency, aborted);
        await PassGatesAsync(reply, 0, aborted);
        if (plan is { ThenReset: true, Pieces.Count: 0 })
        {
            http.Abort();
            return true;
        }

        request.Status = plan.Status;
        WriteHeaders(http.Response, plan);
        for (int i = 0; i < plan.Pieces.Count; i++)
        {
            if (i > 0)
            {
                await WaitAsync(reply.EventInterval, aborted);
                await PassGatesAsync(reply, i, aborted);
            }

            await http.Response.Body.WriteAsync(plan.Pieces[i], aborted);
            await http.Response.Body.FlushAsync(aborted);
        }

        await PassGatesAsync(reply, plan.Pieces.Count, aborted);
        if (plan.ThenReset) http.Abort();
        else await http.Response.CompleteAsync();
        return plan.ThenReset;
    }

    private static void WriteHeaders(HttpResponse response, ReplyPlan plan)
    {
        response.StatusCode = plan.Status;
        response.ContentType = plan.ContentType;
        if (plan.RetryAfter is { } wait) response.Headers.RetryAfter = ((int)wait.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
        response.Headers.Vary = "Origin, X-Origin, Referer";
        response.Headers.Server = "scaffolding on HTTPServer2";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.XFrameOptions = "SAMEORIGIN";
        response.Headers.XXSSProtection = "0";
        response.Headers["server-timing"] = "gfet4t7; dur=12";
        if (plan.ContentType == ReplyFraming.EventStream) response.Headers.ContentDisposition = "attachment";
        if (plan.Status == 200) response.Headers["x-gemini-service-tier"] = "standard";
    }

    private async Task WaitAsync(TimeSpan delay, CancellationToken aborted)
    {
        if (delay > TimeSpan.Zero) await Task.Delay(delay, time, aborted);
    }

    private static async Task PassGatesAsync(FakeReply reply, int index, CancellationToken aborted)
    {
        foreach ((int at, Task gate) in reply.Gates)
        {
            if (at == index) await gate.WaitAsync(aborted);
        }
    }
}
