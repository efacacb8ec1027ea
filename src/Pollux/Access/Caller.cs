namespace Pollux.Access;

/// <summary>Who calls. Made once per credential, so that admission allocates nothing.</summary>
/// <param name="Id">Stable over restarts and over changes of other credentials; for storage, where a caller's things are kept apart. Not for logs.</param>
/// <param name="Label">A name that is safe to log and to show: where the credential came from, never the credential.</param>
internal sealed record Caller(string Id, string Label)
{
    /// <summary>It is known by nothing but a key of xAI's that it brought along, which must go there and nowhere else.</summary>
    public bool BringsXaiKey { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Label;
}

/// <summary>Where a request's caller is kept.</summary>
internal static class CallerOfRequest
{
    extension(HttpContext http)
    {
        /// <summary>Who calls; <see langword="null"/> on routes that ask nobody.</summary>
        public Caller? Caller => http.Features.Get<Caller>();
    }
}
