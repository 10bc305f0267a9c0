"""The command line: each command parses, calls, prints and exits."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn, cast

import click

from corpus.errors import (
    EXIT_DEFECT,
    EXIT_DONE,
    EXIT_ENVIRONMENT,
    EXIT_PARTIAL,
    EXIT_USAGE,
    GhirbalError,
    UsageError,
)
from ghirbal.cli_read import COMMANDS, CONFIG, PATH
from ghirbal.terminal import Guarded, visible

# Only click and the error tree are imported here: worker processes import this module again, and must not pay
# for the crawler or the compiled kernels that they do not use.

_PACKAGES = ("corpus", "cleaning", "crawler", "dedup", "ghirbal")
#: The packages whose stages a command needs.
_STAGES = {"build": ("cleaning", "dedup"), "clean": ("cleaning",), "dedup": ("dedup",)}
_FORMATS = ["jsonl.zst", "jsonl.gz", "jsonl", "parquet", "txt"]

_EXITS = """
Exit codes: 0 done; 1 published, but some inputs or records failed (listed); 2 usage or configuration; 3 disk, lock
or permission, nothing half-published; 70 a defect of Ghirbal, please report it; 130 interrupted, the same command
resumes.
"""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}, epilog=_EXITS)
@click.version_option(package_name="ghirbal")
def ghirbal() -> None:
    """Turn scraped news into a clean text corpus in which each story stands once.

    Start with: ghirbal build DUMPS -o OUT, then open OUT/report.html.

    To fetch more articles first: ghirbal crawl OUTLETS -o crawl, then ghirbal build crawl -o OUT.
    """


_against = click.option(
    "--against", type=PATH, multiple=True, metavar="CORPUS",
    help="A finished corpus, or an index, that wins; may be repeated.",
)  # fmt: skip
_boilerplate = click.option(
    "--boilerplate", type=PATH, metavar="FILE", help="Use this reviewed table instead of learning one."
)


_workers = [
    click.option(
        "--workers", type=click.IntRange(1), default=lambda: os.cpu_count() or 1,
        metavar="N", help="Processes; the output is the same for any number. [default: one a core]",
    ),
    click.option(
        "--cluster", metavar="ADDRESS", envvar="GHIRBAL_CLUSTER",
        help="Work on a Dask cluster: tcp://HOST:8786, a scheduler file, or local (docs/scale.md).",
    ),
]  # fmt: skip


def _job_options(function: Callable[..., Any]) -> Callable[..., Any]:
    options = [
        click.argument("inputs", nargs=-1, required=True, type=PATH, metavar="INPUT..."),
        click.option(
            "-o", "--out", required=True, type=PATH, metavar="OUT", help="Folder, or s3://..., to write; new or empty."
        ),
        click.option("--config", type=PATH, metavar="FILE", help="TOML file; unknown keys are refused."),
        *_workers,
        click.option("--format", "form", type=click.Choice(_FORMATS), default="jsonl.zst", show_default=True),
        click.option("--fresh", is_flag=True, help="Replace what an earlier run left in OUT."),
        click.option("--salvage", is_flag=True, help="Keep whole records that stand before the cut of a damaged file."),
        click.option("--log", type=PATH, metavar="FILE", help="Append what is done, and when, to FILE."),
        click.option("-q", "--quiet", is_flag=True, help="No progress bars."),
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


@ghirbal.command()
@_job_options
@_boilerplate
@_against
def build(**options: Any) -> int:
    """Clean INPUT, then keep each story once.

    INPUT is files, folders (read recursively), finished corpora, crawl folders, or - for standard input: .txt .html
    .jsonl .csv .parquet .warc, plain or .gz .zst .bz2 .xz.

    \b
    OUT/corpus/        the documents kept           OUT/report.html    what happened, to look at
    OUT/removed/       every other record, and why  OUT/report.json    the same, to script on
    OUT/clusters.jsonl which documents were copies  OUT/_SUCCESS       written last

    A killed run is taken up by the same command, and makes the same bytes.
    """
    return _run("build", **options)


@ghirbal.command()
@_job_options
@click.option("--no-filters", is_flag=True, help="Drop no document; only chrome inside documents goes.")
@_boilerplate
def clean(*, no_filters: bool, **options: Any) -> int:
    """Clean INPUT, and keep copies."""
    return _run("clean", filters=not no_filters, **options)


@ghirbal.command()
@_job_options
@_against
def dedup(**options: Any) -> int:
    """Keep each story of INPUT once, and change no text."""
    return _run("dedup", **options)


@ghirbal.command()
@click.argument("corpora", nargs=-1, type=PATH, metavar="[CORPUS...]")
@click.option(
    "-o", "--out", required=True, type=PATH, metavar="INDEX", help="Folder or address; extended when it is there."
)
@click.option("--remove", multiple=True, metavar="ID", help="Take a document out of the index; may be repeated.")
@CONFIG
@_workers[0]
@_workers[1]
def index(
    corpora: tuple[str, ...], out: str, remove: tuple[str, ...], config: str | None, workers: int, cluster: str | None
) -> None:
    """Put finished corpora into one index, for --against. A corpus that it holds already is not added again.

    What was taken out with --remove wins no more: the next corpus may bring it again.
    """
    from ghirbal.config import read_config
    from ghirbal.index import extend_index, remove_from_index

    if not corpora and not remove:
        raise click.UsageError("Missing argument 'CORPUS...', or --remove ID.")
    dedup = read_config(config).dedup
    if remove:
        click.echo(visible(f"{out}: {remove_from_index(out, remove, dedup):,} documents removed"))
    if corpora:
        added = extend_index(out, corpora, dedup, workers, cluster or "")
        click.echo(visible(f"{out}: {added:,} documents added"))


@ghirbal.command()
@click.argument("outlets", type=PATH, metavar="OUTLETS")
@click.option("-o", "--out", default="crawl", show_default=True, type=PATH, metavar="DIR", help="Folder of the crawl.")
@click.option("--contact", metavar="WHO", help="Page or address where the owner of a site can reach you.")
@click.option("--allow-private", is_flag=True, help="Allow addresses of private networks.")
@click.option("-a", "arguments", multiple=True, metavar="NAME=VALUE", help="Argument of the spider, such as since=.")
@click.option("-s", "settings", multiple=True, metavar="NAME=VALUE", help="Any setting of Scrapy or of the crawler.")
def crawl(
    outlets: str, out: str, contact: str | None, *, allow_private: bool, arguments: list[str], settings: list[str]
) -> NoReturn:
    """Fetch the outlets of a TOML file into WARC files in DIR; `ghirbal build DIR` takes it from there.

    The same as `scrapy crawl news -a outlets=OUTLETS -s GHIRBAL_OUT=DIR`, from any folder. The same command again
    resumes a crawl that was stopped, and later looks for what is new.
    """
    ours = {"GHIRBAL_OUT": out, "GHIRBAL_CONTACT": contact, "GHIRBAL_ALLOW_PRIVATE": "1" if allow_private else None}
    given = [f"{name}={value}" for name, value in ours.items() if value is not None]
    # What lies in the working folder may be called like a package of ours: with -P no module is looked for there.
    call = [sys.executable, "-P", "-m", "scrapy", "crawl", "news", "-a", f"outlets={outlets}"]
    call += [part for argument in arguments for part in ("-a", argument)]
    call += [part for setting in (*given, *settings) for part in ("-s", setting)]
    sys.stdout.flush()
    sys.stderr.flush()
    # Scrapy has its own ways with signals, streams and exit codes.
    os.execve(sys.executable, call, {**os.environ, "SCRAPY_SETTINGS_MODULE": "ghirbal.crawl_settings"})  # noqa: S606


@ghirbal.command()
@click.argument("url")
@click.option("--allow-private", is_flag=True, help="Allow addresses of private networks.")
def outlet(url: str, *, allow_private: bool) -> None:
    """Look at a news site, and draft its entry for outlets.toml: feeds, sitemaps, language.

    Of the commands here, this one, `crawl` and `push` use the network.
    """
    from crawler.discovery import draft_outlet

    click.echo(draft_outlet(url, allow_private=allow_private))


for _command in COMMANDS:
    ghirbal.add_command(_command)


def _run(command: str, *, quiet: bool, log: str | None, config: str | None, salvage: bool, **options: Any) -> int:
    gc.disable()  # imports make no garbage, and what they make stays
    from msgspec.structs import replace

    from ghirbal.config import read_config
    from ghirbal.console import show_summary
    from ghirbal.jobs import Job, run_job
    from ghirbal.progress import Bars
    from ghirbal.upload import resolve_out

    for package in _STAGES[command]:
        import_module(f"{package}.stages")
    gc.freeze()
    gc.enable()
    settings = read_config(config)
    settings = replace(settings, read=replace(settings.read, salvage=salvage or settings.read.salvage))
    (out, address), inputs = resolve_out(options.pop("out")), tuple(options.pop("inputs"))
    given = {name: value for name, value in options.items() if value is not None}
    job = Job(command, inputs, out, settings, address=address, **given)  # type: ignore[arg-type]
    if log is not None and not Path(log).parent.is_dir():
        raise UsageError(f"--log {log}: there is no such folder; make it first, or name another file")
    with ExitStack() as stack:
        stream = stack.enter_context(Path(log).open("a", encoding="utf-8")) if log is not None else None
        watch = stack.enter_context(Bars(quiet=quiet, log=stream))
        finished = run_job(job, watch)
        counts = ", ".join(f"{name} {count:,}" for name, count in finished.report.counts().items())
        watch.say(f"{address or out}: {counts}")
    show_summary(finished, address)
    return finished.exit_code


def main() -> NoReturn:
    """Run the command line; an error becomes one sentence and an exit code, never a traceback, but for an interrupt."""
    out, err = Guarded(sys.stdout), Guarded(sys.stderr)
    with redirect_stdout(cast("Any", out)), redirect_stderr(cast("Any", err)):
        code = _call()
        out.flush()
        if out.refused is not None and code in (EXIT_DONE, EXIT_PARTIAL):
            code = _refused(out.refused, "standard output: not all could be written")
        err.flush()
    sys.exit(code)


def _call() -> int:
    """Run one command and return its exit code; whatever goes wrong is said on standard error."""
    try:
        # Without `ghirbal.main`, which prints an empty line at an interrupt, even where no terminal shows ^C.
        with ghirbal.make_context("ghirbal", sys.argv[1:]) as context:
            return int(ghirbal.invoke(context) or EXIT_DONE)
    except click.exceptions.Exit as end:
        return end.exit_code
    except GhirbalError as error:
        return _say(str(error), error.exit_code)
    except click.ClickException as error:
        error.show()
        return EXIT_USAGE
    except MemoryError:
        return _say("there is not enough memory; free some, or give fewer --workers", EXIT_ENVIRONMENT)
    except OSError as error:
        return _refused(error, f"{error.filename or 'the system'}: refused")
    except Exception as error:  # noqa: BLE001
        return _say(_defect(error), EXIT_DEFECT)


def _defect(error: Exception) -> str:
    """Say what of ours broke and where; where GHIRBAL_DEBUG is set, after the whole traceback."""
    if os.environ.get("GHIRBAL_DEBUG"):
        traceback.print_exception(error)
    root = Path(__file__).parents[1]
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(os.path.relpath(frame.filename, root)).as_posix()}:{frame.lineno}" for frame in frames]
    where = next((place for place in reversed(places) if place.split("/")[0] in _PACKAGES), places[-1])
    return (
        f"a defect of Ghirbal, not of your data: {type(error).__name__}: {error} ({where}); please report this line "
        "and the command. GHIRBAL_DEBUG=1 in the environment shows the traceback"
    )


def _refused(error: OSError, what: str) -> int:
    from corpus.files import refusal

    refused = refusal(error, what)
    return _say(str(refused), refused.exit_code)


def _say(message: str, code: int) -> int:
    from ghirbal.console import show_error

    show_error(message)
    return code
