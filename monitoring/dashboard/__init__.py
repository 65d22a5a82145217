"""Dashboards: what every look found, kept and shown over time in Evidently's workspace, a project for each bundle."""
