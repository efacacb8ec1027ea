using System.Text;

namespace Pollux.FakeGemini.Wire;

/// <summary>The pages that Google's front end sends when no service answers for a path or is reachable.</summary>
internal static class HtmlPage
{
    /// <summary>The content type of such pages.</summary>
    public const string ContentType = "text/html; charset=UTF-8";

    /// <summary>404: no service knows this path.</summary>
    public static byte[] NotFound(string path) => Page(
        404, "Not Found", $"The requested URL <code>{Escape(path)}</code> was not found on this server.");

    /// <summary>502 and its like: the front end could not reach the service.</summary>
    public static byte[] Failure(int status) => Page(
        status, "Server Error", "The server encountered a temporary error and could not complete your request.");

    private static byte[] Page(int status, string title, string text) => Encoding.UTF8.GetBytes(
        $"""
        <!DOCTYPE html>
        <html lang=en>
          <meta charset=utf-8>
          <meta name=viewport content="initial-scale=1, minimum-scale=1, width=device-width">
          <title>Error {status} ({title})!!1</title>
          <p><b>{status}.</b> <ins>That’s an error.</ins>
          <p>{text}  <ins>That’s all we know.</ins>

        """);

    private static string Escape(string text) => text.Replace("&", "&amp;").Replace("<", "&lt;");
}
