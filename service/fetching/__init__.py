"""Fetching: requests to addresses that somebody else named, made so that they reach public hosts and nothing else."""
