using System.Security.Cryptography;
using Pollux.Access;
using Pollux.Affinity;
using Pollux.Buffers;
using Pollux.Dispatch;
using Pollux.Generation;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Answers;
using Pollux.Protocols.OpenAI.Images;
using Pollux.Protocols.Translation;
using Pollux.Settings;
using Pollux.Telemetry;

namespace Pollux.Endpoints;

/// <summary>The chat <c>CREATE_IMAGE_MODEL-chat</c>: the user's last text is a prompt, and the answer shows the pictures.</summary>
internal sealed class PictureChatEndpoint(
    ImageGeneration generation, PicturePublishing publishing, ModelDirectory directory, SignatureVault vault, SettingsHolder settings, TimeProvider clock)
{
    /// <summary>Whether a model's name is that of this chat.</summary>
    public bool Serves(string model) => ImageModels.IsChat(model, directory.Current, settings.Current.Generation);

    /// <summary>Serves a request whose body was read.</summary>
    public async Task ServeAsync(HttpContext http, ReadOnlyMemory<byte> body, RequestRecord record)
    {
        PicturePrompt prompt;
        PreparedImages prepared;
        try
        {
            prompt = PicturePrompt.Read(body);
            prepared = generation.Prepare(prompt.Request, [], mask: null, record);
        }
        catch (RequestFormatException fault)
        {
            await OpenAIReplies.RefuseAsync(http, record, fault);
            return;
        }

        record.Model = prompt.Model;
        record.Stream = prompt.Stream;
        using (prepared)
        {
            DispatchSettings dispatch = settings.Current.Dispatch;
            await using var client = prompt.Stream
                ? new ClientStream(http.Response, "text/event-stream; charset=utf-8", dispatch.KeepAlive, clock)
                : new ClientStream(http.Response, "application/json; charset=utf-8", dispatch.UnaryKeepAlive, clock);
            (MadePictures? made, DispatchFailure? failure) = await generation.SendAsync(prepared, record, http.RequestAborted);
            using (made)
            {
                if (made is null or { Pictures.Count: 0 })
                    await OpenAIReplies.FailAsync(http, client, made is null ? ImagesEndpoint.Told(failure!, prepared.Model.Name) : ImagesEndpoint.Withheld(made, prepared.Model.Name, record), prompt.Stream);
                else
                    await WriteAsync(http, client, prompt, made);
            }
        }
    }

    private async Task WriteAsync(HttpContext http, ClientStream client, PicturePrompt prompt, MadePictures made)
    {
        Uri clientBase = PublicBase.Of(http, settings.Current.Access.TrustedProxies);
        var addresses = new string?[made.Pictures.Count];
        int bytes = 1024;
        for (int i = 0; i < addresses.Length; i++)
        {
            addresses[i] = await publishing.PublishAsync(clientBase, made.Pictures[i], http.RequestAborted);
            bytes += addresses[i] is null ? made.Pictures[i].Data.Length : 1024;
        }

        using var buffer = new PooledBuffer(bytes);
        PictureChatAnswer.Write(made.Pictures, addresses, made.Usage, buffer);
        var answer = new Answer();
        AnswerReader.TryRead(buffer.Written, answer); // it was written here
        var context = new ChatAnswerContext
        {
            Id = "chatcmpl-" + RandomNumberGenerator.GetHexString(24, lowercase: true),
            Created = clock.GetUtcNow().ToUnixTimeSeconds(),
            Model = prompt.Model,
            Calls = vault.For(http.Caller?.Id ?? ""),
            IncludeUsage = prompt.IncludeUsage,
        };
        AnswerOutput output = await client.EnterAsync(http.RequestAborted);
        if (prompt.Stream)
        {
            using var writer = new ChatChunkWriter(context);
            writer.Write(answer, output);
            writer.WriteEnd(output);
        }
        else
        {
            ChatBodyWriter.Write(answer, context, output);
        }

        await client.FlushAsync(http.RequestAborted);
    }
}
