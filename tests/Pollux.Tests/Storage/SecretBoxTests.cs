using System.Security.Cryptography;
using System.Text;
using Pollux.KeyPool;
using Pollux.Storage;

namespace Pollux.Tests.Storage;

public sealed class SecretBoxTests : StoreFolder
{
    private static readonly byte[] Plain = Encoding.UTF8.GetBytes("AQ.canary-of-the-box-0000000000000001");
    private static readonly byte[] Master = Convert.FromHexString(MasterKeyText);

    [Fact]
    public void What_is_sealed_opens_again_and_never_looks_the_same_twice()
    {
        using var box = new SecretBox(Master);

        byte[] first = box.Seal(Plain, "credential");
        byte[] second = box.Seal(Plain, "credential");

        Assert.Equal(Plain, box.Open(first, "credential"));
        Assert.NotEqual(first, second);
        Assert.Equal(-1, first.AsSpan().IndexOf(Plain.AsSpan(0, 8)));
    }

    [Fact]
    public void Any_changed_byte_is_refused_without_the_secret_in_the_message()
    {
        using var box = new SecretBox(Master);
        byte[] record = box.Seal(Plain, "credential");
        for (int i = 0; i < record.Length; i++)
        {
            byte[] changed = [.. record];
            changed[i] ^= 1;

            StorageException fault = Assert.Throws<StorageException>(() => box.Open(changed, "credential"));

            Assert.DoesNotContain("canary", fault.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(32)]
    public void A_cut_record_is_refused(int length)
    {
        using var box = new SecretBox(Master);
        byte[] record = box.Seal(Plain, "credential");

        Assert.Throws<StorageException>(() => box.Open(record.AsSpan(0, length), "credential"));
    }

    [Fact]
    public void Another_purpose_and_another_master_key_are_refused()
    {
        using var box = new SecretBox(Master);
        using var other = new SecretBox(new byte[32]);
        byte[] record = box.Seal(Plain, "credential");

        Assert.Throws<StorageException>(() => box.Open(record, "session"));
        Assert.Contains(MasterKey.Setting, Assert.Throws<StorageException>(() => other.Open(record, "credential")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_look_up_hash_depends_on_the_master_key()
    {
        using var box = new SecretBox(Master);
        using var other = new SecretBox(new byte[32]);
        var secret = new SecretText("AQ.one");

        Assert.Equal(box.LookUpHash(secret), box.LookUpHash(new SecretText("AQ.one")));
        Assert.NotEqual(box.LookUpHash(secret), box.LookUpHash(new SecretText("AQ.two")));
        Assert.NotEqual(box.LookUpHash(secret), other.LookUpHash(secret));
    }

    [Fact]
    public void Hexadecimal_digits_and_base64_mean_the_same_key()
    {
        Database database = Open();
        byte[] record = Box(database).Seal(Plain, "x");

        Assert.Equal(Plain, Box(database, Convert.ToBase64String(Master)).Open(record, "x"));
        Assert.Equal(Plain, Box(database, MasterKeyText.ToUpperInvariant()).Open(record, "x"));
    }

    [Fact]
    public void A_passphrase_opens_again_and_another_one_is_told_by_the_settings_name()
    {
        const string Passphrase = "correct horse battery staple";
        Database database = Open();
        byte[] record = Box(database, Passphrase).Seal(Plain, "x");

        Assert.Equal(Plain, Box(database, Passphrase).Open(record, "x"));
        StorageException fault = Assert.Throws<StorageException>(() => Box(database, "another horse battery staple"));
        Assert.Contains(MasterKey.Setting, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("horse", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_short_passphrase_is_refused() =>
        Assert.Contains("at least 16", Assert.Throws<StorageException>(() => Box(Open(), "too short")).Message, StringComparison.Ordinal);

    [Fact]
    public void Without_a_setting_a_file_is_made_once_for_its_owner_only()
    {
        Database database = Open();
        string path = Path.Combine(Folder, MasterKey.FileName);

        byte[] record = Box(database, null).Seal(Plain, "x");
        string made = File.ReadAllText(path);

        Assert.Equal(Plain, Box(database, null).Open(record, "x"));
        Assert.Equal(Plain, Box(database, made.Trim()).Open(record, "x")); // its content serves as the setting, too
        Assert.Equal(made, File.ReadAllText(path));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public void A_lost_or_broken_file_is_told_and_never_replaced()
    {
        Database database = Open();
        string path = Path.Combine(Folder, MasterKey.FileName);
        byte[] record = Box(database, null).Seal(Plain, "x");
        string kept = File.ReadAllText(path);

        File.Delete(path);
        Assert.Contains("not there", Assert.Throws<StorageException>(() => Box(database, null)).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(path));

        File.WriteAllText(path, "");
        Assert.Contains(path, Assert.Throws<StorageException>(() => Box(database, null)).Message, StringComparison.Ordinal);

        File.WriteAllText(path, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        Assert.Contains("not the one", Assert.Throws<StorageException>(() => Box(database, null)).Message, StringComparison.Ordinal);

        Assert.Contains($"unset {MasterKey.Setting}", Assert.Throws<StorageException>(() => Box(database)).Message, StringComparison.Ordinal);

        File.WriteAllText(path, kept);
        Assert.Equal(Plain, Box(database, null).Open(record, "x"));
    }
}
