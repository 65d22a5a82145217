"""Salts: each is new, however many are made."""

from service.records.commitments import SALT_BYTES, SaltSource


def test_no_salt_comes_twice_and_each_has_its_length() -> None:
    new_salt = SaltSource()
    salts = [new_salt() for _ in range(2_000)]
    assert len(set(salts)) == len(salts)
    assert {len(salt) for salt in salts} == {SALT_BYTES}
