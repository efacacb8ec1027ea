using System.Security.Cryptography;
using Pollux.Protocols.Gemini;

namespace Pollux.Generation;

/// <summary>
/// <c>RANDOM_STRING</c>: something random before the first and the last thing that the user said, against being told apart by
/// identical requests. A part of those turns and none of its own, so that roles alternate as before and the last thing the
/// model reads is the user's. Turns that answer function calls stay as they are. After all other steps, and after the request
/// was compared with what is kept.
/// </summary>
internal sealed class RandomStringStep : IPrepareStep
{
    private const string Characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <inheritdoc/>
    public void Apply(GenerateContentRequest request, in PrepareContext context)
    {
        int length = context.Settings.RandomTextLength;
        if (length == 0)
            return;
        Content? first = request.Contents.Find(IsSaid);
        Content? last = request.Contents.FindLast(IsSaid);
        Put(first, length);
        if (last != first)
            Put(last, length);
    }

    private static bool IsSaid(Content turn) => turn is { Role: Content.User, HasFunctionResponse: false, Parts.Count: > 0 };

    private static void Put(Content? turn, int length) => turn?.Parts.Insert(0, Part.FromText(RandomNumberGenerator.GetString(Characters, length) + "\n"));
}
