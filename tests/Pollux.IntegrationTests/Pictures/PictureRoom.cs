using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini.PictureHosts;
using Pollux.IntegrationTests.Hosting;
using Pollux.Pictures;

namespace Pollux.IntegrationTests.Pictures;

/// <summary>A gateway whose pictures go to stand-ins of the hosts, under the real hosts' names, and a client without a credential.</summary>
internal sealed class PictureRoom : IAsyncDisposable
{
    private readonly HttpClient _stranger;
    private readonly HttpClient _visitor;

    private PictureRoom(TestGateway gateway, FakePictureHosts hosts)
    {
        Gateway = gateway;
        Hosts = hosts;
#pragma warning disable RS0030 // clients of the gateway and of the hosts, not parts of them
        _stranger = new HttpClient { BaseAddress = gateway.Address };
        _visitor = new HttpClient(new LedToStandIn(hosts.BaseAddress));
#pragma warning restore RS0030
    }

    public TestGateway Gateway { get; }

    public FakePictureHosts Hosts { get; }

    public PictureShelf Shelf => Gateway.Services.GetRequiredService<PictureShelf>();

    /// <summary>What was logged at the level of a warning about pictures.</summary>
    public IEnumerable<string> Warnings => Gateway.Logs.Lines.Where(static line => line.Id.Id == 8000).Select(static line => line.Text);

    public static async Task<PictureRoom> StartAsync(FakePictureHostsOptions? options = null, TimeProvider? clock = null, params (string Name, string Value)[] settings)
    {
        FakePictureHosts hosts = await FakePictureHosts.StartAsync(options ?? new FakePictureHostsOptions(), TestContext.Current.CancellationToken);
        TestGateway gateway = await TestGateway.StartAsync(
            settings: settings.ToDictionary(static setting => setting.Name, static setting => setting.Value, StringComparer.Ordinal),
            services: services =>
            {
                if (clock is not null)
                    services.AddSingleton(clock);
                services.AddSingleton(new PictureConnections(() => new LedToStandIn(hosts.BaseAddress), TimeProvider.System));
            });
        return new PictureRoom(gateway, hosts);
    }

    /// <summary>A picture that no other test has.</summary>
    public static byte[] Png(int size = 1000) => [0x89, .. "PNG\r\n\u001a\n"u8, .. RandomNumberGenerator.GetBytes(size - 8)];

    public async Task<string> PublishAsync(byte[] picture, string mediaType = "image/png")
    {
        string? address = await TryPublishAsync(picture, mediaType);
        Assert.NotNull(address);
        return address;
    }

    public ValueTask<string?> TryPublishAsync(byte[] picture, string mediaType = "image/png") =>
        Shelf.PublishAsync(Gateway.Address, picture, mediaType, TestContext.Current.CancellationToken);

    /// <summary>What somebody without a credential gets.</summary>
    public Task<HttpResponseMessage> AskAsync(string address, HttpMethod? method = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method ?? HttpMethod.Get, address);
        foreach ((string name, string value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return _stranger.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>What a link of a host shows.</summary>
    public Task<byte[]> VisitAsync(string address) => _visitor.GetByteArrayAsync(address, TestContext.Current.CancellationToken);

    /// <summary>The status of a request whose target goes out as it is written here.</summary>
    public async Task<(int Status, string Answer)> AskRawAsync(string target)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using var socket = new TcpClient();
        await socket.ConnectAsync(Gateway.Address.Host, Gateway.Address.Port, cancellation);
        await socket.GetStream().WriteAsync(Encoding.Latin1.GetBytes($"GET {target} HTTP/1.1\r\nHost: {Gateway.Address.Authority}\r\nConnection: close\r\n\r\n"), cancellation);
        using var reader = new StreamReader(socket.GetStream(), Encoding.Latin1);
        string answer = await reader.ReadToEndAsync(cancellation);
        return (int.Parse(answer.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), answer);
    }

    public async ValueTask DisposeAsync()
    {
        _stranger.Dispose();
        _visitor.Dispose();
        await Gateway.DisposeAsync();
        await Hosts.DisposeAsync();
    }

    /// <summary>Sends to the stand-in what was meant for a host, and leaves it the host's name.</summary>
    private sealed class LedToStandIn(Uri standIn) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Host ??= request.RequestUri!.Authority;
            request.RequestUri = new Uri(standIn, request.RequestUri!.PathAndQuery);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
