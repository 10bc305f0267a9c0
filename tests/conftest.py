"""What all tests share: the example dumps, labelled data where it is present, and no network but loopback."""

import os
import shutil
import signal
import socket
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase

from ghirbal.check import check_corpus
from ghirbal.published import SUCCESS
from tests.ghirbal.builds import build, story

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples" / "dumps"
# Every run tries new examples, in CI too, where hypothesis by itself would not. One that fails is kept in .hypothesis,
# tried first from then on, and printed as a blob for @reproduce_failure, which works on another machine. A deadline
# would only measure what else the machine is doing.
FAILED = DirectoryBasedExampleDatabase(ROOT / ".hypothesis" / "examples")
settings.register_profile("default", deadline=None, derandomize=False, database=FAILED, print_blob=True)
settings.register_profile("long", settings.get_profile("default"), max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# A shell starts what it puts into the background with Ctrl-C ignored, and all that the tests start would inherit that.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

SHARED = Path(os.environ.get("GHIRBAL_DATA", ROOT.parent / "shared" / "data"))

_connect = socket.socket.connect


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch):
    def connect(self, address):
        host = address[0] if isinstance(address, tuple) else ""
        if isinstance(address, tuple) and not host.startswith("127.") and host not in ("::1", "localhost"):
            raise AssertionError(f"a test tried to reach {host}")
        return _connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def _every_corpus_keeps_its_laws(request):
    """Check each corpus that a test has finished, however it was built; `broken_corpus` marks tests that break one."""
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield
    if folder is not None and not request.node.get_closest_marker("broken_corpus"):
        for marker in sorted(folder.rglob(SUCCESS)):
            assert check_corpus(marker.parent) == [], marker.parent


@pytest.fixture(scope="session")
def _stories(tmp_path_factory):
    """Four stories as texts, and the corpus that `clean` makes of them; both are only ever copied."""
    folder = tmp_path_factory.mktemp("stories")
    (folder / "dumps").mkdir()
    for number in range(4):
        (folder / "dumps" / f"{number}.txt").write_text(story(number), "utf-8")
    build(folder / "dumps", folder / "out", command="clean")
    return folder


@pytest.fixture
def dumps(_stories, tmp_path):
    """A folder of four stories."""
    return Path(shutil.copytree(_stories / "dumps", tmp_path / "dumps"))


@pytest.fixture
def cleaned(_stories, tmp_path):
    """What `clean` has made of `dumps`, in the folder `out`."""
    return Path(shutil.copytree(_stories / "out", tmp_path / "out"))


@pytest.fixture(scope="session")
def labelled():
    """The folder of labelled data, or a skip with a word."""
    if not SHARED.is_dir():
        pytest.skip("the labelled data is not here (set GHIRBAL_DATA to its folder)")
    return SHARED
