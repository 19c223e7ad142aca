"""First on PYTHONPATH of the ranks of a step with @mpi(): ends all ranks when one raises under mpi4py.

At the end of a program mpi4py finalizes MPI, which waits for all ranks: those that wait for the one that raised would
wait for ever. mpi4py has a way out, which `python -m mpi4py` uses: with an abort status set it calls MPI_Abort instead.
This sets that status for an exception that nobody caught, and does nothing else. A `sitecustomize` of the user or of the
system runs as it would without this one.
"""

import sys


def _abort_all(rest):
    def hook(kind, error, trace):
        try:
            rest(kind, error, trace)
        finally:
            _set_abort_status()

    return hook


def _set_abort_status():
    mpi = sys.modules.get("mpi4py.MPI")
    # Its name has been this since mpi4py 2; without it the program ends as it would have.
    set_status = getattr(mpi, "_set_abort_status", None)
    if set_status is not None and mpi.Is_initialized() and not mpi.Is_finalized():
        set_status(1)


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
