"""Whether a variant that others serve can be asked from here, and how far away what it is asked goes.

It takes nothing of this machine, so neither devices nor memory are looked at: only where it answers, whether the
network may be used at all, and whether its key is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from rung.runtime.planning.gates import licence_words
from rung.runtime.planning.ground import Ground
from rung.runtime.sections import section
from rung.runtime.spec import Footprint, Latency, Placement, Privacy, Provider, Rejection, Variant

ELSEWHERE = "elsewhere"
"""The device of such a placement."""


def answered_elsewhere(variant: Variant, provider: Provider, ground: Ground) -> Placement | Rejection:
    """The placement, or why it cannot be asked. The cases in order: 1 no address, 2 one that is none, 3 offline,
    4 in the clear to others, 5 no key."""
    url = str(ground.option(variant, "url") or "")
    name, here = variant.name, f"{section(variant.name)} options"
    if not url:
        reason = f"{name}: it is served by another program, and no address of one is given."
        remedy = f'{here} = {{ url = "http://127.0.0.1:8080/v1" }}, an OpenAI-compatible server that has the model.'
        return _no(variant, "config", reason, remedy)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        return _no(variant, "config", f"{name}: {url!r} is no address of a server.", f"Correct {here} url.")
    reach = reach_of(parts.hostname, own=bool(ground.option(variant, "own")))
    if ground.settings.offline and reach != "machine":
        reason = f"{name}: it answers at {parts.hostname}, and RUNG_OFFLINE=1 forbids the network."
        return _no(variant, "offline", reason, "Unset RUNG_OFFLINE, or a server on this machine.")
    if _in_the_clear(parts.scheme, reach):
        reason = f"{name}: {url} is plain http: the key and the pictures would go to others in the clear."
        return _no(variant, "config", reason, f"https, or {here} = {{ own = true }} where that machine is yours.")
    if provider.key and provider.key not in ground.settings.provider_keys and reach == "any":
        return _no(variant, "key", f"{name}: {provider.name} wants a key, and there is none.", f"Set {provider.key}.")
    return _placement(variant, provider, ground, parts.hostname, reach)


def with_needs(rejection: Rejection, variant: Variant) -> Rejection:
    """The remedy of what another program serves ends with what that program takes, and on which terms: who is to set
    one up has to know both."""
    if variant.provider is None or not variant.provider.needs:
        return rejection
    terms = "" if rejection.code == "licence" else licence_words(variant)
    parts = (rejection.remedy, f"Its server needs {variant.provider.needs}.", terms)
    return replace(rejection, remedy=" ".join(part for part in parts if part))


def reach_of(host: str, *, own: bool) -> Privacy:
    """`machine` for this one, `own` where the user says that it is theirs, `any` for everybody else's."""
    try:
        loopback = ip_address(host).is_loopback
    except ValueError:
        loopback = host.lower() == "localhost"
    return "machine" if loopback else "own" if own else "any"


def _in_the_clear(scheme: str, reach: Privacy) -> bool:
    return scheme == "http" and reach == "any"


def price_of(variant: Variant, options: Mapping[str, Any]) -> tuple[float, float] | None:
    """USD a million tokens read and written; None where the user changed the model and not its prices."""
    names = ("price_prompt", "price_completion")
    if options["model"] != variant.options["model"] and all(options[one] == variant.options[one] for one in names):
        return None
    return float(options[names[0]]), float(options[names[1]])


def _placement(variant: Variant, provider: Provider, ground: Ground, host: str, reach: Privacy) -> Placement:
    wishes = ground.wishes(variant)
    options = {**variant.options, **wishes.options}
    latency = next((place.latency_s for place in variant.places if place.latency_s is not None), None)
    return Placement(
        variant=variant,
        device=ELSEWHERE,
        precision="none",
        threads=0,
        footprint=Footprint(resident=0),
        options=options,
        reason=_reason(variant, provider, host, reach, _price_words(variant, provider, options)),
        forced=wishes.force,
        latency=None if latency is None else Latency(fixed=latency),
        reach=reach,
    )


def _price_words(variant: Variant, provider: Provider, options: Mapping[str, Any]) -> str:
    price = price_of(variant, options)
    if price is None:
        return f"What {options['model']} costs is not known."
    when = f" (published {provider.priced}, from memory)" if options == variant.options and provider.priced else ""
    return f"USD {price[0]:g} and {price[1]:g} a million tokens read and written{when}." if any(price) else ""


def _reason(variant: Variant, provider: Provider, host: str, reach: Privacy, price: str) -> str:
    parts = [
        f"Answers at {host}: no GPU and no memory of this machine.",
        {
            "machine": "What it is asked stays on this machine.",
            "own": "It is asked where a request's privacy is own or any.",
            "any": "It is asked only where a request says privacy = any: the pictures leave your machines.",
        }[reach],
        price if reach == "any" else "",
        f"Its server needs {provider.needs}." if provider.needs else "",
        provider.tried,
        licence_words(variant),
    ]
    return " ".join(part for part in parts if part)


def _no(variant: Variant, code: str, reason: str, remedy: str) -> Rejection:
    return Rejection(variant=variant.name, code=code, reason=reason, remedy=remedy)
