namespace Pollux.KeyPool;

// Which credentials share a project, as far as nobody declared it. Everything here changes groups under the gate.
public sealed partial class KeyPool
{
    private readonly ProjectLinks _signs = new();
    private readonly Dictionary<CredentialId, ProjectLink> _links = [];
    private readonly Dictionary<string, CredentialId> _byProjectNumber = new(StringComparer.Ordinal);

    /// <summary>The credentials that were joined with others without being declared.</summary>
    public IReadOnlyList<ProjectLink> Links
    {
        get
        {
            lock (_gate)
                return [.. _links.Values];
        }
    }

    /// <summary>Joins two credentials: from now on they share one quota. Declared ones are not touched.</summary>
    /// <returns><see langword="false"/> when one of them is not in the pool or was declared, or they are joined already.</returns>
    public bool Link(CredentialId credential, CredentialId with, string evidence)
    {
        lock (_gate)
            return Join(Find(credential)?.Group, Find(with)?.Group, ProjectLinkSource.Given, evidence);
    }

    /// <summary>Takes a credential out of a project it was joined with; it counts by itself again.</summary>
    /// <returns><see langword="false"/> when it was not joined with any.</returns>
    public bool Unlink(CredentialId id)
    {
        lock (_gate)
        {
            if (Find(id) is not { Group.IsDeclared: false } credential || !_links.Remove(id))
                return false;
            var usable = credential.IsAdmitted;
            if (usable)
                Dismiss(credential, forget: false);
            credential.Group = new ProjectGroup(_groups.Count, credential.Label, isDeclared: false) { First = id, IsPaid = credential.Tier == ProjectTier.Paid, Section = credential.Section };
            _groups.Add(credential.Group);
            if (usable)
                Admit(credential);
            return true;
        }
    }

    /// <summary>Where signs of shared projects are gathered.</summary>
    internal ProjectLinks Signs => _signs;

    private void JoinFound()
    {
        lock (_gate)
        {
            while (_signs.TryTake(out var low, out var high, out var events))
            {
                if (PresentGroup(high) is { } joining && PresentGroup(low) is { } target && !_signs.AreApart(joining.Index, target.Index))
                    Join(joining, target, ProjectLinkSource.CorrelatedRefusals, $"{events} times one was refused when both together had used up the limit");
            }
        }
    }

    /// <summary>The group itself, or the one it was joined with meanwhile.</summary>
    private ProjectGroup? PresentGroup(int index) => _groups[index].Usable.IsEmpty ? Find(_groups[index].First)?.Group : _groups[index];

    /// <summary>An error named the project of a credential.</summary>
    private void NoteProject(Credential credential, string number)
    {
        lock (_gate)
        {
            if (Find(_byProjectNumber.GetValueOrDefault(number)) is not { } other)
                _byProjectNumber[number] = credential.Id; // the first, or the one before was removed
            else if (other != credential)
                Join(credential.Group, other.Group, ProjectLinkSource.SameProjectNumber, "errors named the same project for both");
        }
    }

    private bool Join(ProjectGroup? joining, ProjectGroup? target, ProjectLinkSource source, string evidence)
    {
        if (joining is null || target is null || joining == target || joining.IsDeclared || target.IsDeclared || joining.Section != target.Section)
            return false;
        var now = _time.GetUtcNow();
        foreach (var credential in Credentials())
        {
            if (credential.Group != joining)
                continue;
            var usable = credential.IsAdmitted;
            joining.Dismiss(credential);
            credential.Group = target;
            if (usable)
                target.Admit(credential);
            _links[credential.Id] = new ProjectLink(credential.Id, target.First, source, now, evidence);
        }

        foreach (var lane in _lanes.Values)
        {
            if (lane.Section == target.Section)
                lane.Join(joining, target, now.UtcTicks);
        }

        _signs.Joined(joining.Index, target.Index);
        return true;
    }
}
