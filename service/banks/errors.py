"""Errors of the banks. Messages name the shape and the legal range, never the content."""


class BankError(ValueError):
    """A bank or an item cannot be used as asked; the message says what is legal."""


class UnknownBankError(BankError):
    """There is no bank of this name."""

    def __init__(self) -> None:
        super().__init__("there is no bank of this name")


class UnknownItemError(BankError):
    """The bank has no item with this id."""

    def __init__(self) -> None:
        super().__init__("the bank has no item with this id")


class BankExistsError(BankError):
    """The name is taken."""

    def __init__(self) -> None:
        super().__init__("there is a bank of this name already")


class UnusableSignatureError(BankError):
    """A signature that would match anything, or nothing."""
