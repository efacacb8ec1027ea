namespace Pollux.KeyPool;

/// <summary>
/// Guards a lane: a lock for sections of a fraction of a microsecond. Whoever finds it held spins a little longer than
/// <see cref="Lock"/> would before it lets itself be put to sleep, since waking up costs ten times what it waits for. The
/// spins double, so that the other thread gets some turns done while the memory it works on lies in its own cache.
/// </summary>
internal sealed class LaneGate
{
    private const int FirstSpins = 32; // about as long as one section lasts
    private const int MostSpins = 1024; // by then its holder is not running

    private readonly Lock _lock = new();

    /// <summary>Enters; dispose of the scope to leave.</summary>
    public Scope Enter()
    {
        if (!_lock.TryEnter())
            Wait();
        return new Scope(_lock);
    }

    private void Wait()
    {
        for (int spins = FirstSpins; spins <= MostSpins; spins *= 2)
        {
            Thread.SpinWait(spins);
            if (_lock.TryEnter())
                return;
        }

        _lock.Enter();
    }

    /// <summary>A stay inside.</summary>
    public readonly ref struct Scope(Lock gate)
    {
        /// <summary>Leaves.</summary>
        public void Dispose() => gate.Exit();
    }
}
