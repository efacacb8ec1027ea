using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Answers;

/// <summary>What the fake paints: a true PNG of 8 by 8 points that follows from the words and from the pictures that came with them.</summary>
internal static class Painting
{
    private const int Side = 8;

    /// <summary>The picture for a conversation: another one for other words, and for other pictures.</summary>
    public static string For(JsonObject request)
    {
        var seed = new StringBuilder();
        foreach (JsonObject content in request.Messages("contents"))
        {
            foreach (JsonObject part in content.Messages("parts"))
                seed.Append(part.Text("text")).Append('|').Append(part.Child("inlineData")?.Text("data")).Append('|');
        }

        return Convert.ToBase64String(Paint(seed.ToString()));
    }

    /// <summary>One of the pictures for a prompt.</summary>
    public static string For(string prompt, long number) => Convert.ToBase64String(Paint($"{number}|{prompt}"));

    /// <summary>A PNG that follows from a text.</summary>
    public static byte[] Paint(string seed)
    {
        byte[] color = SHA256.HashData(Encoding.UTF8.GetBytes(seed));
        byte[] points = new byte[Side * (1 + (Side * 3))]; // each line begins with its filter, 0 = none
        for (int y = 0; y < Side; y++)
        {
            for (int x = 0; x < Side * 3; x++) points[(y * (1 + (Side * 3))) + 1 + x] = color[(x + (y / 2 * 5)) % color.Length];
        }

        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true)) zlib.Write(points);
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, Side);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), Side);
        (header[8], header[9]) = (8, 2); // eight bits, red green blue
        return [0x89, .. "PNG\r\n\u001a\n"u8, .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, packed.ToArray()), .. Chunk("IEND"u8, [])];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> type, byte[] data)
    {
        byte[] chunk = new byte[12 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        type.CopyTo(chunk.AsSpan(4));
        data.CopyTo(chunk, 8);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc(chunk.AsSpan(4, 4 + data.Length)));
        return chunk;
    }

    /// <summary>As the PNG specification's annex D computes it.</summary>
    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte one in bytes)
        {
            crc ^= one;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
        }

        return ~crc;
    }
}
