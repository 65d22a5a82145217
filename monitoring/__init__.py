"""Decision records -> windows -> drift, quality and safety metrics -> verdicts, dashboards, alarms.

Reads the decision store through its own connection, or exported Parquet; knows pandas, evidently and the contracts,
never the service. What it finds out it keeps in a folder of its own (`monitoring.home`).
"""
