"""Decides what the live page says of jobs, workers and memory: the API's JSON in, what is shown out. Touches nothing.

Everything that comes out is a JSON value, so that two looks can be compared and only news is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rung.console.live_words import LIVE
from rung.console.tables import size
from rung.console.words import Language, say

Row = dict[str, Any]
OPEN = ("running", "queued")
SHORT = 8
"""Characters at the end of an id; its beginning is the time, which neighbours share."""


def span(seconds: float, language: Language) -> str:
    """A duration for people, in its largest whole unit."""
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60), ("seconds", 1)):
        if seconds >= length:
            return say(LIVE, language, unit, n=int(seconds // length))
    return say(LIVE, language, "now")


def job_rows(jobs: Sequence[Mapping[str, Any]], now: float, language: Language, taking: Collection[str]) -> list[Row]:
    """Running ones, waiting ones, then those that ended; the newest of each first. now: Unix seconds.

    taking: ids whose cancelling was asked for and is not answered yet.
    """
    unique = {job["id"]: job for job in jobs}
    ordered = sorted(unique.values(), key=lambda job: (_rank(job["status"]), -job["created"]))
    return [_job(job, now, language, job["id"] in taking or job["cancel_requested"]) for job in ordered]


def _rank(status: str) -> int:
    return OPEN.index(status) if status in OPEN else len(OPEN)


def _job(job: Mapping[str, Any], now: float, language: Language, leaving: bool) -> Row:
    opened, progress = job["status"] in OPEN, job["progress"]
    short = job["id"][-SHORT:]
    return {
        "id": job["id"],
        "short": short,
        "operation": f"{job['app']}/{job['operation']}",
        "status": job["status"],
        "status_word": _word(job["status"], language),
        "note": _note(job, language),
        "percent": round(progress["frac"] * 100) if job["status"] == "running" else None,
        "stage": progress["stage"] if opened else "",
        "age": span(now - job["created"], language),
        "attempts": _attempts(job.get("attempts", ())),
        "key": job.get("key", ""),
        "open": opened,
        "leaving": opened and leaving,
        "label": say(LIVE, language, "cancel_job", id=short),
    }


def _note(job: Mapping[str, Any], language: Language) -> str:
    """Why it failed, how many wait before it, or how long it took."""
    if job["error"] is not None:
        return str(job["error"]["detail"])
    if job["status"] == "queued" and job.get("queue_position"):
        return say(LIVE, language, "before_it", n=job["queue_position"])
    if job["status"] == "succeeded" and job["started"] is not None and job["finished"] is not None:
        return say(LIVE, language, "took", time=_took(job["finished"] - job["started"], language))
    return ""


def _took(seconds: float, language: Language) -> str:
    return say(LIVE, language, "seconds", n=f"{seconds:.2f}") if seconds < 10 else span(seconds, language)


def _attempts(attempts: Sequence[Mapping[str, Any]]) -> str:
    """Their number, and what became of those that were not the last."""
    before = [one["outcome"] for one in attempts[:-1]]
    return f"{len(attempts)} ({', '.join(before)})" if before else str(len(attempts))


def worker_rows(models: Sequence[Mapping[str, Any]], language: Language) -> list[Row]:
    """Every variant that is in memory, on its way, waited for, or in trouble. models: of `GET /v1/models`."""
    return [_worker(model, model["state"], language) for model in models if _is_shown(model["state"])]


def away(models: Sequence[Mapping[str, Any]]) -> int:
    """How many variants could run here and are not shown."""
    return sum(bool(model["feasible"]) and not _is_shown(model["state"]) for model in models)


def _is_shown(state: Mapping[str, Any] | None) -> bool:
    if state is None:
        return False
    return state["state"] != "unloaded" or any(state.get(key) for key in ("queued", "trouble", "restarts"))


def _worker(model: Mapping[str, Any], state: Mapping[str, Any], language: Language) -> Row:
    calls = [say(LIVE, language, f"{key}_n", n=state[key]) for key in ("running", "queued") if state.get(key)]
    trouble = state.get("trouble")
    return {
        "variant": model["variant"],
        "task": model["task"],
        "device": state.get("device") or model.get("device", ""),
        "state": trouble["state"] if trouble else state["state"],
        "state_word": _word(trouble["state"] if trouble else state["state"], language),
        "pinned": say(LIVE, language, "pinned") if state.get("pinned") else "",
        "held": size(state.get("bytes")) if state["state"] != "unloaded" else "–",
        "reserved": size(state.get("reserved")) if state.get("reserved") else "–",
        "calls": ", ".join(calls) or (say(LIVE, language, "idle") if state["state"] == "ready" else "–"),
        "restarts": str(state.get("restarts", 0)),
        "trouble": _trouble(trouble, language) if trouble else "",
    }


def _trouble(trouble: Mapping[str, Any], language: Language) -> str:
    left = trouble.get("until_s") or 0.0
    if left < 1:
        return str(trouble["reason"])
    return f"{trouble['reason']} · {say(LIVE, language, 'again_in', time=span(left, language))}"


def device_rows(budgets: Mapping[str, int], models: Sequence[Mapping[str, Any]], language: Language) -> list[Row]:
    """How much of each device's budget is promised and how much is used, with the shares in per cent."""
    return [_device(device, total, models, language) for device, total in sorted(budgets.items())]


def _device(device: str, total: int, models: Sequence[Mapping[str, Any]], language: Language) -> Row:
    states = [model["state"] for model in models if model["state"] and model["state"].get("device") == device]
    reserved = sum(state.get("reserved") or 0 for state in states)
    used = sum(state.get("bytes") or 0 for state in states)
    blind = any(state["state"] == "ready" and state.get("bytes") is None for state in states)
    figures = {"reserved": size(reserved), "total": size(total)} | ({} if blind else {"used": size(used)})
    return {
        "device": device,
        "used": _share(used, total),
        "reserved": _share(reserved, total),
        "text": say(LIVE, language, "memory_unmeasured" if blind else "memory_text", **figures),
    }


def _share(part: int, total: int) -> float:
    return round(min(part / total, 1.0) * 100, 1) if total else 0.0


def _word(name: str, language: Language) -> str:
    """A state that a newer server knows and we do not is shown by its own name."""
    return say(LIVE, language, name) if name in LIVE else name
