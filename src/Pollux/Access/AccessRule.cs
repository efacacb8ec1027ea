namespace Pollux.Access;

/// <summary>Who may call a route. Every route declares one; a route without is closed.</summary>
internal enum AccessRule
{
    /// <summary>Anybody.</summary>
    Public,

    /// <summary>Anybody who knows the address, web pages among them: it holds what nobody can guess, and is the credential.</summary>
    KnownAddress,

    /// <summary>Callers with a client credential or a whitelisted address; counted by the request limits.</summary>
    ModelRoute,

    /// <summary>As <see cref="ModelRoute"/>, but not counted: clients list models at will.</summary>
    ModelList,

    /// <summary>
    /// As <see cref="ModelRoute"/>, and besides callers who bring a key of xAI along (<c>XAI_CALLER_KEYS</c>): it is passed to xAI
    /// and nowhere else, and counts against the address.
    /// </summary>
    XaiRoute,

    /// <summary>As <see cref="XaiRoute"/>, but callers with a client credential are not counted; a caller's own key is, since each call goes out.</summary>
    XaiList,

    /// <summary>As <see cref="ModelRoute"/>, and with an ephemeral token that was made here; pages of foreign origins only if they may call model routes.</summary>
    LiveRoute,

    /// <summary>Administrators; a client credential is none.</summary>
    Admin,
}

/// <summary>The rule of a route, as endpoint metadata.</summary>
internal sealed record AccessMetadata(AccessRule Rule);

/// <summary>Declares rules on routes.</summary>
internal static class AccessRouting
{
    /// <summary>Whether clients of models, web pages among them, may call by the rule.</summary>
    public static bool IsForClients(this AccessRule rule) =>
        rule is AccessRule.ModelRoute or AccessRule.ModelList or AccessRule.XaiRoute or AccessRule.XaiList or AccessRule.KnownAddress;

    /// <summary>Declares who may call the route or the group. The innermost declaration holds.</summary>
    public static TBuilder WithAccess<TBuilder>(this TBuilder builder, AccessRule rule)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(new AccessMetadata(rule)));
        builder.Finally(static endpoint =>
        {
            // A preflight is an OPTIONS request: routing finds the route it asks about only if the route says that it takes them.
            if (endpoint.Metadata.OfType<AccessMetadata>().LastOrDefault() is not { Rule: var rule } || !rule.IsForClients())
                return;
            for (var i = 0; i < endpoint.Metadata.Count; i++)
            {
                if (endpoint.Metadata[i] is HttpMethodMetadata { AcceptCorsPreflight: false } methods)
                    endpoint.Metadata[i] = new HttpMethodMetadata(methods.HttpMethods, acceptCorsPreflight: true);
            }
        });
        return builder;
    }
}
