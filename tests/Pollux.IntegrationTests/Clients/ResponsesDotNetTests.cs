#pragma warning disable OPENAI001 // the library calls this part of itself experimental
using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using OpenAI.Responses;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Clients;

/// <summary>OpenAI's library for .NET with responses, changed in address and key, its own retries off.</summary>
[Trait("Feature", "OAI-13")]
public sealed class ResponsesDotNetTests
{
    private const string Model = "gemini-3.5-flash";

    [Fact]
    public async Task A_response_is_made_streamed_gone_on_from_given_again_and_deleted()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Text("One."), FakeReply.TextInPieces("Two", " and", " three."));
        ResponsesClient client = Client(gateway);
        CancellationToken cancellation = TestContext.Current.CancellationToken;

        ResponseResult first = await client.CreateResponseAsync(new CreateResponseOptions(Model, [ResponseItem.CreateUserMessageItem("Count")]) { Instructions = "Be short." }, cancellation);
        var text = new StringBuilder();
        string? id = null;
        var second = new CreateResponseOptions(Model, [ResponseItem.CreateUserMessageItem("Go on")]) { PreviousResponseId = first.Id, StreamingEnabled = true };
        await foreach (StreamingResponseUpdate update in await client.CreateResponseStreamingAsync(second, cancellation))
        {
            if (update is StreamingResponseOutputTextDeltaUpdate delta)
                text.Append(delta.Delta);
            if (update is StreamingResponseCompletedUpdate completed)
                id = completed.Response.Id;
        }

        ResponseResult again = await client.GetResponseAsync(id!, cancellation);
        ResponseDeletionResult deleted = await client.DeleteResponseAsync(id!, cancellation);
        ClientResultException gone = await Assert.ThrowsAsync<ClientResultException>(() => client.GetResponseAsync(id!, cancellation));

        Assert.Equal(("One.", ResponseStatus.Completed), (first.GetOutputText(), first.Status));
        Assert.Equal(("Two and three.", "Two and three."), (text.ToString(), again.GetOutputText()));
        Assert.True(deleted.Deleted);
        Assert.Equal(404, gone.Status);
    }

    [Fact]
    public async Task Tools_are_called_and_answered()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.ToolCalls(FakeToolCall.Parse("get_weather", """{"city":"Paris"}""")), FakeReply.Text("Sunny."));
        ResponsesClient client = Client(gateway);
        ResponseTool tool = ResponseTool.CreateFunctionTool("get_weather", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}}}"""), strictModeEnabled: false, "The weather in a city");

        ResponseResult asked = await client.CreateResponseAsync(new CreateResponseOptions(Model, [ResponseItem.CreateUserMessageItem("Paris?")]) { Tools = { tool } }, TestContext.Current.CancellationToken);
        var call = Assert.IsType<FunctionCallResponseItem>(Assert.Single(asked.OutputItems));
        ResponseResult answered = await client.CreateResponseAsync(
            new CreateResponseOptions(Model, [ResponseItem.CreateFunctionCallOutputItem(call.CallId, "clear")]) { Tools = { tool }, PreviousResponseId = asked.Id }, TestContext.Current.CancellationToken);

        Assert.Equal(("get_weather", """{"city":"Paris"}"""), (call.FunctionName, call.FunctionArguments.ToString()));
        Assert.Equal("Sunny.", answered.GetOutputText());
    }

    private static ResponsesClient Client(TestGateway gateway) => new(
        new ApiKeyCredential(TestGateway.Password), new ResponsesClientOptions { Endpoint = new Uri(gateway.Address, "v1"), RetryPolicy = new ClientRetryPolicy(0) });
}
