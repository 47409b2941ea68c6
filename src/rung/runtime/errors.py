"""Every error that Rung raises on purpose, each with a stable code.

The tree; the code in brackets is the contract, the class name is not::

    RungError [internal]
    ├── InvalidInput [invalid-input]            the caller's value is wrong; `field` names it
    │   ├── Malformed [malformed]               the request itself cannot be read
    │   ├── TooLarge [too-large]                over a declared limit of bytes, pixels or files
    │   ├── UnsupportedMedia [unsupported-media]
    │   ├── NothingFound [nothing-found]        it can be opened, and holds nothing of what was asked for
    │   ├── UrlRefused [url-not-allowed]        an address that the server does not fetch
    │   └── KeyReused [idempotency-mismatch]    the Idempotency-Key came with another request
    ├── Unauthorized [unauthorized]             no key, or one that is not known here
    │   └── Forbidden [forbidden]               the key does not have the scope
    ├── NotFound [not-found]                    no such job, file, variant, operation
    ├── Conflict [conflict]                     what is there now does not allow it
    ├── ConfigError [bad-config]                rung.toml or the environment; names line and key
    ├── OutsideRange [outside-range]            the input is beyond what this variant was made for; another may answer
    ├── Unavailable [unavailable]               nothing can answer now; the sentence says what would help
    │   ├── NoRung [no-rung]                    no rung of the ladder is feasible; `reasons` lists each
    │   ├── TaskOff [task-off]                  switched off by configuration
    │   ├── NotReady [not-ready]                loading; `eta_s` when it is known
    │   ├── QueueFull [queue-full]              `retry_after_s` is always there
    │   ├── RateLimited [rate-limited]          the key asks too often or for too much at once; `retry_after_s`
    │   ├── BudgetExceeded [budget-exceeded]    the key's budget of the day is spent
    │   ├── DeadlineUnreachable [deadline-unreachable]  it could not be done in time, so it is not begun
    │   ├── Quarantined [quarantined]           the variant failed too often lately; `until_s` says how long
    │   ├── StoreError [store]                  the database cannot be used
    │   │   └── DiskFull [disk-full]            no room to keep what would be accepted
    │   ├── FetchFailed [fetch-failed]          the other server did not give what was asked for
    │   ├── ProviderFailed [provider]           a model that others serve did not answer, or not as asked
    │   └── Draining [draining]                 the server is going down
    ├── WeightsError [weights]
    │   ├── WeightsMissing [weights-missing]
    │   ├── WeightsCorrupt [weights-corrupt]    says both hashes
    │   └── Offline [offline]                   RUNG_OFFLINE=1 and the file is not here
    ├── OutOfMemory [out-of-memory]             with the numbers
    ├── DeadlineExceeded [deadline]
    ├── Cancelled [cancelled]
    └── WorkerError [worker-failed]
        ├── LoadFailed [load-failed]            the model could not be loaded
        ├── ModelFailed [model-failed]          the model's own code raised
        │   └── NotFinite [nan-output]          its answer holds NaN or infinity
        ├── JobLost [lost]                      the servers that ran the job were lost too often
        ├── CallTimeout [timeout]               the call outlived its limit and its worker was ended
        └── WorkerCrashed [worker-crashed]      the process died under the call

Status codes belong to the server (`server/errors.py`); nothing here knows HTTP.
Imports the standard library only: the worker's side uses it too.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar


class RungError(Exception):
    """Base of the tree.

    `message` is a sentence for people: it names the thing, the limit and what would help.
    `details` are JSON values for programs.
    """

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details: dict[str, Any] = details


class InvalidInput(RungError):
    """The caller's value is wrong. `details["field"]` names it where there is one."""

    code = "invalid-input"


class Malformed(InvalidInput):
    """The request itself cannot be read (broken JSON, broken multipart)."""

    code = "malformed"


class TooLarge(InvalidInput):
    """Over a limit that the operation declares."""

    code = "too-large"


class UnsupportedMedia(InvalidInput):
    """A file whose content is none of the formats that the operation reads."""

    code = "unsupported-media"


class NothingFound(InvalidInput):
    """A file that can be opened and holds nothing of what was asked for: an empty sheet is no empty success."""

    code = "nothing-found"


class UrlRefused(InvalidInput):
    """A URL that this server does not fetch. Says why, never what lies there."""

    code = "url-not-allowed"


class KeyReused(InvalidInput):
    """The Idempotency-Key belongs to an earlier request with other contents."""

    code = "idempotency-mismatch"


class Unauthorized(RungError):
    """No key, or one that is not known here."""

    code = "unauthorized"


class Forbidden(Unauthorized):
    """The key is known and does not have the scope."""

    code = "forbidden"


