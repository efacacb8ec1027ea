using System.Net;
using Microsoft.AspNetCore.Http;
using Pollux.Access;
using Pollux.Tests.Time;

namespace Pollux.Tests.Access;

public sealed class RequestRateLimitsTests
{
    private static readonly IPAddress Client = IPAddress.Parse("203.0.113.7");

    private readonly ManualTimeProvider _clock = new();
    private readonly RequestRateLimits _limits;

    public RequestRateLimitsTests() => _limits = new RequestRateLimits(_clock);

    [Fact]
    public void The_minute_admits_its_number_then_opens_again()
    {
        for (var i = 0; i < 60; i++)
        {
            var admitted = _limits.Count(Client, 60, 600);
            Assert.True(admitted.IsAdmitted);
            Assert.Equal((60, 59 - i, false), (admitted.Limit, admitted.Remaining, admitted.IsDay));
        }
        _clock.Advance(TimeSpan.FromSeconds(20.5));
        var refused = _limits.Count(Client, 60, 600);
        Assert.False(refused.IsAdmitted);
        Assert.Equal((60, 0), (refused.Limit, refused.Remaining));
        Assert.Equal(40, RateDecision.WholeSeconds(refused.ResetAfter));

        _clock.Advance(TimeSpan.FromSeconds(39.5));
        Assert.True(_limits.Count(Client, 60, 600).IsAdmitted);
    }

