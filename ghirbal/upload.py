"""A corpus elsewhere: at an address (`s3://bucket/corpus`), and as a dataset of the Hugging Face Hub (`ghirbal push`).

What is to lie at an address is made in a folder of this machine, then published there.

A store has no rename, but a file of it is absent or complete. Parts go up first, under names with their digests, which
no other part has; then an older marker goes, and what readers look up by name goes up, the manifest, and last the
marker, which is the only commit point.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from corpus.errors import EXIT_DONE, EnvironmentFault, UsageError, load_package
from corpus.files import Store, digest_file, is_address, publish_json, translated
from corpus.run import Watcher
from ghirbal.check import check_corpus
from ghirbal.console import quote, results
from ghirbal.output import OURS
from ghirbal.published import MANIFEST, RUN, STATE, SUCCESS, Manifest, corpus_at, read_marker, read_struct

#: The manifest as it goes up, in the state of the folder: where its digest is the marker, the corpus there is this one.
_SENT = "sent.json"
#: What says at the address that a run is to publish there, and shows before the run that it can.
_STARTED = f"{STATE}/{RUN}"
_PART = re.compile(r"(?:corpus|removed)/part-\d{5,}(?:-[0-9a-f]{16})?\.[a-z.]+", re.ASCII)


def resolve_out(out: str) -> tuple[Path, str]:
    """Return the folder that a run writes to, and the address where it is published afterwards, or "".

    What is to lie at an address is made in `ghirbal/` under the user's cache (`XDG_CACHE_HOME`), always in the same
    folder for the same address.
    """
    if not is_address(out) or out.startswith("file://"):
        return Path(out.removeprefix("file://")), ""
    address = out.rstrip("/")
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - never raises
    name = re.sub(r"[^\w.-]", "-", PurePosixPath(address).name, flags=re.ASCII)
    return Path(cache, "ghirbal", f"{name}-{blake2b(address.encode(), digest_size=8).hexdigest()}"), address


def prepare_upload(folder: Path, address: str, *, fresh: bool) -> None:
    """Make sure that what a run in `folder` makes can be published at `address`, before the run.

    Raises:
        UsageError: something else lies there; `fresh` replaces a corpus.
        EnvironmentFault: the store does not answer, or refuses.
    """
    store = Store(address)
    found = store.find()
    if foreign := [name for name in found if name not in (*OURS, _STARTED) and not _PART.fullmatch(name)]:
        what = f"holds files that no run of ours wrote ({foreign[0]})" if foreign[0] else "this is a file"
        raise UsageError(f"{address}: {what}; give another address to -o")
    if SUCCESS in found and not fresh and not _is_published(store, folder):
        raise UsageError(f"{address}: holds another finished corpus; give another address, or --fresh to replace it")
    if SUCCESS not in found:
        store.write(_STARTED, b"")


def upload(folder: Path, address: str, watch: Watcher) -> None:
    """Publish the finished corpus in `folder` at `address`; parts that are there already are not sent again.

    Raises:
        EnvironmentFault: the store refuses, or something else writes there; the same command goes on.
    """
    store = Store(address)
    there = store.find()
    if SUCCESS in there and _is_published(store, folder):
        named = orjson.loads((folder / STATE / _SENT).read_bytes())["files"].keys()
    else:
        named = _send(store, there, folder, watch)
    for name in store.find().keys() - {*named, MANIFEST, SUCCESS}:
        if name in (*OURS, _STARTED) or _PART.fullmatch(name):
            store.remove(name)


def _send(store: Store, there: dict[str, Any], folder: Path, watch: Watcher) -> Iterable[str]:
    """Put what is not `there` yet, the marker last; return the names of the files of the corpus."""
    manifest = orjson.loads((folder / MANIFEST).read_bytes())
    files: dict[str, Any] = {}
    paths: dict[str, Path] = {MANIFEST: folder / STATE / _SENT}
    for name, said in manifest["files"].items():
        stem, _, form = name.partition(".")
        sent = f"{stem}-{said['sha256'][:16]}.{form}" if _PART.fullmatch(name) else name
        files[sent], paths[sent] = said, folder / name
    marker = publish_json(paths[MANIFEST], manifest | {"files": files}).sha256
    sizes = {name: path.stat().st_size for name, path in paths.items()}
    # Parts first: they stand in nobody's place. What stands in the place of an older corpus waits for its marker to go.
    kept = {name for name in paths if _PART.fullmatch(name) and there.get(name, {}).get("size") == sizes[name]}
    todo = sorted(paths.keys() - kept, key=lambda name: (name == MANIFEST, not _PART.fullmatch(name), name))
    watch.begin("upload", len(todo))
    for name in todo:
        if SUCCESS in there and not _PART.fullmatch(name):
            store.remove(SUCCESS)
            del there[SUCCESS]
        store.put(name, paths[name])
        watch.advance(1)
    now = store.find()
    if wrong := [name for name, size in sizes.items() if now.get(name, {}).get("size") != size]:
        message = f"{store.address}: {wrong[0]} is not what was sent; does something else write there?"
        raise EnvironmentFault(f"{message} The same command goes on")
    store.write(SUCCESS, f"{marker}\n".encode("ascii"))
    return files


def _is_published(store: Store, folder: Path) -> bool:
    """Tell whether the marker there is that of the corpus in `folder`."""
    sent = folder / STATE / _SENT
    with translated(store, "read"):
        return sent.is_file() and (store / SUCCESS).read_bytes().strip() == digest_file(sent).sha256.encode("ascii")


def push_corpus(out: str, repo: str, *, public: bool) -> int:
    """Upload `out` as the dataset `repo`, which is made where it is not there.

    Address and token are found as the Hub's own tools find them.

    Raises:
        UsageError: `out` is no whole corpus, the extra is not installed, or the Hub refuses.
        EnvironmentFault: the Hub cannot be reached.
    """
    library, errors = (load_package(name, repo, "push") for name in ("huggingface_hub", "huggingface_hub.errors"))
    folder = corpus_at(Path(out))
    if broken := check_corpus(folder):
        raise UsageError(f"{out}: {broken[0]}; only a corpus that keeps its laws is pushed, see: ghirbal check {out}")
    names = [*read_struct(folder / MANIFEST, Manifest).files, MANIFEST, SUCCESS]
    hub = library.HfApi()
    try:
        place = hub.create_repo(repo, repo_type="dataset", private=not public, exist_ok=True)
        hub.upload_folder(
            folder_path=folder,
            repo_id=place.repo_id,
            repo_type="dataset",
            allow_patterns=names,
            commit_message=f"Corpus {read_marker(folder)[:12]}",
        )
    except (errors.HfHubHTTPError, errors.LocalTokenNotFoundError, ValueError) as error:
        said = str(error).strip().partition("\n")[0]
        raise UsageError(f"{repo}: the Hub refuses: {said}; log in with `hf auth login`, or set HF_TOKEN") from error
    except errors.HTTPError as error:
        raise EnvironmentFault(f"{hub.endpoint}: cannot be reached ({error}); the same command goes on") from error
    results.print(quote(str(place)), soft_wrap=True)
    return EXIT_DONE