class Conflict(RungError):
    """The state of the thing does not allow it now."""

    code = "conflict"


class NotFound(RungError):
    """No such job, file, variant or operation."""

    code = "not-found"


class ConfigError(RungError):
    """rung.toml or the environment holds a wrong key or value."""

    code = "bad-config"


class OutsideRange(RungError):
    """The input is good and beyond what this variant was made for: the next rung of the ladder may answer it."""

    code = "outside-range"


class Unavailable(RungError):
    """Nothing can answer now. The sentence says what would help."""

    code = "unavailable"
    retryable = True


class NoRung(Unavailable):
    """No rung of the ladder is feasible. `details["reasons"]` has one entry per rung."""

    code = "no-rung"
    retryable = False


class TaskOff(Unavailable):
    """The task is switched off by configuration."""

    code = "task-off"
    retryable = False


class NotReady(Unavailable):
    """Loading. `details["eta_s"]` is there when the time left is known."""

    code = "not-ready"


class QueueFull(Unavailable):
    """Too many calls or jobs wait already. `details["retry_after_s"]`: when to come back."""

    code = "queue-full"


class RateLimited(Unavailable):
    """The key asks too often, or for too much at once. `details["retry_after_s"]`."""

    code = "rate-limited"


class BudgetExceeded(Unavailable):
    """The budget of the day is spent."""

    code = "budget-exceeded"
    retryable = False


class DeadlineUnreachable(Unavailable):
    """It could not be done before its deadline, so it is not begun."""

    code = "deadline-unreachable"
    retryable = False


class Quarantined(Unavailable):
    """The variant failed too often lately and is left alone for a while. `details["until_s"]`: seconds left."""

    code = "quarantined"


class StoreError(Unavailable):
    """The database, or a file of measurements, cannot be opened, read or written."""

    code = "store"


class DiskFull(StoreError):
    """There is no room to keep what would be accepted."""

    code = "disk-full"


class FetchFailed(Unavailable):
    """Another server did not give what was asked for."""

    code = "fetch-failed"


class ProviderFailed(Unavailable):
    """A model that others serve did not answer, or not as it was asked to. `details["status"]`: the HTTP status, where
    there was one; `details["retry_after_s"]`: when it said to come back."""

    code = "provider"


class Draining(Unavailable):
    """The server is going down and takes nothing new."""

    code = "draining"


class WeightsError(RungError):
    """A weight file cannot be used."""

    code = "weights"


class WeightsMissing(WeightsError):
    """Not on this machine; the remedy is named."""

    code = "weights-missing"


class WeightsCorrupt(WeightsError):
    """The bytes are not the ones the catalogue names; says both hashes."""

    code = "weights-corrupt"


class Offline(WeightsError):
    """RUNG_OFFLINE=1 forbids the network and the file is not here."""

    code = "offline"


class OutOfMemory(RungError):
    """Not enough memory, with the numbers."""

    code = "out-of-memory"


class DeadlineExceeded(RungError):
    """The call or the job outlived its deadline."""

    code = "deadline"


class Cancelled(RungError):
    """The caller took the call or the job back."""

    code = "cancelled"


class WorkerError(RungError):
    """A worker could not answer."""

    code = "worker-failed"


class LoadFailed(WorkerError):
    """The model could not be loaded."""

    code = "load-failed"


class ModelFailed(WorkerError):
    """The model's own code raised. The cause is in the logs; its last line is in the message."""

    code = "model-failed"


class NotFinite(ModelFailed):
    """The answer holds a number that is not finite."""

    code = "nan-output"


class JobLost(WorkerError):
    """The servers that ran the job died, one after the other."""

    code = "lost"


class CallTimeout(WorkerError):
    """The call outlived its limit, and its worker was ended."""

    code = "timeout"


class WorkerCrashed(WorkerError):
    """The process died under the call."""

    code = "worker-crashed"
    retryable = True


_PATH = re.compile(r"(?<![\w/.:])/(?!v[12]/)(?:[^\s/'\":,;()<>]+/)+([^\s/'\":,;()<>]+)")


def without_paths(text: str) -> str:
    """The text with every absolute path shortened to its last name: what a caller elsewhere may be told."""
    return _PATH.sub(r"\1", text)


def _tree(root: type[RungError]) -> dict[str, type[RungError]]:
    found = {root.code: root}
    for child in root.__subclasses__():
        found |= _tree(child)
    return found


def by_code(code: str, message: str, details: dict[str, Any] | None = None) -> RungError:
    """The error of that code, for a code that crossed a process or a wire.

    An unknown code (a newer peer) becomes the base class with the code kept in its details.
    """
    known = _tree(RungError).get(code)
    if known is None:
        return RungError(message, **{**(details or {}), "remote_code": code})
    return known(message, **(details or {}))
