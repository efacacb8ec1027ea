using FsCheck;
using FsCheck.Fluent;
using Pollux.KeyPool;

namespace Pollux.Tests.KeyPool;

public sealed class CellSetsTests
{
    [Fact]
    public void Any_moves_leave_each_cell_in_one_place() =>
        Prop.ForAll(
            (from index in Gen.Choose(0, 30) from place in Gen.Choose(0, 5) select (index, (CellPlace)place)).ListOf().ToArbitrary(),
            moves =>
            {
                var sets = new CellSets();
                var model = new CellPlace[31];
                foreach (var (index, place) in moves)
                {
                    sets.Move(index, place);
                    model[index] = place;
                }

                for (var index = 0; index < model.Length; index++)
                {
                    if (sets.PlaceOf(index) != model[index] || (model[index] != CellPlace.Absent && sets.At(model[index], sets.PositionOf(index)) != index))
                        return false;
                }

                return Enum.GetValues<CellPlace>().All(place => place == CellPlace.Absent || sets.Count(place) == model.Count(at => at == place));
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_cell_never_seen_is_absent() => Assert.Equal(CellPlace.Absent, new CellSets().PlaceOf(7));
}

public sealed class LimitPriorsTests
{
    [Fact]
    public void The_limit_told_most_often_is_the_guess()
    {
        var priors = new LimitPriors();
        Assert.Null(priors.Guess(ProjectTier.Free, QuotaKind.RequestsPerMinute));
        foreach (var told in (long[])[10, 15, 15])
            priors.Add(ProjectTier.Free, QuotaKind.RequestsPerMinute, told);

        Assert.Equal(15, priors.Guess(ProjectTier.Free, QuotaKind.RequestsPerMinute));
        Assert.Null(priors.Guess(ProjectTier.Free, QuotaKind.RequestsPerDay));
    }

    [Fact]
    public void A_tier_is_guessed_by_its_like_and_by_all_when_there_are_none()
    {
        var priors = new LimitPriors();
        priors.Add(ProjectTier.Free, QuotaKind.RequestsPerMinute, 10);
        Assert.Equal(10, priors.Guess(ProjectTier.Unknown, QuotaKind.RequestsPerMinute));
        Assert.Equal(10, priors.Guess(ProjectTier.Paid, QuotaKind.RequestsPerMinute));
        priors.Add(ProjectTier.Paid, QuotaKind.RequestsPerMinute, 1000);
        priors.Add(ProjectTier.Paid, QuotaKind.RequestsPerMinute, 1000);

        Assert.Equal(10, priors.Guess(ProjectTier.Free, QuotaKind.RequestsPerMinute));
        Assert.Equal(1000, priors.Guess(ProjectTier.Paid, QuotaKind.RequestsPerMinute));
        Assert.Equal(1000, priors.Guess(ProjectTier.Unknown, QuotaKind.RequestsPerMinute));
    }

    [Fact]
    public void Ever_new_limits_do_not_drive_out_the_usual_one()
    {
        var priors = new LimitPriors();
        for (var i = 0; i < 100; i++)
        {
            priors.Add(ProjectTier.Unknown, QuotaKind.InputTokensPerMinute, 250_000);
            priors.Add(ProjectTier.Unknown, QuotaKind.InputTokensPerMinute, i);
        }

        Assert.Equal(250_000, priors.Guess(ProjectTier.Unknown, QuotaKind.InputTokensPerMinute));
    }
}
