using Pollux.KeyPool;

namespace Pollux.Upstream;

// xAI and further upstreams with OpenAI's API: the key is a Bearer token, and its kind says where it may go. It goes nowhere else.
internal sealed partial class GeminiUpstream
{
    private HttpRequestMessage CreateOtherRequest(UpstreamCall call, ReadOnlyMemory<byte> body, Credential credential)
    {
        if (!call.IsOpenAI)
            throw new NotOfferedException("This upstream has OpenAI's API alone.");
        Uri root = credential.Kind == CredentialKind.XaiKey ? _others.Xai.BaseAddress : _others.Further[credential.Upstream - 1].BaseAddress;
        string address = root.AbsoluteUri + call.Path;
        return CreateRequest(
            call, body, new Uri(call.Query.Length > 0 ? $"{address}?{call.Query}" : address), "Authorization", "Bearer " + credential.Secret.Reveal(), isGoogle: false);
    }
}
