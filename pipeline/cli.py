"""The command line: each command parses, calls, prints and exits."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from corpus.errors import EXIT_DONE, EXIT_INTERRUPTED, EXIT_PARTIAL, GhirbalError

# Only click and the error tree are imported here: worker processes import this module again, and must not pay
# for the crawler or the compiled kernels that they do not use.

_FORMATS = ["jsonl.zst", "jsonl.gz", "jsonl", "parquet", "txt"]

_EXITS = """
Exit codes: 0 done; 1 published, but some inputs or records failed (listed); 2 usage or configuration; 3 disk, lock
or permission, nothing half-published; 130 interrupted, the same command resumes.
"""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}, epilog=_EXITS)
@click.version_option(package_name="ghirbal")
def ghirbal() -> None:
    """Turn scraped news into a clean text corpus in which each story stands once.

    Start with: ghirbal build DUMPS -o OUT, then open OUT/report.html.

    To fetch more articles first: scrapy crawl news -a outlets=FILE, then ghirbal build crawl -o OUT.
    """


_against = click.option(
    "--against", multiple=True, metavar="CORPUS", help="A finished corpus, or an index, that wins; may be repeated."
)


def _job_options(function: Callable[..., Any]) -> Callable[..., Any]:
    options = [
        click.argument("inputs", nargs=-1, required=True, metavar="INPUT..."),
        click.option("-o", "--out", required=True, metavar="OUT", help="Folder to write; new or empty."),
        click.option("--config", metavar="FILE", help="TOML file; unknown keys are refused."),
        click.option(
            "--workers", type=click.IntRange(1), default=lambda: os.cpu_count() or 1,
            metavar="N", help="Processes; the output is the same for any number. [default: one a core]",
        ),
        click.option("--format", "form", type=click.Choice(_FORMATS), default="jsonl.zst", show_default=True),
        click.option("--fresh", is_flag=True, help="Replace what an earlier run left in OUT."),
        click.option("--salvage", is_flag=True, help="Keep whole records that stand before the cut of a damaged file."),
        click.option("-q", "--quiet", is_flag=True, help="No progress bars."),
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


@ghirbal.command()
@_job_options
@click.option("--boilerplate", metavar="FILE", help="Use this reviewed table instead of learning one.")
@_against
def build(**options: Any) -> None:
    """Clean INPUT, then keep each story once.

    INPUT is files, folders (read recursively), finished corpora, crawl folders, or - for standard input: .txt .html
    .jsonl .csv .parquet .warc, plain or .gz .zst .bz2 .xz.

    \b
    OUT/corpus/        the documents kept           OUT/report.html    what happened, to look at
    OUT/removed/       every other record, and why  OUT/report.json    the same, to script on
    OUT/clusters.jsonl which documents were copies  OUT/_SUCCESS       written last

    A killed run is taken up by the same command, and makes the same bytes.
    """
    _run("build", **options)


@ghirbal.command()
@_job_options
@click.option("--no-filters", is_flag=True, help="Drop no document; only chrome inside documents goes.")
@click.option("--boilerplate", metavar="FILE", help="Use this reviewed table instead of learning one.")
def clean(*, no_filters: bool, **options: Any) -> None:
    """Clean INPUT, and keep copies."""
    _run("clean", filters=not no_filters, **options)


@ghirbal.command()
@_job_options
@_against
def dedup(**options: Any) -> None:
    """Keep each story of INPUT once, and change no text."""
    _run("dedup", **options)


@ghirbal.command()
@click.argument("file", metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a document, for tools.")
@click.option("--config", metavar="FILE", help="TOML file, as for build.")
@click.option("--boilerplate", metavar="FILE", help="Judge with this table, e.g. OUT/boilerplate.toml.")
def explain(**options: Any) -> None:
    """Show FILE as it would be cleaned: every removed span marked, with the rule that removed it.

    What an outlet repeats can only be learned from many of its documents: give the table of a finished build with
    --boilerplate to see what it knew.
    """
    from pipeline.explain import explain_file

    explain_file(**options)


@ghirbal.command()
@click.argument("kind", type=click.Choice(["text", "html", "dups"]))
@click.argument("gold", metavar="GOLD")
@click.argument("pred", metavar="PRED")
@click.option("--json", "as_json", is_flag=True, help="Figures as JSON.")
def score(**options: Any) -> None:
    """Score PRED against labelled GOLD (both JSONL): precision, recall, F1.

    \b
    text  GOLD {id, lines: [{text, label: keep|drop|meta, span}]}    PRED {id, text}
    html  GOLD {id, set, lang, gold} or {id, set, with, without}     PRED {id, text}
    dups  GOLD {id, cluster, lang} or {a, b, label, weight}          PRED {id, cluster}
    """
    from pipeline.score import print_scores

    print_scores(**options)


@ghirbal.command()
@click.argument("file", metavar="FILE")
@click.argument("corpus", metavar="CORPUS")
@click.option("--limit", type=click.IntRange(1), default=10, show_default=True, help="At most so many for a document.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a document, for tools.")
@click.option("--config", metavar="FILE", help="TOML file, as for build.")
def similar(**options: Any) -> None:
    """List what CORPUS has like the documents of FILE, and why: copies first, then by what they share."""
    from pipeline.similar import show_similar

    show_similar(**options)


@ghirbal.command()
@click.argument("corpora", nargs=-1, required=True, metavar="CORPUS...")
@click.option("-o", "--out", required=True, metavar="INDEX", help="Folder of the index; extended when it exists.")
@click.option("--config", metavar="FILE", help="TOML file, as for build.")
def index(corpora: tuple[str, ...], out: str, config: str | None) -> None:
    """Put finished corpora into one index, for --against. A corpus that it holds already is not added again."""
    from pipeline.against import extend_index
    from pipeline.config import read_config

    added = extend_index(Path(out), [Path(corpus) for corpus in corpora], read_config(config).dedup)
    click.echo(f"{out}: {added:,} documents added")


@ghirbal.command()
@click.argument("out", metavar="OUT")
def check(out: str) -> None:
    """Check a finished corpus: digests, counts, and the laws every record keeps."""
    from pipeline.check import check_corpus

    broken = check_corpus(Path(out))
    for line in broken:
        click.echo(line)
    if not broken:
        click.echo(f"{out}: every law holds")
    sys.exit(EXIT_PARTIAL if broken else EXIT_DONE)


@ghirbal.command()
@click.argument("url")
@click.option("--allow-private", is_flag=True, help="Allow addresses of private networks.")
def outlet(url: str, *, allow_private: bool) -> None:
    """Look at a news site, and draft its entry for outlets.toml: feeds, sitemaps, language.

    This is the one command here that uses the network.
    """
    from crawler.discovery import draft_outlet

    click.echo(draft_outlet(url, allow_private=allow_private))


def _run(command: str, *, quiet: bool, config: str | None, salvage: bool, **options: Any) -> None:
    from pipeline.config import read_config, salvaging
    from pipeline.console import show_summary, watching
    from pipeline.run import Job, run_job

    settings = salvaging(read_config(config)) if salvage else read_config(config)
    out, inputs = Path(options.pop("out")), tuple(options.pop("inputs"))
    given = {name: value for name, value in options.items() if value is not None}
    with watching(quiet=quiet) as watch:
        finished = run_job(Job(command, inputs, out, settings, **given), watch)  # type: ignore[arg-type]
    show_summary(finished)
    sys.exit(finished.exit_code)


def main() -> NoReturn:
    """Run the command line; an error becomes one line and an exit code, never a traceback."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        ghirbal.main(standalone_mode=False)
    except GhirbalError as error:
        _fail(str(error), error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _fail("interrupted; the same command takes up where this one stopped", EXIT_INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(EXIT_DONE)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _fail(message: str, code: int) -> NoReturn:
    from pipeline.console import show_error

    show_error(message)
    sys.exit(code)
