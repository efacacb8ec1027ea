using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;

namespace Pollux.IntegrationTests.Faults;

/// <summary>Each fault of an attempt in each form: what the client sees, what was sent, who is blamed, what the log says.</summary>
public sealed class FaultTableTests
{
    private const string FirstKey = "AQ.first-CANARYxyzzy-key-0000000000001";
    private const string SecondKey = "AIzaSySecondCANARYxyzzy_key_00000000002";
    private const string Canary = "CANARYxyzzy";

    public static TheoryData<string, Form> Cases
    {
        get
        {
            var cases = new TheoryData<string, Form>();
            foreach (Form form in Enum.GetValues<Form>())
            {
                foreach (string fault in AttemptFaults.All.Keys.Concat(form.IsStream() ? AttemptFaults.OfStreams.Keys : []))
                    cases.Add(fault, form);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_fault_before_the_first_part_is_invisible_and_marks_its_owner_alone(string name, Form form)
    {
        AttemptFault fault = Find(name, form);
        var lines = new RequestLines();
        await using TestGateway gateway = await StartAsync(lines);
        gateway.Upstream.Script.Next(fault.Reply);

        Seen seen = await gateway.Client.AskAsync(form);

        Assert.Equal(HttpStatusCode.OK, seen.Status);
        Assert.Equal("You said: Hello", seen.Text);
        Assert.True(seen.IsComplete, seen.Body);
        RequestLine line = await lines.NextAsync();
        Assert.Equal((2, "-", "-"), (line.Attempts, line["owner"], line["reason"]));
        IReadOnlyList<ReceivedRequest> sent = Posts(gateway);
        Assert.Equal(2, sent.Count);
        if (fault.Mark != KeyMark.None)
            Assert.NotEqual(sent[0].Key, sent[1].Key);
        Assert.Equal(fault.Mark, MarkOf(gateway, sent[0].Key!));
        Assert.Equal(KeyMark.None, MarkOf(gateway, sent[0].Key == FirstKey ? SecondKey : FirstKey));
        CheckNoKeyShows(gateway, seen);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_fault_of_every_attempt_is_told_truly(string name, Form form)
    {
        AttemptFault fault = Find(name, form);
        var lines = new RequestLines();
        await using TestGateway gateway = await StartAsync(lines);
        gateway.Upstream.Script.When(static request => request.Method == "POST").Reply(fault.Reply);

        Seen seen = await gateway.Client.AskAsync(form);

        RequestLine line = await lines.NextAsync();
        int status = form.IsOpenAI() ? fault.Status : fault.GeminiStatus ?? fault.Status;
        Assert.Equal(status, (int)seen.Status);
        Assert.Equal(form.IsOpenAI() ? fault.OpenAICode : fault.GeminiWord, seen.ErrorCode);
        Assert.Equal("application/json", seen.ContentType);
        Assert.NotEqual("", seen.Message);
        if (!form.IsOpenAI())
            Assert.Equal(status, seen.Error!["code"]!.GetValue<int>());
        if (status is 429 or 503)
            Assert.True(seen.RetryAfter > 0, "no Retry-After: " + seen.Headers);
        if (status == 429 && !form.IsOpenAI())
            Assert.Equal($"{seen.RetryAfter}s", seen.RetryDelay);
        Assert.DoesNotContain("PerDay", seen.Body, StringComparison.Ordinal);

        Assert.Equal(fault.Attempts, Posts(gateway).Count);
        Assert.Equal((fault.Attempts, fault.Owner, fault.Reason, $"{status}"), (line.Attempts, line["owner"], line["reason"], line.Status));
        Assert.Equal(form.IsOpenAI() ? "openai" : "gemini", line["dialect"]);
        Assert.Equal(0, gateway.Services.GetRequiredService<KeyPool.KeyPool>().Snapshot().InFlight);
        CheckNoKeyShows(gateway, seen);
    }

    [Theory]
    [MemberData(nameof(Ask.Forms), MemberType = typeof(Ask))]
    public async Task The_clients_own_fault_is_sent_once_and_told_in_Googles_words(Form form)
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await StartAsync(lines);
        gateway.Upstream.Script.Next(FakeReply.InputTooLong());

        Seen seen = await gateway.Client.AskAsync(form);

        RequestLine line = await lines.NextAsync();
        Assert.Equal(HttpStatusCode.BadRequest, seen.Status);
        Assert.Equal(form.IsOpenAI() ? "context_length_exceeded" : "INVALID_ARGUMENT", seen.ErrorCode);
        Assert.Contains("exceeds the maximum number of tokens", seen.Message, StringComparison.Ordinal);
        Assert.Equal((1, "Client", "ContextTooLong"), (line.Attempts, line["owner"], line["reason"]));
        Assert.Equal(KeyMark.None, MarkOf(gateway, Assert.Single(Posts(gateway)).Key!));
    }

    [Theory]
    [MemberData(nameof(Ask.Forms), MemberType = typeof(Ask))]
    public async Task The_place_of_the_gateway_is_nobodys_key_and_not_tried_again(Form form)
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await StartAsync(lines);
        gateway.Upstream.Script.Next(FakeReply.LocationNotSupported());

        Seen seen = await gateway.Client.AskAsync(form);

        RequestLine line = await lines.NextAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, seen.Status);
        Assert.Equal((1, "Gateway", "LocationUnsupported"), (line.Attempts, line["owner"], line["reason"]));
        Assert.Equal(KeyMark.None, MarkOf(gateway, Assert.Single(Posts(gateway)).Key!));
    }

    [Fact]
    public async Task Three_failures_of_a_key_in_a_row_put_it_out_and_a_success_between_them_does_not()
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await StartAsync(lines);
        FakeRule refusing = gateway.Upstream.Script.ForKey(FirstKey).Reply(FakeReply.NoIdentity(), FakeReply.NoIdentity(), FakeReply.Default, FakeReply.NoIdentity());

        for (int i = 0; i < 12; i++)
        {
            Assert.True((await gateway.Client.AskAsync(Form.OpenAI)).IsComplete);
            await lines.NextAsync();
        }

        Assert.Equal(6, refusing.Used); // refused twice, served once, refused three times: then it is out
        Assert.Equal(KeyMark.Out, MarkOf(gateway, FirstKey));
    }

