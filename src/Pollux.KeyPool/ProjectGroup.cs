namespace Pollux.KeyPool;

/// <summary>
/// Credentials that share one quota because they belong to one project of Google: declared by the user, or one credential
/// alone as long as nothing is known. Changed under the pool's gate only; lanes read <see cref="Usable"/>.
/// </summary>
internal sealed class ProjectGroup(int index, string name, bool isDeclared)
{
    private volatile Members _usable = Members.None;
    private volatile ProjectTier _tier;

    /// <summary>Its place in the lanes' tables.</summary>
    public int Index => index;

    /// <summary>The declared name, or that of the one credential.</summary>
    public string Name => name;

    /// <summary>The user said so: nobody outside this group shares its quota.</summary>
    public bool IsDeclared => isDeclared;

    /// <summary>What its refusals told.</summary>
    public ProjectTier Tier { get => _tier; set => _tier = value; }

    /// <summary>The user says that it pays.</summary>
    public bool IsPaid { get; init; }

    /// <summary>The part of the pool it stands in; but for the ordinary one it has one member.</summary>
    public PoolSection Section { get; init; }

    /// <summary>The members that may be used.</summary>
    public ReadOnlySpan<Credential> Usable
    {
        get
        {
            Members members = _usable;
            return members.Count == 1 ? new ReadOnlySpan<Credential>(in members.First) : members.Array.AsSpan(0, members.Count);
        }
    }

    /// <summary>The credential an undeclared group is known by.</summary>
    public CredentialId First { get; init; }

    /// <summary>A member may be used from now on.</summary>
    public void Admit(Credential credential)
    {
        if (credential.IsAdmitted)
            return;
        credential.IsAdmitted = true;
        Members members = _usable;
        Credential[] array = members.Array;
        if (members.Count == array.Length)
            Array.Resize(ref array, Math.Max(1, array.Length * 2));
        array[members.Count] = credential; // behind the end of what any reader sees
        _usable = new Members(array, members.Count + 1);
    }

    /// <summary>A member may not be used any more.</summary>
    public void Dismiss(Credential credential)
    {
        if (!credential.IsAdmitted)
            return;
        credential.IsAdmitted = false;
        Credential[] left = [.. Usable.ToArray().Where(member => member != credential)];
        _usable = new Members(left, left.Length);
    }

    private sealed class Members(Credential[] array, int count)
    {
        public static readonly Members None = new([], 0);

        public readonly Credential[] Array = array;
        public readonly int Count = count;
        public readonly Credential First = count > 0 ? array[0] : null!; // most have one: it is found without a step through the array
    }
}
