using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Pollux.FakeGemini;

/// <summary>What Google thinks of a service account.</summary>
public enum FakeAccountState
{
    /// <summary>Works.</summary>
    Valid,

    /// <summary>The token service says <c>invalid_grant</c>: the account is gone.</summary>
    Gone,

    /// <summary>403 IAM_PERMISSION_DENIED.</summary>
    WithoutPermission,

    /// <summary>403 SERVICE_DISABLED: the project has not enabled the API.</summary>
    ServiceDisabled,

    /// <summary>403 BILLING_DISABLED.</summary>
    BillingDisabled,
}

/// <summary>A service account that the fake knows, with a key pair of its own. Its state may be changed while requests run. Thread-safe.</summary>
public sealed class FakeServiceAccount
{
    /// <summary>Making a key pair takes a tenth of a second and more, so in one process an account of one name has the same on all servers.</summary>
    private static readonly ConcurrentDictionary<string, RSAParameters> Pairs = new(StringComparer.Ordinal);

    private readonly RSA _key;
    private volatile FakeAccountState _state;

    internal FakeServiceAccount(string projectId, string clientEmail, FakeProject project, string tokenAddress)
    {
        ProjectId = projectId;
        ClientEmail = clientEmail;
        Quota = project;
        TokenAddress = tokenAddress;
        _key = RSA.Create(Pairs.GetOrAdd(clientEmail, static _ =>
        {
            using var made = RSA.Create(2048);
            return made.ExportParameters(includePrivateParameters: true);
        }));
        PrivateKey = _key.ExportPkcs8PrivateKeyPem();
        PrivateKeyId = Convert.ToHexStringLower(SHA256.HashData(_key.ExportSubjectPublicKeyInfo()))[..40];
        AsKey = new FakeKey(clientEmail, project);
    }

    /// <summary>The project it belongs to and asks for.</summary>
    public string ProjectId { get; }

    /// <summary>Its name.</summary>
    public string ClientEmail { get; }

    /// <summary>The private key in PEM: a secret, though only of this fake.</summary>
    public string PrivateKey { get; }

    /// <summary>The number of the private key, as assertions name it.</summary>
    public string PrivateKeyId { get; }

    /// <summary>Where it gets its tokens.</summary>
    public string TokenAddress { get; }

    /// <summary>What its project may use.</summary>
    public FakeProject Quota { get; }

    /// <summary>What Google thinks of it now.</summary>
    public FakeAccountState State
    {
        get => _state;
        set => _state = value;
    }

    internal FakeKey AsKey { get; }

    /// <summary>From now on its project answers 404 for the model.</summary>
    public FakeServiceAccount Without(string model)
    {
        AsKey.Without(model);
        return this;
    }

    /// <summary>The file that Google gives for it.</summary>
    /// <param name="tokenAddress">Stands in it instead of this server's own.</param>
    public string ToJson(string? tokenAddress = null) => new JsonObject
    {
        ["type"] = "service_account",
        ["project_id"] = ProjectId,
        ["private_key_id"] = PrivateKeyId,
        ["private_key"] = PrivateKey,
        ["client_email"] = ClientEmail,
        ["client_id"] = "100000000000000000001",
        ["token_uri"] = tokenAddress ?? TokenAddress,
    }.ToJsonString();

    internal bool Verifies(ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        lock (_key) return _key.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }
}
