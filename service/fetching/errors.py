"""Why a request to an address outside was not made, or brought nothing. No message quotes the address or the answer."""


class FetchError(Exception):
    """The request brought nothing."""


class FetchRefusedError(FetchError):
    """It is never made: the address, or where it leads, is not allowed. Trying again changes nothing."""


class FetchFailedError(FetchError):
    """The other side did not answer, or not as it should. Trying again may help."""


class UnresolvedError(FetchFailedError):
    """The host's name has no address now."""


class AnswerTooLargeError(FetchFailedError):
    """The answer has more bytes than were asked for; the rest was left unread."""
