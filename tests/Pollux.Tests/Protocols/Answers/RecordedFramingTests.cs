using System.Collections.Concurrent;
using System.Diagnostics;
using Pollux.Protocols.Sse;
using Pollux.Tests.Protocols.Answers.Recorded;

namespace Pollux.Tests.Protocols.Answers;

/// <summary>Every recorded answer is framed alike however the network cuts it.</summary>
public sealed class RecordedFramingTests(ITestOutputHelper output)
{
    /// <summary>Above this size a recording is cut at every position near a line end and at every 16th byte, else everywhere.</summary>
    private const int AllCutsBelow = 128 * 1024;

    [Fact]
    public void Recorded_answers_give_the_same_frames_whole_and_cut_at_every_byte()
    {
        RecordedAnswers.SkipIfAbsent();
        long started = Stopwatch.GetTimestamp();
        var faults = new ConcurrentQueue<string>();
        long cuts = 0;
        int bounded = 0;
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        Parallel.ForEach(RecordedAnswers.All, new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = cancellation }, recording =>
        {
            foreach (RecordedForm form in FormsOf(recording))
            {
                List<FramePlace> whole = Frames(form, recording.Bytes, recording.Bytes.Length);
                Check(recording, form, whole, faults);
                if (!whole.SequenceEqual(Frames(form, recording.Bytes, 1)))
                    faults.Enqueue($"{recording.Name} as {form}: other frames byte by byte");

                bool all = recording.Bytes.Length < AllCutsBelow;
                if (!all)
                    Interlocked.Increment(ref bounded);
                for (int cut = 1; cut < recording.Bytes.Length; cut++)
                {
                    if (!all && cut % 16 != 0 && !IsNearLineEnd(recording.Bytes, cut))
                        continue;
                    Interlocked.Increment(ref cuts);
                    if (whole.SequenceEqual(Frames(form, recording.Bytes, cut)))
                        continue;
                    faults.Enqueue($"{recording.Name} as {form}: other frames when cut at {cut}");
                    break;
                }
            }
        });

        output.WriteLine($"{RecordedAnswers.All.Count} recordings, {cuts} cuts, {bounded} recordings bounded (of {AllCutsBelow} bytes and more not cut at every byte), {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s");
        Assert.True(faults.IsEmpty, string.Join('\n', faults));
    }

    /// <summary>A stream in its own form; a whole body in both, since an error may come as one where a stream was due.</summary>
    private static RecordedForm[] FormsOf(RecordedAnswer recording) =>
        recording.Form == RecordedForm.Unary ? [RecordedForm.Events, RecordedForm.Array] : [recording.Form];

    private static void Check(RecordedAnswer recording, RecordedForm form, List<FramePlace> whole, ConcurrentQueue<string> faults)
    {
        if (recording.Form == RecordedForm.Unary)
        {
            if (recording.Events is not null && (whole.Count != 1 || whole[0].Kind != FrameKind.BareJson))
                faults.Enqueue($"{recording.Name} as {form}: no single bare value");
            return;
        }

        List<FramePlace> data = [.. whole.Where(frame => frame.Kind != FrameKind.Framing)];
        if (data.Count != recording.Payloads.Count || data.Zip(recording.Payloads).Any(pair => !pair.First.Payload(recording.Bytes).SequenceEqual(pair.Second)))
            faults.Enqueue($"{recording.Name}: {data.Count} payloads where {recording.Payloads.Count} were due, or others");

        int end = 0;
        foreach (FramePlace frame in whole)
        {
            if (frame.RawStart != end)
                faults.Enqueue($"{recording.Name}: the raw bytes have a gap at {end}");
            end = frame.RawStart + frame.RawLength;
        }

        if (recording.Bytes.AsSpan(end).ContainsAnyExcept("\r\n \t"u8))
            faults.Enqueue($"{recording.Name}: bytes are left over at {end} of {recording.Bytes.Length}");
    }

    /// <summary>Feeds one piece of <paramref name="first"/> bytes and then the rest; for 1, single bytes throughout.</summary>
    private static List<FramePlace> Frames(RecordedForm form, byte[] bytes, int first)
    {
        using StreamFramer framer = form == RecordedForm.Array ? new JsonArrayFramer() : new SseFramer();
        var frames = new List<FramePlace>();
        int fed = 0, rawEnd = 0;
        while (fed < bytes.Length)
        {
            int until = fed < first ? first : bytes.Length;
            if (first == 1)
                until = fed + 1;
            Memory<byte> memory = framer.GetMemory();
            int length = Math.Min(memory.Length, until - fed);
            bytes.AsSpan(fed, length).CopyTo(memory.Span);
            framer.Advance(length);
            fed += length;
            while (framer.TryRead(out Frame frame))
                Take(frame);
        }

        while (framer.TryReadLast(out Frame frame))
            Take(frame);
        return frames;

        void Take(in Frame frame)
        {
            // Where the raw bytes stand is found from their content: they follow one another, but blank lines between
            // events may be skipped.
            int skipped = bytes.AsSpan(rawEnd).IndexOf(frame.Raw.Span);
            int start = rawEnd + Math.Max(0, skipped);
            int payload = frame.Payload.IsEmpty ? -1 : start + frame.Raw.Span.IndexOf(frame.Payload.Span);
            frames.Add(new FramePlace(frame.Kind, payload, frame.Payload.Length, skipped < 0 ? -1 : start, frame.Raw.Length));
            rawEnd = start + frame.Raw.Length;
        }
    }

    private static bool IsNearLineEnd(byte[] bytes, int at) =>
        bytes.AsSpan(Math.Max(0, at - 3)..Math.Min(bytes.Length, at + 3)).IndexOfAny((byte)'\r', (byte)'\n') >= 0;

    /// <summary>A frame by its place in the recording.</summary>
    private readonly record struct FramePlace(FrameKind Kind, int PayloadStart, int PayloadLength, int RawStart, int RawLength)
    {
        public ReadOnlySpan<byte> Payload(byte[] bytes) => bytes.AsSpan(PayloadStart, PayloadLength);
    }
}
