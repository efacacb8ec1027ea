namespace Pollux.Storage;

/// <summary>That a credential belongs to a project, and how that is known.</summary>
/// <param name="CredentialId">The stored credential's row.</param>
/// <param name="Project">The project group.</param>
/// <param name="Source">declared, number (told in an error) or correlated (walls met together).</param>
/// <param name="Evidence">What it was concluded from, as JSON.</param>
/// <param name="At">When.</param>
internal sealed record ProjectLinkRow(long CredentialId, string Project, string Source, string? Evidence, DateTimeOffset At);

/// <summary>Which credentials share a project, on disk; one link per credential and source. Thread-safe.</summary>
internal sealed class ProjectLinkStore(Database database, StoreWriter writer)
{
    /// <summary>All links.</summary>
    public IReadOnlyList<ProjectLinkRow> LoadAll() => database.Read(static session => session.Query(
        "SELECT credential_id, project, source, evidence, at FROM project_links ORDER BY credential_id, source",
        static row => new ProjectLinkRow(row.GetInt64(0), row.GetString(1), row.GetString(2), row.Text(3), row.Instant(4))));

    /// <summary>Has the link written soon, in place of an older one of the same credential and source.</summary>
    public void Save(ProjectLinkRow link) => writer.Enqueue(new LinkWrite(link.CredentialId, link.Source, link));

    /// <summary>Has the link deleted soon: it turned out to be wrong.</summary>
    public void Remove(long credentialId, string source) => writer.Enqueue(new LinkWrite(credentialId, source, null));

    private sealed class LinkWrite(long credentialId, string source, ProjectLinkRow? link) : IStoreWrite
    {
        public object StateKey => (typeof(LinkWrite), credentialId, source);

        public void Apply(SqlSession session)
        {
            if (link is null)
                session.Execute("DELETE FROM project_links WHERE credential_id = $1 AND source = $2", credentialId, source);
            else
                session.Execute( // a credential that was deleted meanwhile is no fault
                    "INSERT OR REPLACE INTO project_links (credential_id, project, source, evidence, at) SELECT id, $2, $3, $4, $5 FROM credentials WHERE id = $1",
                    credentialId, link.Project, source, link.Evidence, Column.Of(link.At));
        }
    }
}
