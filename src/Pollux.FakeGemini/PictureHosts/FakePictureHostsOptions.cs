using System.Net;

namespace Pollux.FakeGemini.PictureHosts;

/// <summary>The accounts that <see cref="FakePictureHosts"/> knows. All properties have usable defaults.</summary>
public sealed record FakePictureHostsOptions
{
    /// <summary>Address to listen on; the loopback address by default.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>TCP port, 0 to 65535; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Clock for the windows of signatures.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The token of sm.ms.</summary>
    public string SmmsToken { get; init; } = "smms-token-0123456789abcdef";

    /// <summary>The API key of PicGo and of the Chevereto server.</summary>
    public string CheveretoKey { get; init; } = "chv_0123456789abcdef";

    /// <summary>Whether <c>/api/1/upload</c> answers as the servers that know only a list of links.</summary>
    public bool AnswersLists { get; init; }

    /// <summary>The auth code of the ImgBed; empty: it wants none.</summary>
    public string ImgbedCode { get; init; } = "imgbed-code-0123456789";

    /// <summary>The access key of the object storages.</summary>
    public string AccessKey { get; init; } = "AKTEST0123456789";

    /// <summary>The secret key of the object storages.</summary>
    public string SecretKey { get; init; } = "secret-key/of+the-object-storage";

    /// <summary>The bucket that exists.</summary>
    public string Bucket { get; init; } = "pictures-1250000000";

    /// <summary>The region in which it is.</summary>
    public string Region { get; init; } = "ap-guangzhou";

    /// <summary>The service's host: a bucket stands in front of it, or in the path. Loopback addresses are taken, too.</summary>
    public string ServiceHost { get; init; } = "s3.example.test";
}

/// <summary>A picture that a host took.</summary>
/// <param name="Host">The host name that was asked.</param>
/// <param name="Path">Where it was sent to, with the query.</param>
/// <param name="Name">Its file name, or its key in the bucket.</param>
/// <param name="MediaType">What it was said to be.</param>
/// <param name="Bytes">All of it.</param>
public sealed record FakeUpload(string Host, string Path, string Name, string MediaType, ReadOnlyMemory<byte> Bytes);
