using Pollux.Buffers;
using Pollux.Tests.Time;

namespace Pollux.Tests.Buffers;

/// <summary>Shares of the memory for large bodies: in order, bounded in time, and nothing is lost.</summary>
public sealed class BodyBudgetTests
{
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public async Task Who_fits_gets_a_share_at_once_and_what_is_given_back_is_there_again()
    {
        BodyBudget budget = Budget(100);

        BodyShare first = (await Take(budget, 60))!;
        BodyShare second = (await Take(budget, 40))!;
        Assert.Equal(0, budget.Free);
        first.ShrinkTo(10);
        Assert.Equal(50, budget.Free);
        first.ShrinkTo(20); // never grows
        first.Dispose();
        first.Dispose();
        second.Dispose();

        Assert.Equal(100, budget.Free);
    }

    [Fact]
    public async Task Those_who_wait_are_served_in_the_order_of_coming()
    {
        BodyBudget budget = Budget(100);
        BodyShare held = (await Take(budget, 80))!;
        Task<BodyShare?> large = Take(budget, 90);
        Task<BodyShare?> small = Take(budget, 10); // would fit, but came later

        Assert.Equal((2, false), (budget.Waiting, small.IsCompleted));
        held.Dispose();

        Assert.NotNull(await large);
        Assert.NotNull(await small);
        Assert.Equal((0, 0), (budget.Free, budget.Waiting));
    }

    [Fact]
    public async Task Who_waits_too_long_gets_none_and_makes_way()
    {
        BodyBudget budget = Budget(100, seconds: 60);
        BodyShare held = (await Take(budget, 80))!;
        Task<BodyShare?> large = Take(budget, 90);
        _clock.Advance(TimeSpan.FromSeconds(59));
        Task<BodyShare?> small = Take(budget, 20);
        Assert.False(large.IsCompleted);

        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(await large);
        Assert.NotNull(await small);
        held.Dispose();
        Assert.Equal(80, budget.Free);
    }

    [Fact]
    public async Task Who_holds_a_share_takes_more_without_waiting_and_others_wait_until_it_is_back()
    {
        BodyBudget budget = Budget(100);
        BodyShare held = (await Take(budget, 60))!;

        held.GrowTo(150);
        held.GrowTo(100); // never shrinks
        Task<BodyShare?> other = Take(budget, 1);
        Assert.Equal((-50, 1), (budget.Free, budget.Waiting));
        held.Dispose();
        held.GrowTo(10); // it is gone

        using BodyShare? taken = await other;
        Assert.Equal(99, budget.Free);
    }

    [Fact]
    public async Task Who_must_not_wait_overdraws()
    {
        BodyBudget budget = Budget(100);
        using BodyShare held = (await Take(budget, 90))!;

        BodyShare more = budget.Overdraw(30);
        Assert.Equal(-20, budget.Free);
        more.Dispose();

        Assert.Equal(10, budget.Free);
    }

    [Fact]
    public async Task Who_leaves_makes_way()
    {
        BodyBudget budget = Budget(100);
        BodyShare held = (await Take(budget, 100))!;
        using var left = new CancellationTokenSource();
        Task<BodyShare?> gone = budget.TakeAsync(50, left.Token).AsTask();

        await left.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        Assert.Equal(0, budget.Waiting);
        held.Dispose();
        Assert.Equal(100, budget.Free);
    }

    [Fact]
    public async Task More_than_there_is_means_all_of_it()
    {
        BodyBudget budget = Budget(100);

        using BodyShare? all = await Take(budget, 1_000);

        Assert.NotNull(all);
        Assert.Equal(0, budget.Free);
    }

    [Fact]
    public async Task Without_patience_nobody_waits()
    {
        BodyBudget budget = Budget(100, seconds: 0);
        using BodyShare? held = await Take(budget, 100);

        Assert.Null(await Take(budget, 1));
        Assert.Equal(0, budget.Waiting);
    }

    private static Task<BodyShare?> Take(BodyBudget budget, long bytes) => budget.TakeAsync(bytes, TestContext.Current.CancellationToken).AsTask();

    private BodyBudget Budget(long bytes, int seconds = 60) => new(bytes, TimeSpan.FromSeconds(seconds), _clock);
}
