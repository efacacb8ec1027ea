using Pollux.KeyPool;

namespace Pollux.Bench.Simulation;

/// <summary>
/// Runs one strategy against the simulated Google in virtual time. One loop takes the earliest of: a restart, an event in the
/// queue (a call reaches Google, an answer comes back, a timer), the next arrival, the next deadline; at the same instant in this order.
/// </summary>
internal sealed class SimulationEngine : ISimulationHost
{
    private const long Millisecond = TimeSpan.TicksPerMillisecond;

    private readonly SimulationSetup _setup;
    private readonly Arrival[] _arrivals;
    private readonly SimulatedGoogle _google;
    private readonly ToldWalls _told;
    private readonly VirtualTime _clock;
    private readonly EventQueue _events = new();
    private readonly Queue<SimulatedRequest> _deadlines = new(); // patience is the same for all, so deadlines come in order of arrival
    private readonly HashSet<SimulatedRequest> _overdue = [];    // past the deadline, with an answer under way
    private readonly ushort[] _inFlight;                         // attempts running, by request
    private readonly Stack<Attempt> _spare = new();
    private readonly HashSet<int> _killed = [];
    private ISimulatedStrategy _strategy = null!; // set first thing in Run: it needs the host, so it comes later
    private int _epoch;
    private int _attemptsRunning;

    public SimulationEngine(SimulationSetup setup, WindowKind windows, GoogleErrors errors, Arrival[] arrivals)
    {
        _setup = setup;
        _arrivals = arrivals;
        _inFlight = new ushort[arrivals.Length];
        _google = new SimulatedGoogle(setup, windows, errors);
        _told = new ToldWalls(_google.KeyCount, setup.Models.Length, windows);
        _clock = new VirtualTime { Ticks = setup.Start };
        Keys = _google.Entries();
        Tally = new Tally(setup.Start);
    }

    public TimeProvider Clock => _clock;

    public int KeyCount => _google.KeyCount;

    public IReadOnlyList<KeyEntry> Keys { get; }

    public Tally Tally { get; }

    /// <summary>Requests that a restart killed: nobody could have served them.</summary>
    public IReadOnlySet<int> Killed => _killed;

    /// <summary>True limits by index of the model, for a strategy that is told them; <see langword="null"/>: not a valid key.</summary>
    public SimulatedProject? ProjectOf(int key) => _google.ProjectOf(key);

    /// <summary>Runs until the last request has ended and the last answer has come.</summary>
    public void Run(Func<SimulationEngine, ISimulatedStrategy> create)
    {
        _strategy = create(this);
        var (arrival, restart) = (0, 0);
        while (arrival < _arrivals.Length || _deadlines.Count > 0 || _attemptsRunning > 0)
        {
            var nextRestart = restart < _setup.Restarts.Length ? _setup.Restarts[restart] : long.MaxValue;
            var nextArrival = arrival < _arrivals.Length ? _arrivals[arrival].At : long.MaxValue;
            var nextDeadline = _deadlines.TryPeek(out var oldest) ? oldest.Deadline.UtcTicks : long.MaxValue;
            var next = Math.Min(Math.Min(nextRestart, _events.NextAt), Math.Min(nextArrival, nextDeadline));
            _clock.Ticks = Math.Max(_clock.Ticks, next);
            if (nextRestart == next)
            {
                Restart();
                restart++;
            }
            else if (_events.NextAt == next)
                Handle(_events.Take());
            else if (nextArrival == next)
                Arrive(arrival++);
            else
                Expire(_deadlines.Dequeue());
        }
    }

