"""What children of the sandbox do in its tests; they load this module, and not pytest, each time one starts."""

import os
import resource
import signal
import time

GIBIBYTE = 2**30


def burn(seconds):
    while time.process_time() < seconds:
        pass


def behave(item):
    match item:
        case "hang":
            while True:
                pass
        case "sleep":
            while True:
                time.sleep(0.01)
        case "work slowly":
            burn(time.process_time() + 0.25)
            time.sleep(1)
        case "die":
            os._exit(139)
        case "eat":
            return len(bytearray(8 * GIBIBYTE))
        case "deaf":
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT])
            while True:
                pass
    return answer(item)


def answer(item):
    match item:
        case "who":
            return os.getpid()
        case "limit":
            return resource.getrlimit(resource.RLIMIT_AS)
    return item.upper()


class Unreadable:
    """A function that the child cannot load: loading it raises, or gets the child killed so many times."""

    def __init__(self, folder=None, times=0):
        self.folder, self.times = folder, times

    def __call__(self, item):
        return item

    def __reduce__(self):
        return explode, (self.folder, self.times)


def explode(folder, times):
    if folder is None:
        raise RuntimeError("cannot be loaded")
    return die_first(folder, times) or behave


def die_first(folder, times):
    """Be killed, as when memory is short, the first so many times."""
    number = len(list(folder.iterdir()))
    if number < times:
        (folder / str(number)).touch()
        os.kill(os.getpid(), signal.SIGKILL)


def killed_once(folder):
    die_first(folder, 1)
    return "read"


def killed_always(folder):
    die_first(folder, 100)