    [Fact]
    public void The_day_admits_its_number_and_refused_requests_do_not_count()
    {
        var admitted = 0;
        for (var minute = 0; minute < 60; minute++)
        {
            for (var i = 0; i < 100; i++)
                admitted += _limits.Count(Client, 30, 600).IsAdmitted ? 1 : 0;
            _clock.Advance(TimeSpan.FromMinutes(1));
        }
        Assert.Equal(600, admitted);
        var refused = _limits.Count(Client, 30, 600);
        Assert.True(refused.IsDay);
        Assert.Equal(TimeSpan.FromHours(23), TimeSpan.FromSeconds(Math.Round(refused.ResetAfter.TotalSeconds)));
        _clock.Advance(TimeSpan.FromHours(23));
        Assert.True(_limits.Count(Client, 30, 600).IsAdmitted);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1, -5)]
    public void Zero_or_less_is_no_limit(int perMinute, int perDay)
    {
        for (var i = 0; i < 2000; i++)
            Assert.Equal(RateDecision.Unlimited, _limits.Count(Client, perMinute, perDay));
    }

    [Fact]
    public void One_limit_may_be_off()
    {
        for (var i = 0; i < 100; i++)
            Assert.True(_limits.Count(Client, 0, 100).IsAdmitted);
        Assert.False(_limits.Count(Client, 0, 100).IsAdmitted);

        var other = IPAddress.Parse("203.0.113.8");
        for (var i = 0; i < 10; i++)
            Assert.True(_limits.Count(other, 10, 0).IsAdmitted);
        Assert.False(_limits.Count(other, 10, 0).IsDay || _limits.Count(other, 10, 0).IsAdmitted);
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.8", false)]
    [InlineData("203.0.113.7", "::ffff:203.0.113.7", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("::1", "127.0.0.1", false)]
    public void An_address_is_counted_alone_and_IPv6_by_its_64(string one, string two, bool together)
    {
        Assert.True(_limits.Count(IPAddress.Parse(one), 1, 0).IsAdmitted);
        Assert.Equal(!together, _limits.Count(IPAddress.Parse(two), 1, 0).IsAdmitted);
    }

    [Fact]
    public void Connections_without_an_address_share_one_count()
    {
        Assert.True(_limits.Count(null, 1, 0).IsAdmitted);
        Assert.False(_limits.Count(null, 1, 0).IsAdmitted);
    }

    [Fact]
    public void A_million_addresses_cost_no_memory_and_do_not_free_a_busy_one()
    {
        for (var i = 0; i < 500; i++)
            _limits.Count(Client, 0, 500);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var bytes = new byte[4];
        for (var i = 0; i < 1_000_000; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes, 0x0B00_0000 + i);
            _limits.Count(new IPAddress(bytes), 60, 600);
        }

        // The addresses made by the test are all that was allocated.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64_000_000);
        Assert.False(_limits.Count(Client, 0, 500).IsAdmitted);
    }

    [Fact]
    public async Task Threads_share_one_count()
    {
        var admitted = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; i < 1000; i++)
                {
                    if (_limits.Count(Client, 500, 0).IsAdmitted)
                        Interlocked.Increment(ref admitted);
                }
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));

        Assert.Equal(500, admitted);
    }

    [Fact]
    public void The_gate_counts_model_routes_and_tells_the_limits()
    {
        var fixture = new AccessFixture(new AccessOptions { Passwords = [AccessFixture.Password], MaxRequestsPerMinute = 2 });
        var admitted = fixture.Admit(AccessFixture.Request(bearer: AccessFixture.Password));
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(200, fixture.Status(AccessFixture.Request(AccessRule.ModelList, bearer: AccessFixture.Password)));
            Assert.Equal(200, fixture.Status(AccessFixture.Request(AccessRule.Public)));
            Assert.Equal(401, fixture.Status(AccessFixture.Request(bearer: "wrong")));
        }
        Assert.Equal(200, fixture.Status(AccessFixture.Request(bearer: AccessFixture.Password)));
        fixture.Clock.Advance(TimeSpan.FromSeconds(10));
        var refused = fixture.Admit(AccessFixture.Request(bearer: AccessFixture.Password));

        Assert.Equal(("2", "1", "60s", ""), Headers(admitted));
        Assert.Equal(("2", "0", "50s", "50"), Headers(refused));
        Assert.Equal((429, GatewayErrorKind.RateLimited), (refused.Refusal!.Status, refused.Refusal.Kind));
        Assert.Equal(200, fixture.Status(AccessFixture.Request(bearer: AccessFixture.Password, from: "203.0.113.99")));

        static (string, string, string, string) Headers(AccessDecision decision)
        {
            IHeaderDictionary headers = new HeaderDictionary();
            decision.WriteHeaders(headers);
            return (headers["x-ratelimit-limit-requests"]!, headers["x-ratelimit-remaining-requests"]!, headers["x-ratelimit-reset-requests"]!, headers.RetryAfter.ToString());
        }
    }

    [Fact]
    public void Callers_behind_a_trusted_proxy_have_counts_of_their_own()
    {
        var fixture = new AccessFixture(new AccessOptions { Passwords = [AccessFixture.Password], MaxRequestsPerMinute = 1, TrustedProxies = AccessFixture.Addresses("10.0.0.1") });

        Assert.Equal(200, fixture.Status(AccessFixture.Request(from: "10.0.0.1", bearer: AccessFixture.Password, headers: ("X-Forwarded-For", "198.51.100.1"))));
        Assert.Equal(200, fixture.Status(AccessFixture.Request(from: "10.0.0.1", bearer: AccessFixture.Password, headers: ("X-Forwarded-For", "198.51.100.2"))));
        Assert.Equal(429, fixture.Status(AccessFixture.Request(from: "10.0.0.1", bearer: AccessFixture.Password, headers: ("X-Forwarded-For", "1.2.3.4, 198.51.100.1"))));
    }

    [Fact]
    public void A_changed_limit_holds_at_once()
    {
        var fixture = new AccessFixture(new AccessOptions { Passwords = [AccessFixture.Password], MaxRequestsPerMinute = 1 });
        fixture.Status(AccessFixture.Request(bearer: AccessFixture.Password));
        Assert.Equal(429, fixture.Status(AccessFixture.Request(bearer: AccessFixture.Password)));

        fixture.Gate.Model = AccessModel.From(fixture.Gate.Model.Options with { MaxRequestsPerMinute = 2 });
        Assert.Equal(200, fixture.Status(AccessFixture.Request(bearer: AccessFixture.Password)));
    }
}
