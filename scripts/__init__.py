"""The command line: parse, one call, print. No logic lives here."""
