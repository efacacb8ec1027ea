using System.Text.Json;
using Pollux.Access;
using Pollux.Generation;
using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.Translation;
using Pollux.Telemetry;

namespace Pollux.Live;

/// <summary>A setup whose model was found.</summary>
/// <param name="Sent">The message as the upstream takes it.</param>
/// <param name="Model">The upstream's name of the model.</param>
/// <param name="Paid">When a reserved key serves it.</param>
internal sealed record LiveModel(ReadOnlyMemory<byte> Sent, string Model, PaidKeyUse Paid);

/// <summary>
/// Finds the model behind the name in a setup: prefix or none, aliases and endings as on the native routes. What an ending asks for is put
/// into the setup; what means nothing in a session, or cannot be had in it, is refused in words.
/// </summary>
internal sealed class LiveModels(ModelNames models)
{
    private const string Prefix = "models/";

    /// <summary>Finds it.</summary>
    /// <param name="message">The message that holds the setup.</param>
    /// <param name="setup">What was read of it; names a model.</param>
    /// <param name="version">For example <c>v1beta</c>.</param>
    /// <param name="record">Notes what could be had only roughly.</param>
    /// <param name="refusal">Why there is none.</param>
    public LiveModel? Find(ReadOnlyMemory<byte> message, LiveSetup setup, string version, RequestRecord record, out GatewayError? refusal)
    {
        string named = setup.Model!;
        refusal = null;
        if (models.Resolve(named, record) is not { } resolved)
        {
            refusal = ModelNames.RefusalOf(named) is { } words
                ? Bad(words)
                : new GatewayError(404, GatewayErrorKind.NotFound, $"{(named.StartsWith(Prefix, StringComparison.Ordinal) ? "" : Prefix)}{named} is not found for API version {version}, or is not supported for bidiGenerateContent.{AliasedNames.HintFor(named)}");
            return null;
        }

        refusal = WhyNot(named, resolved);
        ReadOnlyMemory<byte> sent = named == Prefix + resolved.Name ? message : setup.WithModel(message.Span, resolved.Name);
        if (refusal is null && resolved.HasWishes)
            sent = Apply(sent, setup.IsToken ? LiveSetup.ReadToken(sent.Span)!.Value : LiveSetup.Read(sent.Span)!.Value, resolved, record, out refusal);
        return refusal is null ? new LiveModel(sent, resolved.Name, models.PaidUse(resolved)) : null;
    }

    private static GatewayError? WhyNot(string named, ResolvedModel resolved) => resolved switch
    {
        { PretendsStream: true } => Bad($"-fake means nothing in a Live session, which streams by itself. Ask for '{resolved.Name}'."),
        { Pictures: true } => Bad($"A Live session makes no pictures. Ask for '{resolved.Name}'."),
        { Kinds: not CredentialKinds.None } when named.Contains('[', StringComparison.Ordinal) && !resolved.Kinds.HasFlag(CredentialKinds.GeminiApiKey) =>
            Bad($"Live sessions are not to be had of Vertex AI here. Ask for '{resolved.Name}'."),
        { Thinking: { IsEmpty: false } wish, Capabilities.Thinking.Control: ThinkingControl.None } when wish is not ({ Enabled: false } or { Budget: 0 }) =>
            Bad($"The thinking of {resolved.Name} cannot be controlled. Ask for '{resolved.Name}'."),
        _ => null,
    };

    private static ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> message, LiveSetup setup, ResolvedModel resolved, RequestRecord record, out GatewayError? refusal)
    {
        refusal = null;
        var losses = new LossReport();
        try
        {
            ReadOnlyMemory<byte> changed = NativeRequest.ApplyWishes(setup.ObjectIn(message), resolved, losses);
            foreach (Loss loss in losses.Losses)
            {
                if (loss.Kind == LossKind.Dropped) // nobody could be told later
                    refusal = Bad($"{loss.What} Ask for '{resolved.Name}'.");
            }

            record.Losses = losses.IsEmpty ? null : losses.ToHeader();
            return setup.WithObject(message.Span, changed.Span);
        }
        catch (JsonException)
        {
            refusal = Bad("Invalid JSON payload received: a member stands in the setup twice.");
            return default;
        }
    }

    private static GatewayError Bad(string words) => new(400, GatewayErrorKind.InvalidRequest, words);
}
