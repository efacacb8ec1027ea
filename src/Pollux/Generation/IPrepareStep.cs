using Pollux.Protocols.Gemini;
using Pollux.Protocols.Translation;
using Pollux.Settings;

namespace Pollux.Generation;

/// <summary>One small change to a translated request, made before it is sent. Steps run in the order of their list.</summary>
internal interface IPrepareStep
{
    /// <summary>Changes <paramref name="request"/> as the settings and the model demand.</summary>
    void Apply(GenerateContentRequest request, in PrepareContext context);
}

/// <summary>What a step may look at.</summary>
/// <param name="Model">The model that will be asked.</param>
/// <param name="Settings">The settings this request began with.</param>
/// <param name="ShowThoughts">Whether the client will see thoughts.</param>
/// <param name="Losses">Where a step reports what it could not carry out.</param>
internal readonly record struct PrepareContext(ResolvedModel Model, GenerationSettings Settings, bool ShowThoughts, LossReport Losses);
