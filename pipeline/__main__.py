"""Run the command line as `python -m pipeline`."""

from pipeline.terminal import run

if __name__ == "__main__":
    run()
