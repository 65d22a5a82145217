"""The functionalities that ship, one file an area. `docs/behaviour.md` says how to add one."""
