using Pollux.KeyPool;

namespace Pollux.Tests.KeyPool;

public sealed class WaitingRoomTests
{
    [Fact]
    public void Callers_take_turns_however_many_requests_each_has()
    {
        var room = new Room(keys: 1, perMinute: 1);
        foreach (var name in (string[])["a1", "a2", "a3", "a4", "b1", "b2", "c1"])
            room.Wait(name);

        room.ServeFor(minutes: 7);

        Assert.Equal(["a1", "b1", "c1", "a2", "b2", "a3", "a4"], room.Served);
    }

    [Fact]
    public void A_retry_goes_before_what_its_caller_asked_later()
    {
        var room = new Room(keys: 1, perMinute: 1);
        room.Wait("a1");
        room.Wait("b1");
        room.Wait("a0", isRetry: true);
        room.ServeFor(minutes: 3);

        Assert.Equal(["a0", "b1", "a1"], room.Served);
    }

    [Fact]
    public void The_queue_is_bounded()
    {
        var room = new Room(keys: 1, perMinute: 1, maxLength: 2);
        room.Wait("a1");
        room.Wait("a2");

        Assert.Null(room.Enter("a3", out _, out var refusal));
        Assert.Equal(LeaseRefusalReason.QueueFull, refusal.Reason);
        Assert.Equal(2, room.Waiting.Length);
    }

    [Fact]
    public void Nobody_waits_longer_than_the_deadline_and_its_last_tick_still_counts()
    {
        var room = new Room(keys: 1, perMinute: 1);
        var free = room.Refusal().EarliestAt!.Value;
        var onTime = room.Wait("a1", free - room.Now);
        var tooLate = room.Wait("b1", free - room.Now + TimeSpan.FromTicks(1));

        room.Clock.AdvanceTo(free.AddTicks(-1));
        room.Waiting.Pump();
        Assert.Empty(room.Served);
        room.Clock.AdvanceTo(free);
        Assert.Equal(free.AddTicks(1), room.Waiting.Pump());
        Assert.Equal(["a1"], room.Served);
        Assert.Empty(room.Refused);
        room.Clock.AdvanceTo(free.AddTicks(1));
        Assert.Null(room.Waiting.Pump());
        Assert.Equal(["b1"], room.Refused);
        Assert.NotNull(onTime.Lease);
        Assert.Null(tooLate.Lease);
    }

    [Fact]
    public void Waiting_that_cannot_help_is_refused_at_once()
    {
        var room = new Room(keys: 1, perMinute: 1);
        var free = room.Refusal().EarliestAt!.Value;

        Assert.Null(room.Enter("a1", out _, out var refusal, free - room.Now - TimeSpan.FromTicks(1)));
        Assert.Equal(LeaseRefusalReason.CoolingDown, refusal.Reason);
        Assert.Equal(free, refusal.EarliestAt);
    }

    [Fact]
    public void Who_left_is_not_served_and_holds_up_nobody()
    {
        var room = new Room(keys: 1, perMinute: 1);
        var gone = room.Wait("a1");
        Assert.True(room.Waiting.Leave(gone));
        Assert.False(room.Waiting.Leave(gone));
        Assert.Equal(0, room.Waiting.Length);

        room.Clock.Advance(TimeSpan.FromMinutes(1.1));
        Assert.Null(room.Enter("b1", out var lease, out _)); // not queued behind somebody who is not there
        Assert.NotNull(lease);
        Assert.Empty(room.Served);
    }

    [Fact]
    public void Callers_whose_requests_all_left_do_not_hide_those_behind_them()
    {
        var room = new Room(keys: 2, perMinute: 4, tokensPerMinute: 1000);
        room.Clock.Advance(TimeSpan.FromMinutes(1.1));
        for (var i = 0; i < 2; i++)
        {
            room.Enter("x1", out var first, out _, tokens: 500);
            first!.Settle(AttemptReport.Success(new TokenUsage(500, 0, 0, 0, 0, 500)));
        }

        var gone = room.Wait("a1", tokens: 800);
        room.Wait("b1", tokens: 800);
        room.Wait("c1", tokens: 100); // one project is kept for the large prompt, the other has room for this one
        room.Waiting.Leave(gone);
        room.Waiting.Pump();

        Assert.Equal(["c1"], room.Served);
    }

    [Fact]
    public void Smaller_prompts_pass_a_large_one_and_the_large_one_is_served_in_the_end()
    {
        var room = new Room(keys: 2, perMinute: 60, tokensPerMinute: 1000);
        room.Clock.Advance(TimeSpan.FromMinutes(1.1));
        for (var i = 0; i < 2; i++)
        {
            room.Enter("x", out var lease, out _, tokens: 500);
            lease!.Settle(AttemptReport.Success(new TokenUsage(500, 0, 0, 0, 0, 500)));
        }

        room.Wait("large", tokens: 700);
        var passed = 0;
        for (var second = 0; second < 70 && room.Served.All(name => name != "large"); second++)
        {
            if (room.Enter($"small{second}", out var lease, out _, tokens: 30) is null && lease is not null)
                room.Serve(lease, 30);
            room.Clock.Advance(TimeSpan.FromSeconds(1));
            room.Waiting.Pump();
            passed = room.Served.Count(name => name != "large");
        }

        Assert.Contains("large", room.Served);
        Assert.InRange(passed, 5, 70);
    }