    public void Send(SimulatedRequest request, int key, object? state = null)
    {
        if (request.Ended || _clock.Ticks > request.Deadline.UtcTicks)
            throw new InvalidOperationException($"{_strategy.Name}: request {request.Id} {(request.Ended ? "has ended" : "is past its deadline")}, so no attempt may be sent.");
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)key, (uint)KeyCount, nameof(key));
        request.Attempts++;
        Tally.Attempts++;
        if (!_spare.TryPop(out var attempt))
            attempt = new Attempt();
        attempt.Begin(request, key, state, _clock.Ticks, _epoch, _told.Known(key, _arrivals[request.Id].Model));
        _inFlight[request.Id]++;
        _attemptsRunning++;
        _events.Add(_clock.Ticks + NetworkDelay(request.Id, attempt.Number), attempt);
    }

    public void Fail(SimulatedRequest request) => request.Ended = true;

    public void At(DateTimeOffset when, object state) =>
        _events.Add(Math.Max(when.UtcTicks, _clock.Ticks), new Timer(state, _epoch));

    private void Arrive(int id)
    {
        ref readonly var arrival = ref _arrivals[id];
        SimulatedRequest request = new()
        {
            Id = id,
            Model = _setup.Models[arrival.Model],
            Estimate = arrival.Estimate,
            ArrivedAt = new DateTimeOffset(arrival.At, TimeSpan.Zero),
            Deadline = new DateTimeOffset(arrival.At + _setup.Patience, TimeSpan.Zero),
            Caller = arrival.Caller,
        };
        Tally.Offered++;
        _deadlines.Enqueue(request);
        _strategy.OnArrival(request);
    }

    private void Expire(SimulatedRequest request)
    {
        if (request.Ended)
            return;
        if (_inFlight[request.Id] > 0)
            _overdue.Add(request); // the answers decide
        else
            request.Ended = true;
    }

    private void Handle(object what)
    {
        switch (what)
        {
            case Timer timer when timer.Epoch == _epoch:
                _strategy.OnTimer(timer.State);
                break;
            case Attempt { IsDecided: false } attempt:
                Decide(attempt);
                break;
            case Attempt attempt:
                Answer(attempt);
                break;
        }
    }

    private void Decide(Attempt attempt)
    {
        var now = _clock.Ticks;
        var (id, number) = (attempt.Request.Id, attempt.Number);
        var verdict = _google.Decide(attempt.Key, _arrivals[id], id, number, now);
        attempt.Decide(verdict.Fault, _told.WallsOf(verdict.Quota, now, _google.Day));
        if (verdict.Fault is null)
        {
            // A good answer takes half a second to four.
            var seconds = 0.5 + (3.5 * Chance.At(_setup.Seed, Purpose.AnswerTime, id, number));
            _events.Add(now + (long)(seconds * TimeSpan.TicksPerSecond), attempt);
            return;
        }
        Tally.Refuse(verdict.Fault, ToldWalls.Stands(attempt.Known, verdict.Quota, now, _google.Day), now);
        _events.Add(now + NetworkDelay(id, -number), attempt);
    }

    private void Answer(Attempt attempt)
    {
        _attemptsRunning--;
        if (attempt.Epoch != _epoch) // the process that waited for it is gone
        {
            Recycle(attempt);
            return;
        }
        var request = attempt.Request;
        var arrival = _arrivals[request.Id];
        var isLast = --_inFlight[request.Id] == 0;

        if (attempt.Fault is null && !request.Ended)
        {
            request.Ended = true;
            Tally.Serve(attempt.SentAt - arrival.At);
        }
        if (attempt.Fault is not null)
            _told.Tell(attempt.Key, arrival.Model, attempt.Walls);
        if (isLast && _overdue.Remove(request))
            request.Ended = true; // nothing may be sent any more

        var answer = new SimulatedAnswer(attempt.Fault, attempt.Fault is null ? arrival.Tokens : 0);
        var (key, state) = (attempt.Key, attempt.State);
        Recycle(attempt);
        _strategy.OnAnswer(request, key, answer, state);
    }

    // No answer and no timer of the old process reaches the new one; Google has counted what reached it.
    private void Restart()
    {
        _epoch++;
        foreach (var request in _deadlines.Concat(_overdue))
        {
            if (request.Ended)
                continue;
            request.Ended = true;
            _killed.Add(request.Id);
            Tally.Offered--;
        }
        _deadlines.Clear();
        _overdue.Clear();
        _strategy.OnRestart();
    }

    private long NetworkDelay(int request, int number) =>
        (20 * Millisecond) + (long)(40 * Millisecond * Chance.At(_setup.Seed, Purpose.NetworkDelay, request, number));

    private void Recycle(Attempt attempt)
    {
        attempt.Clear();
        _spare.Push(attempt);
    }

    private sealed record Timer(object State, int Epoch);

    /// <summary>One sending of a request; used again once its answer has come.</summary>
    private sealed class Attempt
    {
        public SimulatedRequest Request { get; private set; } = null!; // set by Begin, as all of this

        public int Key { get; private set; }

        public object? State { get; private set; }

        public long SentAt { get; private set; }

        public int Epoch { get; private set; }

        /// <summary>Number within the request, from 1.</summary>
        public int Number { get; private set; }

        /// <summary>What the key had been told when this was sent.</summary>
        public Told Known { get; private set; }

        public bool IsDecided { get; private set; }

        public Fault? Fault { get; private set; }

        /// <summary>The walls that the answer tells.</summary>
        public Told Walls { get; private set; }

        public void Begin(SimulatedRequest request, int key, object? state, long sentAt, int epoch, in Told known)
        {
            (Request, Key, State, SentAt, Epoch, Known) = (request, key, state, sentAt, epoch, known);
            (Number, IsDecided) = (request.Attempts, false);
        }

        public void Decide(Fault? fault, in Told walls) => (Fault, Walls, IsDecided) = (fault, walls, true);

        public void Clear() => (Request, State, Fault) = (null!, null, null);
    }
}
