"""What a user installs besides the wheel, which `make wheel-test` tries."""

import shutil
import subprocess

import pytest

from tests.conftest import ROOT


@pytest.mark.slow
def test_the_image_builds_the_examples_without_root(tmp_path):
    if not shutil.which("docker") or subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        pytest.skip("no docker is running here to build the image with")
    subprocess.run(["docker", "build", "--quiet", "--tag", "ghirbal-test", "."], cwd=ROOT, check=True)
    shutil.copytree(ROOT / "examples" / "dumps", tmp_path / "dumps")
    tmp_path.chmod(0o777)
    run = ["docker", "run", "--rm", "--volume", f"{tmp_path}:/data", "--network", "none", "ghirbal-test"]
    done = subprocess.run([*run, "build", "dumps", "-o", "OUT", "-q"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    user = subprocess.run([*run[:-1], "--entrypoint", "id", run[-1], "-u"], capture_output=True, text=True, check=True)
    assert user.stdout.strip() != "0"
    subprocess.run(["docker", "image", "rm", "ghirbal-test"], check=True, capture_output=True)
