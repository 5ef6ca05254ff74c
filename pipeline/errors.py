"""What a user can get wrong, told apart from our own mistakes by type."""


class InputError(ValueError):
    """Something that a user wrote, chose or left out: one line says where, what was given, and what is allowed.

    The command line prints the line and ends with 2. Every other error is a mistake of ours: it keeps its traceback.
    """
