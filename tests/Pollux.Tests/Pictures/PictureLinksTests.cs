using Pollux.Pictures;

namespace Pollux.Tests.Pictures;

/// <summary>IMG-1: names that cannot be guessed, and the links that are made of them.</summary>
public sealed class PictureLinksTests
{
    private const string Name = "0123456789abcdef0123456789abcdef.png";

    [Theory]
    [InlineData(null, "http://gateway.test:7860/", "http://gateway.test:7860/images/")]
    [InlineData(null, "https://gateway.test/root/", "https://gateway.test/root/images/")]
    [InlineData("https://pictures.test/", "http://gateway.test/", "https://pictures.test/images/")]
    [InlineData("https://pictures.test/sub/", "http://gateway.test/", "https://pictures.test/sub/images/")]
    [InlineData("http://127.0.0.1:7860/", "http://gateway.test/", "http://gateway.test/images/")] // would lead elsewhere
    [InlineData("http://localhost:7860/", "http://192.168.1.7:7860/", "http://192.168.1.7:7860/images/")]
    [InlineData("http://0.0.0.0:7860/", "http://gateway.test/", "http://gateway.test/images/")]
    [InlineData("http://[::1]:7860/", "http://gateway.test/", "http://gateway.test/images/")]
    [InlineData("http://127.0.0.1:7860/", "http://localhost:80/", "http://127.0.0.1:7860/images/")]
    public void A_link_begins_with_the_address_that_leads_here(string? hostUrl, string requestBase, string start)
    {
        Assert.True(PictureName.TryParse(Name, out PictureName? name));

        Assert.Equal(start + Name, PictureLinks.To(hostUrl is null ? null : new Uri(hostUrl), new Uri(requestBase), name));
    }

    [Theory]
    [InlineData(Name, true)]
    [InlineData("/images/" + Name, true)]
    [InlineData("/root/memory-images/" + Name, true)]
    [InlineData("https://anything.test/memory-media/" + Name + "?x=1#y", true)]
    [InlineData("https://anything.test/" + Name, false)]
    [InlineData("https://anything.test/other/" + Name, false)]
    [InlineData("https://anything.test/images/" + Name + "/", false)]
    [InlineData("/images/../" + Name, false)]
    [InlineData("/images/%2e%2e%2f" + Name, false)]
    [InlineData("/images/" + Name + ".part", false)]
    [InlineData("/images/0123456789ABCDEF0123456789ABCDEF.png", false)]
    [InlineData("/images/0123456789abcdef0123456789abcde.png", false)]
    [InlineData("/images/0123456789abcdef0123456789abcdef.svg", false)]
    [InlineData("/images/0123456789abcdef0123456789abcdef.PNG", false)]
    [InlineData("/images/0123456789abcdef0123456789abcdef", false)]
    [InlineData("/images/0123456789abcdef0123456789abcdef.", false)]
    [InlineData("/images/0123456789abcdef0123456789abcdef.png\0", false)]
    [InlineData("data:image/png;base64,AAAA", false)]
    [InlineData("", false)]
    public void Only_what_is_ours_is_read(string address, bool isOurs) =>
        Assert.Equal(isOurs ? Name : null, PictureLinks.Read(address)?.Text);

    [Theory]
    [InlineData("image/png", "image/png")]
    [InlineData("IMAGE/JPG", "image/jpeg")]
    [InlineData(" image/webp ;q=1", "image/webp")]
    [InlineData("video/mp4", "video/mp4")]
    [InlineData("image/svg+xml", null)]
    [InlineData("text/html", null)]
    [InlineData("", null)]
    public void A_name_tells_its_media_type_and_reads_back(string mediaType, string? known)
    {
        PictureName? name = PictureName.New(mediaType);

        Assert.Equal(known, name?.MediaType);
        if (name is null)
            return;
        Assert.True(PictureName.TryParse(name.Text, out PictureName? read));
        Assert.Equal(name, read);
        Assert.NotEqual(name, PictureName.New(mediaType));
    }
}
