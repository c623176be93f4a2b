"""Errors that a user can fix: each message says what is wrong, where, and what to do."""


class MolarError(Exception):
    """A mistake or a missing part that the user can fix. `str(error)` is fit for display as it stands."""


class Cancelled(MolarError):
    """The user stopped a long job. What was done so far is kept, and the same command resumes it."""
