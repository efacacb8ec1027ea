using Pollux.Pictures;
using Pollux.Settings;
using Pollux.Tests.Settings;
using Pollux.Tests.Time;

namespace Pollux.Tests.Pictures;

/// <summary>The own stores with settings, a folder and a clock of their own.</summary>
internal sealed class PictureFixture : IDisposable
{
    public PictureFixture(params (string Name, string Value)[] settings)
    {
        (PolluxSettings loaded, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load(null, [("IMAGE_STORAGE_DIR", Folder), .. settings]);
        Assert.Empty(faults);
        Settings = new SettingsHolder(loaded);
        Memory = new MemoryPictures(Settings);
        Local = new LocalPictures(Settings, Clock);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("pollux-pictures-").FullName;

    public ManualTimeProvider Clock { get; } = new();

    public SettingsHolder Settings { get; }

    public MemoryPictures Memory { get; }

    public LocalPictures Local { get; }

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Saves a picture of so many bytes, a second after the one before.</summary>
    public async Task<PictureName> SaveAsync(IPictureStore store, int bytes)
    {
        Clock.Advance(TimeSpan.FromSeconds(1));
        PictureName name = PictureName.New("image/png")!;
        await store.SaveAsync(name, new byte[bytes], Cancellation);
        return name;
    }

    /// <summary>Which of these are still there.</summary>
    public static string Left(IOwnPictureStore store, IReadOnlyList<PictureName> names) =>
        string.Join(' ', Enumerable.Range(0, names.Count).Where(i =>
        {
            using Stream? stream = store.Open(names[i]);
            return stream is not null;
        }));

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
