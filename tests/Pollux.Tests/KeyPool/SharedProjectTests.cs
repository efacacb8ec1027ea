using Pollux.KeyPool;

namespace Pollux.Tests.KeyPool;

/// <summary>
/// More is asked for, minute after minute, than the projects of the pool allow, and nobody has told which keys share one. Google is
/// played here: it counts what it accepts in trailing minutes, and says with each refusal when there is room again.
/// </summary>
public sealed class SharedProjectTests
{
    private const int Projects = 5;
    private const int KeysPerProject = 4;
    private const int Limit = 40;
    private const int Minutes = 6;

    /// <summary>Before pools knew to ask slowly and to blame newcomers, every second run lost a project for a minute and more.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void No_project_lies_idle_while_requests_wait(int seed)
    {
        var run = new Run(seed);

        run.Go();

        Assert.True(run.Served >= 0.95 * Projects * Limit * Minutes, $"{run.Served} served, {run.Refused} refused");
        Assert.True(run.Refused <= 400, $"{run.Refused} refused");
        for (int project = 0; project < Projects; project++)
            Assert.True(run.Accepted[project].Count >= 0.85 * Limit * Minutes, $"project {project}: {run.Accepted[project].Count} served");
    }

    /// <summary>One run, event after event.</summary>
    private sealed class Run
    {
        private readonly PoolFixture _fixture = new(Projects * KeysPerProject, new KeyPoolOptions { Selection = KeySelectionStrategy.Quota });
        private readonly PriorityQueue<Action, DateTimeOffset> _events = new();
        private readonly WaitingRoom _room;
        private readonly Random _random;
        private readonly DateTimeOffset _end;

        public Run(int seed)
        {
            _random = new Random(seed);
            _room = new WaitingRoom(_fixture.Pool, _fixture.Clock, 10_000);
            _end = _fixture.Now.AddMinutes(Minutes);
            Accepted = [.. Enumerable.Range(0, Projects).Select(static _ => new List<DateTimeOffset>())];
        }

        public List<DateTimeOffset>[] Accepted { get; }

        public int Served => Accepted.Sum(static times => times.Count);

        public int Refused { get; private set; }

        public void Go()
        {
            At(TimeSpan.Zero, Arrive);
            At(TimeSpan.Zero, Pump);
            while (_events.TryDequeue(out Action? next, out DateTimeOffset at) && at < _end)
            {
                _fixture.Clock.Advance(at > _fixture.Now ? at - _fixture.Now : TimeSpan.Zero);
                next();
            }
        }

        private void Arrive()
        {
            Ask(_fixture.Now.AddSeconds(20), isRetry: false);
            At(TimeSpan.FromSeconds(60.0 / 320 * 2 * _random.NextDouble()), Arrive);
        }

        private void Pump()
        {
            _room.Pump();
            At(TimeSpan.FromMilliseconds(20), Pump);
        }

        private void Ask(DateTimeOffset deadline, bool isRetry)
        {
            var request = new LeaseRequest(PoolFixture.Flash, 10);
            WaitingLease? waiting = _room.Enter(request, "caller", deadline, out Lease? lease, out _, over => Send(over.Lease, deadline), isRetry);
            if (waiting is null)
                Send(lease, deadline);
        }

        private void Send(Lease? lease, DateTimeOffset deadline)
        {
            if (lease is not null)
                At(Latency(), () => Decide(lease, deadline));
        }

        private void Decide(Lease lease, DateTimeOffset deadline)
        {
            List<DateTimeOffset> accepted = Accepted[lease.Credential.Id.Value % Projects];
            int counted = accepted.Count(at => at > _fixture.Now.AddMinutes(-1));
            if (counted < Limit)
            {
                accepted.Add(_fixture.Now);
                At(Latency() + Latency(), () => lease.Settle(AttemptReport.Success(default)));
                return;
            }

            Refused++;
            double wait = Math.Ceiling((accepted[^counted].AddMinutes(1) - _fixture.Now).TotalSeconds);
            At(Latency(), () =>
            {
                lease.Settle(AttemptReport.Failure(QuotaSelectionTests.PerMinute(Limit, wait)));
                Ask(deadline, isRetry: true);
            });
        }

        private TimeSpan Latency() => TimeSpan.FromMilliseconds(2 + _random.Next(150));

        private void At(TimeSpan delay, Action action) => _events.Enqueue(action, _fixture.Now + delay);
    }
}
