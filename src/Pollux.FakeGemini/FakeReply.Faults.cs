using Pollux.FakeGemini.Serving;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini;

/// <summary>Faults: refusals with Google's bodies, failures of the service, broken connections.</summary>
public sealed partial record FakeReply
{
    private static readonly TimeSpan MinuteDelay = TimeSpan.FromSeconds(48.939935699);

    // Published bodies of spent days ask to wait seconds as well.
    private static readonly TimeSpan DayDelay = TimeSpan.FromSeconds(33);

    /// <summary>Any error in Google's envelope.</summary>
    /// <param name="code">HTTP status, 400 to 599.</param>
    /// <param name="status">Canonical name, such as <c>UNAVAILABLE</c>.</param>
    /// <param name="message">Text for people.</param>
    public static FakeReply Error(int code, string status, string message) => Of(new GoogleError(code, status, message));

    /// <summary>400 API_KEY_INVALID; the last detail repeats the key.</summary>
    public static FakeReply InvalidKey() => Of(static subject => KeyErrors.Invalid(subject.Key));

    /// <summary>400 API_KEY_INVALID: the key expired.</summary>
    public static FakeReply ExpiredKey() => Of(KeyErrors.Expired());

    /// <summary>401 ACCESS_TOKEN_TYPE_UNSUPPORTED, as refused <c>AQ.</c> keys answer.</summary>
    public static FakeReply AuthKeyRefused() => Of(KeyErrors.AuthKeyRefused());

    /// <summary>403: no identity came with the request.</summary>
    public static FakeReply NoIdentity() => Of(KeyErrors.NoIdentity());

    /// <summary>403: the key was found in public.</summary>
    public static FakeReply LeakedKey() => Of(KeyErrors.Leaked());

    /// <summary>403 CONSUMER_SUSPENDED; the message holds the whole key.</summary>
    public static FakeReply SuspendedKey() => Of(static subject => KeyErrors.Suspended(subject.Key, subject.Project.Number));

    /// <summary>403 SERVICE_DISABLED.</summary>
    public static FakeReply ServiceDisabled() => Of(static subject => KeyErrors.ServiceDisabled(subject.Project.Number));

    /// <summary>403: the project was denied access.</summary>
    public static FakeReply ProjectDenied() => Of(KeyErrors.ProjectDenied());

    /// <summary>403 BILLING_DISABLED.</summary>
    public static FakeReply BillingDisabled() => Of(static subject => KeyErrors.BillingDisabled(subject.Project.Number));

    /// <summary>403 API_KEY_SERVICE_BLOCKED.</summary>
    public static FakeReply BlockedKey() => Of(static subject => KeyErrors.Blocked(subject.Project.Number));

    /// <summary>404 that is a property of the key: no longer available to new users.</summary>
    public static FakeReply ModelNotForKey() => Of(static subject => ModelErrors.NotForNewProjects(subject.Model));

    /// <summary>400 FAILED_PRECONDITION: the server's place, not the key's fault.</summary>
    public static FakeReply LocationNotSupported() => Of(ModelErrors.LocationNotSupported());

    /// <summary>400: more input than fits.</summary>
    public static FakeReply InputTooLong(long tokens = 1_250_074, long limit = 1_048_576) => Of(ModelErrors.InputTooLong(tokens, limit));

    /// <summary>429: requests per minute.</summary>
    public static FakeReply QuotaMinute(int limit = 10, TimeSpan? retryDelay = null) => Of(subject => QuotaErrors.Exceeded(
        subject.Model, [QuotaErrors.RequestsPerMinute(subject.Project.Tier, embedding: false, limit)], retryDelay ?? MinuteDelay));

    /// <summary>429: requests per day, with a retry delay of seconds all the same.</summary>
    public static FakeReply QuotaDay(int limit = 20, TimeSpan? retryDelay = null) => Of(subject => QuotaErrors.Exceeded(
        subject.Model, [QuotaErrors.RequestsPerDay(subject.Project.Tier, embedding: false, limit)], retryDelay ?? DayDelay));

    /// <summary>429: input tokens per minute.</summary>
    public static FakeReply QuotaTokens(int limit = 250_000, TimeSpan? retryDelay = null) => Of(subject => QuotaErrors.Exceeded(
        subject.Model, [QuotaErrors.TokensPerMinute(subject.Project.Tier, limit)], retryDelay ?? MinuteDelay));

    /// <summary>429 with minute and day in one body: the longest rules.</summary>
    public static FakeReply QuotaMinuteAndDay(int perMinute = 10, int perDay = 20) => Of(subject => QuotaErrors.Exceeded(
        subject.Model,
        [
            QuotaErrors.RequestsPerMinute(subject.Project.Tier, embedding: false, perMinute),
            QuotaErrors.RequestsPerDay(subject.Project.Tier, embedding: false, perDay),
        ],
        DayDelay));

    /// <summary>429 with <c>limit: 0</c>: the project may not use the model at all.</summary>
    public static FakeReply QuotaZero() => Of(static subject => QuotaErrors.Exceeded(
        subject.Model,
        [
            QuotaErrors.RequestsPerDay(subject.Project.Tier, embedding: false, 0),
            QuotaErrors.RequestsPerMinute(subject.Project.Tier, embedding: false, 0),
            QuotaErrors.TokensPerMinute(subject.Project.Tier, 0),
        ],
        TimeSpan.Zero));

    /// <summary>429 without details: shared capacity or throttling.</summary>
    public static FakeReply SharedCapacityExhausted() => Of(QuotaErrors.SharedCapacity());

    /// <summary>429 without details: the project must pay first.</summary>
    public static FakeReply PrepaymentDepleted() => Of(QuotaErrors.PrepaymentDepleted());

    /// <summary>429 of Vertex AI: capacity that all share, without details.</summary>
    public static FakeReply VertexExhausted() => Of(VertexErrors.Exhausted());

    /// <summary>401 of Vertex AI: the access token is not good any more.</summary>
    public static FakeReply TokenInvalid() => Of(VertexErrors.TokenInvalid());

    /// <summary>403 IAM_PERMISSION_DENIED of Vertex AI.</summary>
    public static FakeReply PermissionDenied() => Of(static subject => VertexErrors.PermissionDenied($"projects/{subject.Project.Number}/locations/global/publishers/google/models/{subject.Model}"));

    /// <summary>404 of Vertex AI: no such model, or not for this project.</summary>
    public static FakeReply PublisherModelNotFound() => Of(static subject => VertexErrors.ModelNotFound($"projects/{subject.Project.Number}/locations/global/publishers/google/models/{subject.Model}"));

    /// <summary>500 INTERNAL.</summary>
    public static FakeReply InternalError() => Of(ModelErrors.Internal());

    /// <summary>503 UNAVAILABLE: high demand.</summary>
    public static FakeReply Overloaded() => Of(ModelErrors.Overloaded());

    /// <summary>504 DEADLINE_EXCEEDED.</summary>
    public static FakeReply DeadlineExceeded() => Of(ModelErrors.DeadlineExceeded());

    /// <summary>An HTML page of the front end.</summary>
    /// <param name="status">HTTP status, 400 to 599.</param>
    public static FakeReply HtmlError(int status = 502) =>
        new(new RawBody(status, HtmlPage.ContentType, [HtmlPage.Failure(status)]));

    /// <summary>The connection is cut before any byte of an answer.</summary>
    public static FakeReply Reset() => new(new ResetBody());

    private static FakeReply Of(GoogleError error) => Of(_ => error);

    private static FakeReply Of(Func<ErrorSubject, GoogleError> make) => new(new ErrorBody(make));
}
