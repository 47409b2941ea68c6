"""The command line: `rung serve | demo | run | plan | doctor | jobs | keys | models | weights | profile | tune`."""

from __future__ import annotations

import sys

import typer

from rung.cli import demo, doctor, jobs, keys, models, plan, profile, run, serve, tune, weights
from rung.runtime.errors import RungError

app = typer.Typer(
    name="rung",
    help="One runtime for several heavy AI models on hardware that is too small for them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("plan")(plan.plan)
app.command("profile")(profile.profile)
app.command("tune")(tune.tune)
app.command("doctor")(doctor.doctor)
app.add_typer(jobs.app, name="jobs", help="Accepted jobs: list, show, why, cancel, retry, prune.")
app.add_typer(keys.app, name="keys", help="Who may ask: create, list, revoke.")
app.add_typer(
    models.app, name="models", help="What a running server has in memory: list, load, unload, pin, unpin, keep."
)
app.add_typer(weights.app, name="weights", help="Model files: list, pull, verify, licences.")


def main() -> None:
    """Run a command; an error that Rung raised on purpose is one sentence on stderr and status 1."""
    try:
        app()
    except RungError as error:
        print(f"rung: {error.message}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
