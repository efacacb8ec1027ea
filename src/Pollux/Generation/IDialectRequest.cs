using Pollux.Protocols.Translation;

namespace Pollux.Generation;

/// <summary>A request for generation in the dialect of its client, read but not yet translated. Its body must outlive it.</summary>
internal interface IDialectRequest
{
    /// <summary>The client's bytes.</summary>
    ReadOnlyMemory<byte> Body { get; }

    /// <summary>The model, as the client wrote it; <see langword="null"/> if it is missing.</summary>
    string? Model { get; }

    /// <summary>Whom the client serves, in any form; empty when it does not say. One caller may have many users, and what was made for one is not for another.</summary>
    ReadOnlySpan<byte> EndUser { get; }

    /// <summary>Translates it for a model; each call gives a translation of its own, since what prepares a request changes it.</summary>
    /// <exception cref="RequestFormatException">It cannot be understood, or not be expressed for this model.</exception>
    RequestTranslation Translate(in TranslationContext context);
}
