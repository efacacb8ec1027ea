using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Faults;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;

namespace Pollux.IntegrationTests.Vertex;

/// <summary>The same faults as for the Gemini API, through both kinds of credentials of Vertex AI.</summary>
[Trait("Feature", "UPS-1")]
[Trait("Feature", "UPS-2")]
public sealed class VertexFaultTests
{
    public static TheoryData<string, Form, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, Form, string>();
            foreach (Form form in (ReadOnlySpan<Form>)[Form.OpenAI, Form.OpenAIStream, Form.GeminiStream])
            {
                foreach (string fault in AttemptFaults.All.Keys.Concat(form.IsStream() ? AttemptFaults.OfStreams.Keys : []))
                {
                    cases.Add(fault, form, "vertex");
                    cases.Add(fault, form, "vertex-express");
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_fault_before_the_first_part_is_invisible_and_marks_its_owner_alone(string name, Form form, string side)
    {
        AttemptFault fault = Find(name, form);
        var lines = new RequestLines();
        await using TestGateway gateway = await StartAsync(lines);
        FakeRule rule = gateway.Upstream.Script.When(static request => request.IsVertex).Times(1).Reply(fault.Reply);

        Seen seen = await gateway.AskAsync(form, side);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal("You said: Hello", seen.Text);
        RequestLine line = await lines.NextAsync();
        Assert.Equal((1, 2, "-", "-"), (rule.Used, line.Attempts, line["owner"], line["reason"]));
        IReadOnlyList<ReceivedRequest> sent = gateway.ToVertex();
        Assert.Equal(2, sent.Count);
        if (fault.Mark != KeyMark.None)
            Assert.NotEqual(Who(sent[0]), Who(sent[1]));
        Assert.Equal(fault.Mark, MarkOf(gateway, Who(sent[0])));
        foreach (Credential other in gateway.Services.GetRequiredService<KeyPool.KeyPool>().Credentials().Where(other => other.Id != gateway.Of(Who(sent[0])).Id))
            Assert.Equal(KeyMark.None, MarkOf(gateway, other));
        gateway.CheckNothingShows(seen);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_fault_of_every_attempt_is_told_truly(string name, Form form, string side)
    {
        AttemptFault fault = Find(name, form);
        var lines = new RequestLines();
        await using TestGateway gateway = await StartAsync(lines);
        gateway.Upstream.Script.When(static request => request.IsVertex).Reply(fault.Reply);

        Seen seen = await gateway.AskAsync(form, side);

        RequestLine line = await lines.NextAsync();
        int status = form.IsOpenAI() ? fault.Status : fault.GeminiStatus ?? fault.Status;
        Assert.Equal(status, (int)seen.Status);
        Assert.Equal(form.IsOpenAI() ? fault.OpenAICode : fault.GeminiWord, seen.ErrorCode);
        if (status is 429 or 503)
            Assert.True(seen.RetryAfter > 0, "no Retry-After: " + seen.Headers);
        Assert.Equal((fault.Attempts, fault.Owner, fault.Reason), (line.Attempts, line["owner"], line["reason"]));
        Assert.Equal(0, gateway.Services.GetRequiredService<KeyPool.KeyPool>().Snapshot().InFlight);
        gateway.CheckNothingShows(seen);
    }

    [Theory]
    [InlineData("no permission", KeyMark.Counted)]
    [InlineData("no model", KeyMark.Restricted)]
    [InlineData("no capacity", KeyMark.Restricted)]
    public async Task What_Vertex_alone_says_is_attributed(string kind, KeyMark mark)
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await StartAsync(lines);
        gateway.Upstream.Script.When(static request => request.IsVertex).Times(1).Reply(kind switch
        {
            "no permission" => FakeReply.PermissionDenied(),
            "no model" => FakeReply.PublisherModelNotFound(),
            _ => FakeReply.VertexExhausted(),
        });

        Seen seen = await gateway.AskAsync(Form.OpenAI, "vertex");

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal(mark, MarkOf(gateway, Who(gateway.ToVertex()[0])));
        Assert.NotEqual(Who(gateway.ToVertex()[0]), Who(gateway.ToVertex()[1]));
    }

    [Fact]
    public async Task A_place_that_does_not_exist_answers_with_a_page_and_is_told_as_the_upstreams()
    {
        await using TestGateway gateway = await VertexStand.StartAsync(settings: new Dictionary<string, string> { ["VERTEX_LOCATION"] = "atlantis-north1", ["GEMINI_RETRY_DELAY"] = "0" });

        Seen seen = await gateway.AskAsync(Form.OpenAI, "vertex");

        Assert.Equal(HttpStatusCode.BadGateway, seen.Status);
        Assert.Equal(CredentialStatus.Usable, gateway.Of("test-project-1").Health.Status);
    }

    [Fact]
    public async Task A_storm_of_faults_ends_with_every_request_served_or_told_truly()
    {
        using var lines = new RequestLines();
        await using TestGateway gateway = await VertexStand.StartAsync(
            accounts: 4, express: 2, settings: Squall.Settings, lines: lines, arrange: static (_, accounts) => accounts[3].State = FakeAccountState.ServiceDisabled);
        var storm = new Squall(
            static request => request.IsVertex && request.Action != "token",
            [FakeReply.Overloaded(), FakeReply.InternalError(), FakeReply.Reset(), FakeReply.VertexExhausted(), FakeReply.HtmlError(), FakeReply.NoContent("OTHER")],
            [FakeReply.Default.EndedAfter(0), FakeReply.Default.ResetAfter(1), FakeReply.Default.BareErrorAfter(2)]);

        IReadOnlyList<Seen> seen = await storm.RageAsync(
            gateway, lines, (number, prompt) => gateway.AskAsync((Form)(number % 5), number % 2 == 0 ? "vertex" : "vertex-express", prompt),
            Enumerable.Range(1, 4).Select(number => $"test-project-{number}").Concat(VertexStand.ExpressKeys)
                .ToDictionary(gateway.Of, static who => who == "test-project-4" ? CredentialStatus.Out : CredentialStatus.Usable));

        gateway.CheckNothingShows(seen);
    }

    private static Task<TestGateway> StartAsync(RequestLines lines) => VertexStand.StartAsync(
        accounts: 2, express: 2,
        settings: new Dictionary<string, string> { ["MAX_RETRY_NUM"] = "4", ["GEMINI_RETRY_DELAY"] = "0", ["DEBUG_HEADERS"] = "true" },
        lines: lines);

    private static AttemptFault Find(string name, Form form)
    {
        AttemptFault fault = AttemptFaults.All.GetValueOrDefault(name) ?? AttemptFaults.OfStreams[name];
        return form.IsStream() ? fault.InStreams ?? fault : fault;
    }

    private static string Who(ReceivedRequest request) => request.Project ?? request.Key!;

    private static KeyMark MarkOf(TestGateway gateway, string who) => MarkOf(gateway, gateway.Of(who));

    private static KeyMark MarkOf(TestGateway gateway, Credential credential) => credential.Health switch
    {
        { Status: not CredentialStatus.Usable } => KeyMark.Out,
        { ConsecutiveFailures: > 0 } => KeyMark.Counted,
        _ => gateway.Services.GetRequiredService<KeyPool.KeyPool>().RestrictionsOf(credential.Id).Count > 0 ? KeyMark.Restricted : KeyMark.None,
    };
}
