"""`rung tune`: speed against measured error, for any option of an operation or of its variants."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from rung.cli.compose import apps
from rung.cli.local import endpoint_of, parse_fields
from rung.cli.look import Look, look_here
from rung.cli.profile import busy
from rung.cli.tune_places import Place, checked, place_of
from rung.cli.tune_table import as_document, render, render_ablation
from rung.cli.tune_write import lines_of, written
from rung.cli.tuning import Question, measure
from rung.lab.advice import WITHIN, Advice, ablation, recommend, turns
from rung.lab.cases import read_cases
from rung.lab.grid import Setting, ablation_settings, all_settings, parse_vary
from rung.lab.metrics import metric_of
from rung.lab.picture import pareto_picture
from rung.lab.study import Row, rows
from rung.lab.tunefile import TuneFile, read_tune_file
from rung.runtime.errors import InvalidInput, Unavailable
from rung.runtime.spec import Variant

WIDE = 160
"""Columns of a table that goes to a file or a program."""


def tune(
    operation: Annotated[str, typer.Argument(metavar="[APP.OPERATION]", help="Such as editor.segment.")] = "",
    vary: Annotated[
        list[str] | None,
        typer.Option(
            "--vary",
            metavar="PARAM=a,b,c",
            help="The baseline's value first. PARAM: a field of the operation, `variant`, or VARIANT.OPTION.",
        ),
    ] = None,
    metric: Annotated[str, typer.Option("--metric", help="How an error is measured; an unknown name lists them.")] = "",
    cases: Annotated[Path | None, typer.Option("--cases", metavar="DIR", help="A folder with cases.json.")] = None,
    file: Annotated[str, typer.Option("--file", metavar="FILE", help="A tune file, or a shipped one's name.")] = "",
    field: Annotated[
        list[str] | None, typer.Option("--field", metavar="KEY=VALUE", help="An input of all runs.")
    ] = None,
    variant: Annotated[str, typer.Option("--variant", help="This variant answers in all runs.")] = "",
    within: Annotated[float, typer.Option(min=0, help="How much more error is taken for speed.")] = WITHIN,
    trials: Annotated[int, typer.Option(min=1, max=100, help="Runs of each case, with seeds of their own.")] = 1,
    first: Annotated[int, typer.Option(min=0, help="Only so many cases; 0: all.")] = 0,
    ablate: Annotated[
        bool, typer.Option("--ablate", help="Each change alone and removed, and whether they add up.")
    ] = False,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE.svg", help="Draw time against error.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Write what is recommended into rung.toml.")] = False,
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs.")] = False,
) -> None:
    """Run an operation on cases at every setting; print what each costs in error and gains in time."""
    asked = _asked(operation, vary or [], metric, file, field or [], variant)
    look = look_here(config)
    study = _study(look, asked, cases, first, trials, ablate)
    say = Console(stderr=True, highlight=False)
    say.print(f"{len(study.question.settings)} settings, {len(study.question.cases)} cases, {trials} trials each")
    if (warning := busy(look.machine.cores)) is not None:
        say.print(f"warning: {warning}", style="yellow")
    samples = asyncio.run(measure(look, study.question, lambda line: say.print(line)))
    found = rows(study.question.settings, samples)
    advice = recommend(found, within)
    _show(study, found, advice, ablate=ablate, as_json=as_json)
    if picture is not None:
        picture.write_text(_drawn(asked, found, advice.chosen), "utf-8")
        say.print(f"picture: {picture}")
    if advice.chosen is None:
        raise Unavailable("Nothing was measured; the reasons stand above.")
    if write:
        _write(study, found[advice.chosen], Path(look.settings.source or "rung.toml"), say)


def _drawn(asked: TuneFile, found: Sequence[Row], chosen: int | None) -> str:
    """The picture of time against error, as SVG."""
    title = f"{asked.operation}: {', '.join(one.name for one in asked.varied)}"
    return pareto_picture(found, title=title, metric=asked.metric, chosen=chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Study:
    asked: TuneFile
    question: Question
    variants: Mapping[str, Variant]


def _asked(
    operation: str, vary: Sequence[str], metric: str, file: str, fields: Sequence[str], variant: str
) -> TuneFile:
    """What the words and the file say together; the words win."""
    known = read_tune_file(file) if file else None
    varied = tuple(parse_vary(one) for one in vary) or (known.varied if known else ())
    operation = operation or (known.operation if known else "")
    metric = metric or (known.metric if known else "")
    if not operation or not varied or not metric:
        raise InvalidInput("give APP.OPERATION, --vary PARAM=a,b and --metric NAME, or --file with all three")
    return TuneFile(
        operation=operation,
        metric=metric,
        varied=varied,
        variant=variant or (known.variant if known else ""),
        fields={**(known.fields if known else {}), **parse_fields(list(fields))},
        claims=known.claims if known and not vary else (),
        source=known.source if known else "",
    )


def _study(look: Look, asked: TuneFile, cases: Path | None, first: int, trials: int, ablate: bool) -> _Study:
    """Everything that can be wrong is found before anything is loaded. Raises InvalidInput, NotFound."""
    if cases is None:
        raise InvalidInput("give the cases: --cases DIR, a folder with cases.json (docs/tuning.md)")
    app, dot, name = asked.operation.partition(".")
    if not dot:
        raise InvalidInput(f"{asked.operation!r}: write APP.OPERATION, such as editor.segment")
    at = endpoint_of(apps(), app, name, look.settings)
    variants = {n: v for n, v in look.variants.items() if v.task in at.operation.tasks}
    places: dict[str, Place] = {}
    for one in asked.varied:
        places[one.name] = place_of(one.name, at.names, variants)
        checked(one.name, places[one.name], one.values, variants)
    if asked.variant and asked.variant not in variants:
        raise InvalidInput(f"--variant: {asked.variant!r} is none of the operation's; there are {', '.join(variants)}")
    settings: tuple[Setting, ...] = ablation_settings(asked.varied) if ablate else all_settings(asked.varied)
    found = read_cases(cases, asked.operation, at.one | at.many)
    question = Question(
        operation=asked.operation,
        settings=settings,
        places=places,
        cases=found[: first or None],
        metric=metric_of(asked.metric),
        variant=asked.variant,
        fields=asked.fields,
        trials=trials,
    )
    return _Study(asked=asked, question=question, variants=variants)


def _show(study: _Study, found: Sequence[Row], advice: Advice, *, ablate: bool, as_json: bool) -> None:
    asked, metric = study.asked, study.question.metric
    claims = [asked.claim(row.setting) for row in found]
    bends = turns(found, asked.varied)
    ablated = ablation(found, asked.varied) if ablate else None
    if as_json:
        document: dict[str, Any] = as_document(asked.operation, found, metric, advice, bends, claims, ablated)
        typer.echo(json.dumps(document, indent=2))
        return
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
    for part in render(found, metric, advice, bends, claims):
        console.print(part)
    if any(claims) and asked.source:
        console.print(f"claimed: {asked.source}")
    for part in render_ablation(ablated) if ablated else ():
        console.print(part)


def _write(study: _Study, row: Row, path: Path, say: Console) -> None:
    """path: the file that settings come from; made where there is none."""
    lines, left = lines_of(row.setting, study.question.places, row.variants, study.variants)
    for sentence in left:
        say.print(sentence)
    if not lines:
        return
    text = path.read_text("utf-8") if path.exists() else ""
    path.write_text(written(text, lines), "utf-8")
    for line in lines:
        say.print(f"{path}: [{'.'.join(line.table)}] {line.key} = {json.dumps(line.value)}")