    private static AttemptFault Find(string name, Form form)
    {
        AttemptFault fault = AttemptFaults.All.GetValueOrDefault(name) ?? AttemptFaults.OfStreams[name];
        return form.IsStream() ? fault.InStreams ?? fault : fault;
    }

    private static Task<TestGateway> StartAsync(RequestLines lines) => lines.StartAsync(
        static fake =>
        {
            fake.AddKey(FirstKey);
            fake.AddKey(SecondKey);
        },
        new Dictionary<string, string>
        {
            ["KEY_SELECTION"] = "least-recently-used", // in turns, so that each test knows which key comes next
            ["GEMINI_API_KEYS"] = $"{FirstKey},{SecondKey}",
            ["MAX_RETRY_NUM"] = "4",
            ["GEMINI_RETRY_DELAY"] = "0",
            ["DEBUG_HEADERS"] = "true",
        });

    private static IReadOnlyList<ReceivedRequest> Posts(TestGateway gateway) => [.. gateway.Upstream.Received.Requests.Where(static request => request.Method == "POST")];

    private static KeyMark MarkOf(TestGateway gateway, string key)
    {
        var pool = gateway.Services.GetRequiredService<KeyPool.KeyPool>();
        Credential credential = pool.Find(new SecretText(key))!;
        return credential.Health switch
        {
            { Status: not CredentialStatus.Usable } => KeyMark.Out,
            { ConsecutiveFailures: > 0 } => KeyMark.Counted,
            _ => pool.RestrictionsOf(credential.Id).Count > 0 ? KeyMark.Restricted : KeyMark.None,
        };
    }

    private static void CheckNoKeyShows(TestGateway gateway, Seen seen)
    {
        Assert.DoesNotContain(Canary, seen.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, seen.Headers, StringComparison.Ordinal);
        Assert.Contains("x-pollux-key: ", seen.Headers, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(gateway.Logs.Lines, static line => line.Text.Contains(Canary, StringComparison.Ordinal));
    }
}
