"""First on PYTHONPATH of the ranks of a step with @mpi(): ends all ranks when one raises, or exits badly, under mpi4py.

At the end of a program mpi4py finalizes MPI, which waits for all ranks: those that wait for the one that raised would
wait for ever. mpi4py has a way out, which `python -m mpi4py` uses: with an abort status set it calls MPI_Abort instead.
This sets that status for an exception that nobody caught, and for a `sys.exit` with another status than 0 that nobody
caught, and does nothing else. A `sitecustomize` of the user or of the system runs as it would without this one.
"""

import sys


def _abort_all(rest):
    def hook(kind, error, trace):
        try:
            rest(kind, error, trace)
        finally:
            _set_abort_status()

    return hook


class _Exit(SystemExit):
    """What `sys.exit` raises under mpi4py. No hook tells of one that nobody caught, but the interpreter then asks it for
    its status, when no function runs any more."""

    def __getattribute__(self, name):
        value = super().__getattribute__(name)
        if name == "code" and value is not None and sys._getframe().f_back is None:
            status = value & 0xFF if isinstance(value, int) else 1
            if status != 0 and _set_abort_status(status):
                print(f"sys.exit({status}) ends all ranks", file=sys.stderr)
        return value


_Exit.__name__ = _Exit.__qualname__ = "SystemExit"


def _exit(status=None, /):
    kind = _Exit if "mpi4py.MPI" in sys.modules else SystemExit
    raise kind(*status) if isinstance(status, tuple) else kind() if status is None else kind(status)


def _set_abort_status(status=1):
    mpi = sys.modules.get("mpi4py.MPI")
    # Its name has been this since mpi4py 2; without it the program ends as it would have.
    set_status = getattr(mpi, "_set_abort_status", None)
    if set_status is None or not mpi.Is_initialized() or mpi.Is_finalized():
        return False
    set_status(status)
    return True


def _run_next():
    """Imports the sitecustomize that this one stands before."""
    import os

    here = os.path.dirname(os.path.abspath(__file__))
    this = sys.modules.pop("sitecustomize", None)
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != here]
    try:
        import sitecustomize  # noqa: F401
    except ImportError as error:
        if getattr(error, "name", "sitecustomize") != "sitecustomize":
            raise
        # There is none. The import that runs this module looks for it under its name when it is done.
        sys.modules["sitecustomize"] = this


try:
    _run_next()
finally:
    sys.excepthook = _abort_all(sys.excepthook)
    sys.exit = _exit
