"""Commands that read: a file before it is built, a finished corpus after."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import click

from corpus.errors import EXIT_DONE, EXIT_PARTIAL
from ghirbal.terminal import visible

# As in `ghirbal.cli`, nothing heavier is imported here.

#: So much of a path that cannot be is shown.
_SHOWN_PATH = 100


class _PathName(click.ParamType):  # type: ignore[type-arg]  # generic only in newer versions
    """The name of a file or folder that could exist."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse what no file system can hold, before anything is read or written."""
        shown = visible(f"{value[:_SHOWN_PATH]}..." if len(value) > _SHOWN_PATH else value)
        if not value:
            self.fail("an empty path; name a file or a folder", param, ctx)
        if "\0" in value:
            self.fail(f"{shown}: a path holds no NUL", param, ctx)
        try:
            Path(value).stat()
        except OSError as error:
            if error.errno in (errno.ENAMETOOLONG, errno.ELOOP):
                self.fail(f"{shown}: {error.strerror}; give another path", param, ctx)
        return str(value)


PATH = _PathName()
_OUT = click.argument("out", type=PATH, metavar="OUT")
CONFIG = click.option("--config", type=PATH, metavar="FILE", help="TOML file, as for build.")
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for tools.")


@click.command()
@click.argument("file", type=PATH, metavar="FILE")
@click.option("--like", type=PATH, metavar="OUT", help="Judge as the build of OUT did: its table and configuration.")
@click.option("--boilerplate", type=PATH, metavar="FILE", help="Judge with this table, or that of this corpus.")
@CONFIG
@click.option("--record", type=click.IntRange(0), metavar="N", help="Only this record of FILE, counted from 0.")
@click.option("--id", "identity", metavar="ID", help="Only the document of this id.")
@_JSON
def explain(**options: Any) -> int:
    """Show FILE, or - for standard input, as it would be cleaned, and whether a build would keep it.

    Every removed span is marked, with the rule that removed it. What an outlet repeats can only be learned from many
    of its documents: --like OUT, or --boilerplate, shows what a finished build knew.
    """
    from ghirbal.explain import explain_file

    return explain_file(**options)


@click.command()
@_OUT
@click.argument("key", metavar="KEY")
@click.option("--from", "inputs", type=PATH, multiple=True, metavar="INPUT", help="What OUT was built from.")
@_JSON
def why(**options: Any) -> int:
    """Tell what became of one record of OUT, stage by stage, and why.

    KEY is an id, an address, the name of a file (FILE:N for its record N), or words of the title. A copy is shown
    beside the document that was kept for it. With --from, the record is read again, and every span that cleaning
    took out is shown with its evidence.
    """
    from ghirbal.ask import show_why

    return show_why(**options)


@click.command()
@_OUT
@_JSON
def stats(**options: Any) -> int:
    """Print what OUT holds: records by reason, language and outlet, spans by rule."""
    from ghirbal.ask import show_stats

    return show_stats(**options)


@click.command()
@_OUT
@click.option("-n", "count", type=click.IntRange(1), default=5, show_default=True, help="So many records.")
@click.option("--outlet", metavar="NAME", help="Only of this outlet.")
@click.option("--language", metavar="CODE", help="Only of this language.")
@click.option("--removed", is_flag=True, help="Of the records that were removed.")
@click.option("--reason", metavar="REASON", help="Of those removed for this reason.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed draws others.")
@_JSON
def sample(**options: Any) -> int:
    """Print a few records of OUT, drawn at random."""
    from ghirbal.ask import show_sample

    return show_sample(**options)


@click.command()
@click.argument("kind", type=click.Choice(["text", "html", "dups"]))
@click.argument("gold", type=PATH, metavar="GOLD")
@click.argument("pred", type=PATH, metavar="PRED")
@_JSON
def score(**options: Any) -> None:
    """Score PRED against labelled GOLD (both JSONL): precision, recall, F1.

    \b
    text  GOLD {id, lines: [{text, label: keep|drop|meta, span}]}    PRED {id, text}
    html  GOLD {id, set, lang, gold} or {id, set, with, without}     PRED {id, text}
    dups  GOLD {id, cluster, lang} or {a, b, label, weight}          PRED {id, cluster}
    """
    from ghirbal.score import print_scores

    print_scores(**options)


@click.command()
@click.argument("file", type=PATH, metavar="FILE")
@click.argument("corpus", type=PATH, metavar="CORPUS")
@click.option("--limit", type=click.IntRange(1), default=10, show_default=True, help="At most so many for a document.")
@_JSON
@CONFIG
def similar(**options: Any) -> int:
    """List what CORPUS has like the documents of FILE, and why: copies first, then by what they share."""
    from ghirbal.index import show_similar

    return show_similar(**options)


@click.command()
@_OUT
def check(out: str) -> int:
    """Check a finished corpus: digests, counts, and the laws every record keeps."""
    from ghirbal.check import check_corpus

    broken = check_corpus(out)
    for line in broken or [f"{out}: every law holds"]:
        click.echo(visible(line))
    return EXIT_PARTIAL if broken else EXIT_DONE


@click.command()
@_OUT
@click.argument("repo", metavar="REPO")
@click.option("--public", is_flag=True, help="Make a new REPO public; its texts belong to those who published them.")
def push(**options: Any) -> int:
    """Upload OUT with its card as the dataset REPO (OWNER/NAME) of the Hugging Face Hub.

    Needs ghirbal[push] and the login of `hf auth login`, or HF_TOKEN; a new REPO is private.
    """
    from ghirbal.upload import push_corpus

    return push_corpus(**options)


@click.command()
def doctor() -> int:
    """Say what is installed, what is missing, and what it is needed for."""
    from ghirbal.doctor import show_doctor

    return show_doctor()


COMMANDS = (doctor, explain, why, stats, sample, similar, check, push, score)
