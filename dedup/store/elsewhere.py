"""An index at an address: fetched into a folder to be asked or changed there, and published from it.

A store has no rename, but a file of it is absent or complete. New segments go up first, beside those that are there;
then the listing, which is the only commit point; then what it names no more is removed.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import xxhash

from corpus.errors import EnvironmentFault, InputError, UsageError
from corpus.files import Store, publish
from corpus.run import map_file
from dedup.config import DedupConfig
from dedup.store.index import read_index
from dedup.store.segments import LISTING, SEGMENT, IndexListing, publish_listing, sweep_segments

#: The listing that lay at the address when the folder and the address were last the same.
_KNOWN = f"{LISTING}.known"


def fetch_index(store: Store, folder: Path, config: DedupConfig) -> None:
    """Have the index that is in a store in `folder`, of which segments that are there already are not fetched.

    Raises:
        UsageError: the index was built with other settings, or is damaged.
        EnvironmentFault: the store does not answer, or refuses.
    """
    listing = read_index(store, config)
    folder.mkdir(parents=True, exist_ok=True)
    while True:
        try:
            for name, stored in listing.segments.items():
                path, temporary = folder / name, folder / f"{name}.fetched"
                if not path.is_file() or xxhash.xxh3_128_hexdigest(map_file(path)) != stored.digest:
                    (store / name).fetch(str(temporary))
                    temporary.replace(path)
            break
        except InputError as gone:  # whoever changes the index removes files, but names others first
            known, listing = listing, read_index(store, config)
            if known == listing:
                raise UsageError(f"{store / name}: missing; build the index again with: ghirbal index") from gone
    publish_listing(folder, listing)
    sweep_segments(folder, listing.segments)


def pull_index(store: Store, folder: Path, config: DedupConfig) -> None:
    """Have in `folder` the index to be changed: that of the store, or what an earlier run made of it and not published.

    Raises:
        UsageError: something else lies in the store; otherwise as for `fetch_index`.
        EnvironmentFault: as for `fetch_index`.
    """
    if foreign := [name for name in store.find() if name != LISTING and not SEGMENT.fullmatch(name)]:
        what = f"holds something else than an index ({foreign[0]})" if foreign[0] else "this is a file"
        raise UsageError(f"{store}: {what}; give a new or empty address to -o")
    there, known = _listing_in(store), folder / _KNOWN
    if not known.is_file() or known.read_bytes() != there:
        fetch_index(store, folder, config)
        publish(known, there)


def push_index(store: Store, folder: Path) -> None:
    """Publish the index in `folder`, which `pull_index` has seen to.

    Raises:
        EnvironmentFault: something else has changed the index in the store meanwhile; or the store refuses.
    """
    known, here = (folder / _KNOWN).read_bytes(), (folder / LISTING).read_bytes()
    if _listing_in(store) != known:
        raise EnvironmentFault(f"{store}: changed by another run meanwhile; give the same command again")
    named, sent = ((msgspec.json.decode(data, type=IndexListing).segments if data else {}) for data in (here, known))
    if here != known:
        for name, stored in named.items():
            if sent.get(name) != stored:
                store.put(name, folder / name)
        store.write(LISTING, here)
        publish(folder / _KNOWN, here)
    for name in store.find().keys() - {*named, LISTING}:
        store.remove(name)


def _listing_in(store: Store) -> bytes:
    try:
        return (store / LISTING).read_bytes()
    except FileNotFoundError:
        return b""
