"""The one tree of errors that Tickcast raises on purpose.

    TickcastError
    ├── RequestError                the caller can mend it (4xx)
    │   ├── MalformedRequest        400
    │   ├── Unauthorized            401
    │   │   ├── KeyExpired
    │   │   └── KeyRevoked
    │   ├── Forbidden               403
    │   │   └── NotInPlan
    │   ├── NotFound                404
    │   ├── Conflict                409
    │   ├── TooLarge                413
    │   ├── UnsupportedMediaType    415
    │   ├── InvalidRequest          422
    │   └── TooManyRequests         429
    ├── Unavailable                 503: try again, nothing was lost
    │   ├── RedisUnavailable
    │   ├── DatabaseUnavailable
    │   ├── ExchangeUnavailable
    │   ├── ModelUnavailable
    │   └── StorageFull
    ├── ExchangeRefused             the exchange said no for good
    ├── CorruptArtifact             a stored file is not what its record says
    └── JobStopped                  work must end here
        ├── JobCancelled
        └── LeaseLost               another worker took the job over

Errors of libraries are mapped to these at the edge (storage, feeds); `api`
maps these to answers in one file.
"""

from collections.abc import Sequence


class TickcastError(Exception):
    """Root of all deliberate errors.

    `detail` is a sentence fit for the caller: it names the field and the fix,
    and never a path, a key or another exception's text.
    """

    status = 500
    type = "internal_error"

    def __init__(self, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after


class RequestError(TickcastError):
    """Anything that the caller can mend."""

    status = 400
    type = "request_error"


class MalformedRequest(RequestError):
    """The body or the query cannot be read at all."""

    status = 400
    type = "malformed_request"


class Unauthorized(RequestError):
    """No key, or one that is unknown."""

    status = 401
    type = "unauthorized"


class KeyExpired(Unauthorized):
    """The whole key is right, but its time or its plan is over: only its holder learns so."""

    type = "key_expired"


class KeyRevoked(Unauthorized):
    """The whole key is right, but it was revoked or replaced; likewise."""

    type = "key_revoked"


class Forbidden(RequestError):
    """The key is good but may not do this."""

    status = 403
    type = "forbidden"


class NotInPlan(Forbidden):
    """What is asked for exists, but the account's plan or its lists leave it out."""

    type = "not_in_plan"


class NotFound(RequestError):
    """Unknown platform, symbol, model, task or route."""

    status = 404
    type = "not_found"


class Conflict(RequestError):
    """The request contradicts the present state."""

    status = 409
    type = "conflict"


class TooLarge(RequestError):
    """The body exceeds its limit."""

    status = 413
    type = "too_large"


class UnsupportedMediaType(RequestError):
    """The content type is none that the route reads."""

    status = 415
    type = "unsupported_media_type"


class InvalidRequest(RequestError):
    """Well-formed, but a value is out of its domain.

    `field` and `choices` say which value and what it may be, where that is known.
    """

    status = 422
    type = "invalid_request"

    def __init__(self, detail: str, *, field: str = "", choices: Sequence[str | int] = ()) -> None:
        super().__init__(detail)
        self.field = field
        self.choices = choices


class TooManyRequests(RequestError):
    """A rate limit or a full queue; `retry_after` is in seconds."""

    status = 429
    type = "too_many_requests"


class Unavailable(TickcastError):
    """A part that we need is away; asking again later is right."""

    status = 503
    type = "unavailable"

    def __init__(self, detail: str, *, retry_after: int | None = 2) -> None:
        super().__init__(detail, retry_after=retry_after)


class RedisUnavailable(Unavailable):
    """Redis does not answer, is loading, or lost the connection."""

    type = "redis_unavailable"


class DatabaseUnavailable(Unavailable):
    """The SQL database does not answer or stays locked."""

    type = "database_unavailable"


class ExchangeUnavailable(Unavailable):
    """The exchange refuses for now: rate limit, outage, time-out."""

    type = "exchange_unavailable"


class ModelUnavailable(Unavailable):
    """No model is trained yet for what was asked; the sentence says how to get one."""

    type = "model_unavailable"

    def __init__(self, detail: str, *, retry_after: int | None = 60) -> None:
        super().__init__(detail, retry_after=retry_after)


class StillComputing(ModelUnavailable):
    """What was asked for takes longer than a caller is kept waiting; soon it is there."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, retry_after=5)


class StorageFull(Unavailable):
    """Memory or disk is full: writes are refused until there is room."""

    type = "storage_full"

    def __init__(self, detail: str, *, retry_after: int | None = 5) -> None:
        super().__init__(detail, retry_after=retry_after)


class ExchangeRefused(TickcastError):
    """The exchange knows no such symbol or resolution: retrying is useless."""

    status = 422
    type = "exchange_refused"


class CorruptArtifact(TickcastError):
    """A model file is missing or differs from the digest in its record."""

    type = "corrupt_artifact"


class JobStopped(TickcastError):
    """Raised inside work, by the progress report, when it must not go on."""

    type = "job_stopped"


class JobCancelled(JobStopped):
    """Somebody cancelled the job."""

    type = "cancelled"


class LeaseLost(JobStopped):
    """The job was given to another worker; what this one does no longer counts."""

    type = "lease_lost"
