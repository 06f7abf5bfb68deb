"""Why a request over HTTP got no answer, in plain words."""

from __future__ import annotations


def no_answer(error: BaseException) -> str:
    """What stopped a request, in the system's own words where it has some."""
    import httpx

    if isinstance(error, (httpx.TimeoutException, TimeoutError)):
        return "it took too long"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
        cause = cause.__cause__ or cause.__context__
    return str(error).rstrip(".") or type(error).__name__
