using Microsoft.AspNetCore.Http.Features;
using Pollux.Access;
using Pollux.Dispatch;
using Pollux.Generation;
using Pollux.KeyPool;
using Pollux.Media;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.OpenAI.Images;
using Pollux.Protocols.Translation;
using Pollux.Settings;
using Pollux.Telemetry;

namespace Pollux.Endpoints;

/// <summary>OpenAI's routes for pictures: new ones, and changed ones. Reads, calls and writes; decides nothing.</summary>
internal sealed class ImagesEndpoint(ImageGeneration generation, PicturePublishing publishing, NamedUpstreamRelay upstreams, SettingsHolder settings, TimeProvider clock)
{
    private const int MostPictures = 16; // of OpenAI's API

    private static readonly FileBounds Pictures = new(
        ["image", "image[]", "mask"], MostPictures + 1, MostBytes: 50 * 1024 * 1024, "the bound of OpenAI's API. Send a smaller picture.");

    /// <summary>Serves <c>POST images/generations</c>.</summary>
    public async Task GenerateAsync(HttpContext http)
    {
        RequestRecord record = RecordOf(http);
        (RequestBody? body, GatewayError? refusal) = await RequestBody.ReadJsonAsync(http, settings.Current.Server.MaxBodyBytes, http.RequestAborted);
        PreparedImages prepared;
        using (body)
        {
            if (body is null)
            {
                await OpenAIReplies.RefuseAsync(http, record, refusal!);
                return;
            }

            if (upstreams.Find(body, record) is { } named)
            {
                await upstreams.ServeAsync(http, body, named, "images/generations", record);
                return;
            }

            try
            {
                prepared = generation.Prepare(ImagesReader.Read(body.Bytes), [], mask: null, record);
            }
            catch (RequestFormatException fault)
            {
                await OpenAIReplies.RefuseAsync(http, record, fault);
                return;
            }
        }

        await AnswerAsync(http, prepared, record);
    }

    /// <summary>Serves <c>POST images/edits</c>.</summary>
    public async Task EditAsync(HttpContext http)
    {
        RequestRecord record = RecordOf(http);
        (UploadedForm? form, GatewayError? refusal) = await UploadedForm.ReadAsync(http, settings.Current.Server.MaxBodyBytes, Pictures, http.RequestAborted);
        using (form)
        {
            if (form is null)
            {
                await OpenAIReplies.RefuseAsync(http, record, refusal!);
                return;
            }

            PreparedImages prepared;
            try
            {
                ImagesRequest request = ImagesReader.Read(form.Fields, isEdit: true);
                (List<InlineData> pictures, InlineData? mask) = Read(form.Files);
                prepared = generation.Prepare(request, pictures, mask, record);
            }
            catch (RequestFormatException fault)
            {
                await OpenAIReplies.RefuseAsync(http, record, fault);
                return;
            }

            form.DropFiles();
            await AnswerAsync(http, prepared, record);
        }
    }

    /// <summary>Refuses <c>POST images/variations</c>: Gemini varies a picture by words alone.</summary>
    public static Task RefuseVariationsAsync(HttpContext http) => OpenAIReplies.RefuseAsync(http, RecordOf(http), new GatewayError(
        400, GatewayErrorKind.InvalidRequest, "Gemini makes no variations without words. Use POST /v1/images/edits with the picture and a prompt, such as 'a variation of this picture'.", Code: RequestFormatCodes.UnsupportedValue));

    /// <summary>Why there is no picture, as a client may know it.</summary>
    /// <param name="made">What came.</param>
    /// <param name="model">The model.</param>
    /// <param name="record">Learns whose fault it is.</param>
    public static GatewayError Withheld(MadePictures made, string model, RequestRecord record)
    {
        (record.FaultOwner, record.FaultReason) = (nameof(FaultOwner.Client), made.Withheld is null ? "NoPicture" : nameof(FaultReason.PromptBlocked));
        return made.Withheld is { } reason
            ? new GatewayError(400, GatewayErrorKind.ContentBlocked, $"{model} withheld the picture: {reason}", Param: "prompt", Code: "content_policy_violation")
            : new GatewayError(400, GatewayErrorKind.ContentBlocked, $"{model} gave no picture, but {made.Said ?? "nothing"}. Say in the prompt which picture you want.", Param: "prompt", Code: "no_image");
    }

    /// <summary>A failure in the words of the routes for pictures.</summary>
    public static GatewayError Told(DispatchFailure failure, string model)
    {
        GatewayError error = FailureTranslation.ToError(failure, model).Of("prompt");
        return error.Kind == GatewayErrorKind.ContentBlocked ? error with { Code = "content_policy_violation", Param = "prompt" } : error;
    }

    private static RequestRecord RecordOf(HttpContext http)
    {
        RequestRecord record = http.Features.GetRequiredFeature<RequestRecord>();
        record.Caller = http.Caller?.Label ?? record.Caller;
        return record;
    }

    private static (List<InlineData> Pictures, InlineData? Mask) Read(IReadOnlyList<UploadedFile> files)
    {
        var pictures = new List<InlineData>();
        InlineData? mask = null;
        foreach (UploadedFile file in files)
        {
            ReadOnlySpan<byte> bytes = file.Bytes.Span;
            string type = MediaKinds.Tell(bytes[..Math.Min(bytes.Length, MediaKinds.HeadBytes)], declared: null) is { } told and ("image/png" or "image/jpeg" or "image/webp" or "image/heic" or "image/heif")
                ? told
                : throw new RequestFormatException($"'{file.Field}' is not a picture that Gemini takes: PNG, JPEG, WebP, HEIC or HEIF.", file.Field, RequestFormatCodes.InvalidMedia);
            if (file.Field != "mask")
                pictures.Add(InlineData.FromBytes(type, file.Bytes));
            else if (mask is null)
                mask = InlineData.FromBytes(type, file.Bytes);
            else
                throw new RequestFormatException("The form has more than one mask.", "mask");
        }

        return pictures.Count <= MostPictures
            ? (pictures, mask)
            : throw new RequestFormatException($"The form has more than {MostPictures} pictures.", "image");
    }

    private async Task AnswerAsync(HttpContext http, PreparedImages prepared, RequestRecord record)
    {
        using (prepared)
        {
            await using var client = new ClientStream(http.Response, "application/json; charset=utf-8", settings.Current.Dispatch.UnaryKeepAlive, clock);
            (MadePictures? made, DispatchFailure? failure) = await generation.SendAsync(prepared, record, http.RequestAborted);
            using (made)
            {
                if (made is null or { Pictures.Count: 0 })
                {
                    await OpenAIReplies.FailAsync(http, client, made is null ? Told(failure!, prepared.Model.Name) : Withheld(made, prepared.Model.Name, record), asEvent: false);
                    return;
                }

                bool publish = prepared.Request.WantsAddresses ?? !ImageModels.GivesBytesOnly(prepared.Request.Model);
                Uri clientBase = PublicBase.Of(http, settings.Current.Access.TrustedProxies);
                var addresses = new string?[made.Pictures.Count];
                for (int i = 0; publish && i < addresses.Length; i++)
                    addresses[i] = await publishing.PublishAsync(clientBase, made.Pictures[i], http.RequestAborted);
                AnswerOutput output = await client.EnterAsync(http.RequestAborted);
                ImagesBodyWriter.Write(prepared.Request, made.Pictures, addresses, made.Usage, clock.GetUtcNow().ToUnixTimeSeconds(), output);
                await client.FlushAsync(http.RequestAborted);
            }
        }
    }
}
