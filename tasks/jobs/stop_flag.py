"""One byte by which a worker's main process tells its children to hand their work back."""

import mmap

# Anonymous shared memory: made before the pool forks, it is the same byte in every child.
_shared = mmap.mmap(-1, 1)


def ask_to_stop() -> None:
    """Have every running job of this worker return to its queue."""
    _shared[0] = 1


def asked_to_stop() -> bool:
    """Say whether this worker is shutting down."""
    return _shared[0] != 0
