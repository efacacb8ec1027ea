using Pollux.Access;
using Pollux.Settings;

namespace Pollux.Hosting;

/// <summary>Resolves the access settings at the start, and makes a password where none was set.</summary>
internal static class AccessSetup
{
    /// <summary>The rules of access.</summary>
    public static AccessModel Model(PolluxSettings settings)
    {
        GeneratedPassword? generated = null;
        if (AccessModel.NeedsGeneratedPassword(settings.Access))
        {
            generated = GeneratedPassword.ReadOrCreate(settings.Server.DataDirectory);
            if (generated.IsNew)
                Tell(generated, settings.Server.DataDirectory);
        }

        return AccessModel.From(settings.Access, generated);
    }

    /// <summary>To the terminal alone: logs are kept, copied and shared.</summary>
    private static void Tell(GeneratedPassword generated, string directory)
    {
        Console.WriteLine($"Password for clients on other machines, made now: {generated.Value}");
        Console.WriteLine(generated.IsKept
            ? $"It is kept in {Path.Combine(directory, GeneratedPassword.FileName)}. Set PASSWORD to use one of your own."
            : "It could not be kept and holds until this process ends. Set PASSWORD to use one of your own.");
    }
}
