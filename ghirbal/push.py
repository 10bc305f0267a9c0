"""`ghirbal push`: a finished corpus with its card becomes a dataset of the Hugging Face Hub."""

from __future__ import annotations

from pathlib import Path

from corpus.errors import EXIT_DONE, EnvironmentFault, UsageError, load_package
from ghirbal.check import check_corpus
from ghirbal.console import quote, results
from ghirbal.published import MANIFEST, SUCCESS, Manifest, corpus_at, read_marker, read_struct


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