    [Fact]
    public void A_large_prompt_finds_its_room_when_time_alone_made_it()
    {
        var room = new Room(keys: 1, perMinute: 60, tokensPerMinute: 1000);
        room.Clock.Advance(TimeSpan.FromMinutes(1.1));
        Assert.True(room.Pool.TryLease(new LeaseRequest(PoolFixture.Flash, 700), out var lease, out _));
        lease.Settle(AttemptReport.Success(new TokenUsage(700, 0, 0, 0, 0, 700)));
        Assert.False(room.Pool.TryLease(new LeaseRequest(PoolFixture.Flash, 700), out _, out var refusal));
        Assert.True(refusal.IsForTokens);

        room.Clock.AdvanceTo(refusal.EarliestAt!.Value);
        Assert.True(room.Pool.TryLease(new LeaseRequest(PoolFixture.Flash, 700), out _, out _));
    }

    [Fact]
    public void Nobody_is_served_twice_and_all_are_answered_once()
    {
        var room = new Room(keys: 3, perMinute: 4, tokensPerMinute: 2000, maxLength: 500);
        var random = new Random(5);
        List<WaitingLease> waiting = [];
        var (entered, left) = (0, 0);
        for (var step = 0; step < 2_000; step++)
        {
            if (random.Next(3) == 0 && room.Enter($"{random.Next(5)}-{step}", out var lease, out _, TimeSpan.FromSeconds(random.Next(1, 90)), random.Next(900)) is { } place)
            {
                waiting.Add(place);
                entered++;
            }
            else
            {
                lease = null;
            }

            lease?.Dispose();
            if (waiting.Count > 0 && random.Next(20) == 0 && room.Waiting.Leave(waiting[random.Next(waiting.Count)]))
                left++;
            room.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(1_000)));
            room.Waiting.Pump();
        }

        room.Clock.Advance(TimeSpan.FromMinutes(2));
        room.Waiting.Pump();
        Assert.Equal(0, room.Waiting.Length);
        Assert.Equal(entered, left + room.Served.Count + room.Refused.Count);
        Assert.Equal(room.Served.Count + room.Refused.Count, room.Served.Concat(room.Refused).Distinct().Count());
        Assert.True(room.Served.Count > 50 && room.Refused.Count > 10, $"{room.Served.Count} {room.Refused.Count}");
    }

    /// <summary>A queue before keys with set limits, all used up; callers are named by the first letter of their requests.</summary>
    private sealed class Room
    {
        private readonly PoolFixture _fixture;

        public Room(int keys, int perMinute, int? tokensPerMinute = null, int maxLength = 100)
        {
            _fixture = new PoolFixture(keys, new KeyPoolOptions
            {
                Selection = KeySelectionStrategy.Quota,
                SetLimits = new Dictionary<string, ModelLimits> { [PoolFixture.Flash] = new(perMinute, tokensPerMinute) },
            });
            Waiting = new WaitingRoom(_fixture.Pool, _fixture.Clock, maxLength);
            for (var i = 0; i < keys * perMinute; i++)
                _fixture.Lease().Settle(AttemptReport.Success(default));
        }

        public WaitingRoom Waiting { get; }

        public List<string> Served { get; } = [];

        public List<string> Refused { get; } = [];

        public Time.ManualTimeProvider Clock => _fixture.Clock;

        public DateTimeOffset Now => _fixture.Now;

        public Pollux.KeyPool.KeyPool Pool => _fixture.Pool;

        public LeaseRefusal Refusal() => _fixture.Refusal();

        public WaitingLease? Enter(string name, out Lease? lease, out LeaseRefusal refusal, TimeSpan? patience = null, int tokens = 0, bool isRetry = false) =>
            Waiting.Enter(
                new LeaseRequest(PoolFixture.Flash, tokens), name[..1], Now + (patience ?? TimeSpan.FromHours(1)), out lease, out refusal,
                ended =>
                {
                    (ended.Lease is null ? Refused : Served).Add(name);
                    ended.Lease?.Settle(AttemptReport.Success(new TokenUsage(tokens, 0, 0, 0, 0, tokens)));
                },
                isRetry);

        public WaitingLease Wait(string name, TimeSpan? patience = null, int tokens = 0, bool isRetry = false)
        {
            var waiting = Enter(name, out var lease, out var refusal, patience, tokens, isRetry);
            Assert.True(waiting is not null, $"{name}: {lease?.Credential.Label} {refusal}");
            return waiting;
        }

        public void Serve(Lease lease, int tokens)
        {
            Served.Add("at once");
            lease.Settle(AttemptReport.Success(new TokenUsage(tokens, 0, 0, 0, 0, tokens)));
        }

        public void ServeFor(int minutes)
        {
            for (var second = 0; second < minutes * 61; second++)
            {
                Clock.Advance(TimeSpan.FromSeconds(1));
                Waiting.Pump();
            }
        }
    }
}
