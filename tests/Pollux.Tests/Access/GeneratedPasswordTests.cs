using Pollux.Access;

namespace Pollux.Tests.Access;

public sealed class GeneratedPasswordTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-password-").FullName;

    private string FilePath => Path.Combine(_folder, "data", GeneratedPassword.FileName);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void It_is_made_once_and_kept()
    {
        var first = Read();
        var second = Read();

        Assert.True(first is { IsNew: true, IsKept: true });
        Assert.True(second is { IsNew: false, IsKept: true });
        Assert.Equal(first.Value, second.Value);
        Assert.True(first.Value.Length >= 32);
        Assert.False(PasswordRules.IsWeak(first.Value) || PasswordRules.IsSample(first.Value));
    }

    [Fact]
    public void Only_its_owner_can_read_it()
    {
        Read();

        if (OperatingSystem.IsWindows())
            Assert.Skip("Windows has other rights.");
        else
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("short")]
    public void A_damaged_file_is_replaced(string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        File.WriteAllText(FilePath, content);

        var made = Read();

        Assert.True(made is { IsNew: true, IsKept: true });
        Assert.Equal(made.Value, Read().Value);
    }

    [Fact]
    public void Without_a_place_to_keep_it_there_is_one_all_the_same()
    {
        var blocked = Path.Combine(_folder, "file");
        File.WriteAllText(blocked, "");

        Assert.True(GeneratedPassword.ReadOrCreate(blocked) is { IsNew: true, IsKept: false, Value.Length: >= 32 });
    }

    [Fact]
    public async Task Of_several_that_start_together_all_use_one()
    {
        var made = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(Read, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        var kept = Read().Value;
        Assert.All(made, one => Assert.Equal((kept, true), (one.Value, one.IsKept)));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(FilePath)!));
    }

    [Fact]
    public void No_two_are_alike_and_text_does_not_show_them()
    {
        var one = Read();
        File.Delete(FilePath);

        Assert.NotEqual(one.Value, Read().Value);
        Assert.DoesNotContain(one.Value, $"{one}", StringComparison.Ordinal);
    }

    private GeneratedPassword Read() => GeneratedPassword.ReadOrCreate(Path.GetDirectoryName(FilePath)!);
}
