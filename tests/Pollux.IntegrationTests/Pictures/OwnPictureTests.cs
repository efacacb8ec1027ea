using System.Net;
using Pollux.Pictures;

namespace Pollux.IntegrationTests.Pictures;

/// <summary>IMG-1: pictures that the gateway itself keeps and serves.</summary>
[Trait("Feature", "IMG-1")]
public sealed class OwnPictureTests : IDisposable
{
    private readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("pollux-pictures-").FullName, "images");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);

    [Theory]
    [InlineData("local", "image/png", "png", "image/png")]
    [InlineData("memory", "image/png", "png", "image/png")]
    [InlineData("local", "image/jpg", "jpg", "image/jpeg")]
    [InlineData("memory", "IMAGE/WebP; q=1", "webp", "image/webp")]
    [InlineData("local", "video/mp4", "mp4", "video/mp4")]
    public async Task A_picture_is_seen_by_its_link_without_a_credential(string store, string mediaType, string ending, string served)
    {
        await using PictureRoom room = await StartAsync(("IMAGE_STORAGE_TYPE", store));
        byte[] picture = PictureRoom.Png();

        string link = await room.PublishAsync(picture, mediaType);
        using HttpResponseMessage answer = await room.AskAsync(link);

        Assert.Matches($"^{room.Gateway.Address}images/[0-9a-f]{{32}}\\.{ending}$", link);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(picture, await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal(served, answer.Content.Headers.ContentType?.ToString());
        Assert.Equal("public, max-age=31536000, immutable", answer.Headers.GetValues("Cache-Control").Single());
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("inline", answer.Content.Headers.ContentDisposition?.ToString());
        Assert.Equal(store == "local" ? 1 : 0, Directory.Exists(_folder) ? Directory.GetFiles(_folder).Length : 0);
    }

    [Theory]
    [InlineData("local")]
    [InlineData("memory")]
    public async Task Heads_tags_and_ranges_are_answered(string store)
    {
        await using PictureRoom room = await StartAsync(("IMAGE_STORAGE_TYPE", store));
        byte[] picture = PictureRoom.Png();
        string link = await room.PublishAsync(picture);

        using HttpResponseMessage head = await room.AskAsync(link, HttpMethod.Head);
        using HttpResponseMessage known = await room.AskAsync(link, headers: ("If-None-Match", head.Headers.ETag!.ToString()));
        using HttpResponseMessage part = await room.AskAsync(link, headers: ("Range", "bytes=10-19"));

        Assert.Equal((HttpStatusCode.OK, 1000L), (head.StatusCode, head.Content.Headers.ContentLength));
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        Assert.Empty(await known.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(picture[10..20], await part.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("/images/{0}")]
    [InlineData("/memory-images/{0}")]
    [InlineData("/memory-media/{0}")]
    public async Task Every_path_serves_every_own_store(string path)
    {
        await using PictureRoom room = await StartAsync(("IMAGE_STORAGE_TYPE", "memory"));
        string name = (await room.PublishAsync(PictureRoom.Png())).Split('/')[^1];

        using HttpResponseMessage answer = await room.AskAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, path, name));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Local_pictures_outlive_a_restart_and_another_store()
    {
        byte[] picture = PictureRoom.Png();
        string link;
        await using (PictureRoom before = await StartAsync(("IMAGE_STORAGE_TYPE", "local")))
            link = await before.PublishAsync(picture);

        await using PictureRoom after = await StartAsync(("IMAGE_STORAGE_TYPE", "memory"));
        using HttpResponseMessage answer = await after.AskAsync(new Uri(link).AbsolutePath);
        StoredPicture? found = await after.Shelf.FindAsync(link, TestContext.Current.CancellationToken);

        Assert.Equal(picture, await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal(picture, found!.Bytes.ToArray());
    }

    [Fact]
    public async Task Links_begin_with_the_host_that_is_set_and_are_known_again()
    {
        byte[] picture = PictureRoom.Png();
        await using PictureRoom room = await StartAsync(("IMAGE_STORAGE_TYPE", "memory"), ("HOST_URL", "https://pictures.test/made"), ("ROOT_PATH", "made"));

        string link = await room.PublishAsync(picture);
        using HttpResponseMessage answer = await room.AskAsync(new Uri(link).AbsolutePath);

        Assert.StartsWith("https://pictures.test/made/images/", link, StringComparison.Ordinal);
        Assert.Equal(picture, await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal(("image/png", picture.Length), await room.Shelf.FindAsync(link, TestContext.Current.CancellationToken) is { } found ? (found.MediaType, found.Bytes.Length) : default);
        Assert.Null(await room.Shelf.FindAsync("https://elsewhere.test/picture.png", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Without_a_store_and_with_an_unknown_type_the_picture_stays_in_the_answer()
    {
        byte[] picture = PictureRoom.Png();
        await using PictureRoom none = await StartAsync(("IMAGE_STORAGE_TYPE", "none"));
        await using PictureRoom memory = await StartAsync(("IMAGE_STORAGE_TYPE", "memory"));

        Assert.Null(await none.TryPublishAsync(picture));
        Assert.Null(await memory.TryPublishAsync(picture, "image/svg+xml"));
        Assert.Null(await memory.TryPublishAsync(picture, "image/png,<script>"));
        Assert.Empty(none.Warnings.Concat(memory.Warnings));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_loses_no_answer()
    {
        await File.WriteAllTextAsync(_folder, "in the way", TestContext.Current.CancellationToken);
        await using PictureRoom room = await StartAsync(("IMAGE_STORAGE_TYPE", "local"));

        Assert.Null(await room.TryPublishAsync(PictureRoom.Png()));
        Assert.Contains("IMAGE_STORAGE_DIR", Assert.Single(room.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/images/")]
    [InlineData("/images")]
    [InlineData("/images/.")]
    [InlineData("/images/../secret.png")]
    [InlineData("/images/..%2f{0}")]
    [InlineData("/images/%2e%2e%2f{0}")]
    [InlineData("/images/%2e%2e/{0}")]
    [InlineData("/images/sub/{0}")]
    [InlineData("/images/%2f{0}")]
    [InlineData("/images/..%5c{0}")]
    [InlineData("/images/\\{0}")]
    [InlineData("/images/{0}.part")]
    [InlineData("/images/{0}.exe")]
    [InlineData("/images/{0}%20")]
    [InlineData("/images/{0};a")]
    [InlineData("/images/secret.png")]
    [InlineData("/images/master.key")]
    [InlineData("/images/0123456789abcdef0123456789abcdef.png")]
    [InlineData("/images/0123456789ABCDEF0123456789ABCDEF.png")]
    [InlineData("/images/%00{0}", 400)] // the server itself refuses it
    [InlineData("/images/{0}%00", 400)]
    public async Task Nothing_else_is_found(string target, int status = 404)
    {
        Directory.CreateDirectory(_folder);
        await File.WriteAllTextAsync(Path.Combine(_folder, "secret.png"), "secret", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(_folder, "..", "secret.png"), "secret", TestContext.Current.CancellationToken);
        await using PictureRoom room = await StartAsync(("IMAGE_STORAGE_TYPE", "local"));
        string name = (await room.PublishAsync(PictureRoom.Png())).Split('/')[^1];

        (int found, string answer) = await room.AskRawAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, target, name));

        Assert.Equal(status, found);
        Assert.DoesNotContain("PNG", answer, StringComparison.Ordinal);
        Assert.DoesNotContain(_folder, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_of_another_form_and_a_picture_that_is_gone_are_answered_alike()
    {
        await using PictureRoom room = await StartAsync(("IMAGE_STORAGE_TYPE", "local"));

        using HttpResponseMessage gone = await room.AskAsync("/images/0123456789abcdef0123456789abcdef.png");
        using HttpResponseMessage wrong = await room.AskAsync("/images/passwd");

        Assert.Equal(await gone.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), await wrong.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(gone.Headers.Select(static header => header.Key), wrong.Headers.Select(static header => header.Key));
    }

    [Theory]
    [InlineData("local")]
    [InlineData("memory")]
    public async Task Two_hundred_pictures_at_once_are_all_kept(string store)
    {
        await using PictureRoom room = await StartAsync(("IMAGE_STORAGE_TYPE", store));
        byte[][] pictures = [.. Enumerable.Range(0, 200).Select(static _ => PictureRoom.Png())];

        string[] links = await Task.WhenAll(pictures.Select(picture => room.PublishAsync(picture)));

        Assert.Equal(200, links.Distinct(StringComparer.Ordinal).Count());
        for (int i = 0; i < links.Length; i++)
            Assert.Equal(pictures[i], (await room.Shelf.FindAsync(links[i], TestContext.Current.CancellationToken))!.Bytes.ToArray());
        if (store == "local")
            Assert.All(Directory.GetFiles(_folder), static file => Assert.EndsWith(".png", file, StringComparison.Ordinal));
    }

    private Task<PictureRoom> StartAsync(params (string Name, string Value)[] settings) =>
        PictureRoom.StartAsync(settings: [("IMAGE_STORAGE_DIR", _folder), .. settings]);
}
