namespace Pollux.FakeGemini.Wire;

/// <summary>Refusals and failures that belong to a model, to the service, or to the path.</summary>
internal static class ModelErrors
{
    /// <summary>404 of an unknown model, or of a method that the model does not have.</summary>
    public static GoogleError NotFound(string model, string version, string method) => new(
        404,
        "NOT_FOUND",
        $"models/{model} is not found for API version {version}, or is not supported for {method}. " +
        "Call ModelService.ListModels to see the list of available models and their supported methods.");

    /// <summary>404 that is a property of the key: its project never used this model and may not begin now.</summary>
    public static GoogleError NotForNewProjects(string model) => new(
        404,
        "NOT_FOUND",
        $"This model models/{model} is no longer available to new users. Please update your code to use a newer model for the " +
        "latest features and improvements.");

    /// <summary>413: the body is larger than the service takes.</summary>
    public static GoogleError TooLarge(long limitBytes) => new(
        413, "INVALID_ARGUMENT", $"Request payload size exceeds the limit: {limitBytes} bytes.");

    /// <summary>400: more input than the model's context holds.</summary>
    public static GoogleError InputTooLong(long tokens, long limit) => GoogleError.InvalidArgument(
        $"The input token count ({tokens}) exceeds the maximum number of tokens allowed ({limit}).");

    /// <summary>400 about the place of the server, not about the key.</summary>
    public static GoogleError LocationNotSupported() => new(
        400, "FAILED_PRECONDITION", "User location is not supported for the API use.");

    /// <summary>500 without any details.</summary>
    public static GoogleError Internal() => new(500, "INTERNAL", "Internal error encountered.");

    /// <summary>503 of a model that is in high demand.</summary>
    public static GoogleError Overloaded() => new(
        503,
        "UNAVAILABLE",
        "This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try again later.");

    /// <summary>504 of a request that took too long inside Google.</summary>
    public static GoogleError DeadlineExceeded() => new(
        504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete.");

    /// <summary>499 as recorded in the middle of a stream.</summary>
    public static GoogleError Cancelled() => new(499, "CANCELLED", "The operation was cancelled.")
    {
        Details = [ErrorDetail.Debug("[ORIGINAL ERROR] generic::cancelled: ")],
    };
}
