using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using Pollux.Access;
using Pollux.Pictures;

namespace Pollux.Endpoints;

/// <summary>
/// Serves made pictures by their names. Who has the link may see the picture; a name that is none and a picture that is gone
/// are answered alike.
/// </summary>
internal sealed class PicturesEndpoint(PictureStores stores)
{
    private static readonly GatewayError NotFound = new(404, GatewayErrorKind.NotFound, "There is no such picture.");

    /// <summary>Serves <c>GET /images/{name}</c> and <c>HEAD /images/{name}</c>.</summary>
    public async Task GetAsync(HttpContext http)
    {
        if (!PictureName.TryParse(http.Request.RouteValues["name"] as string, out PictureName? name) || stores.Open(name) is not { } picture)
        {
            http.Response.Headers.CacheControl = "no-store";
            await PlainErrors.Instance.WriteAsync(http, NotFound, http.RequestAborted);
            return;
        }

        await using (picture)
        {
            http.Response.Headers.CacheControl = "public, max-age=31536000, immutable"; // a name never gets another picture
            http.Response.Headers.XContentTypeOptions = "nosniff";
            http.Response.Headers.ContentDisposition = "inline";
            FileStreamHttpResult result = TypedResults.Stream(picture, name.MediaType, entityTag: new EntityTagHeaderValue($"\"{name.Text}\""), enableRangeProcessing: true);
            await result.ExecuteAsync(http);
        }
    }
}
