"""HTTP: requests in, responses out. The API knows no server; two thin adapters connect it to one."""
