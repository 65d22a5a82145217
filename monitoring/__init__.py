"""Decision records -> reports, metrics, alarms.

Reads the decision store through its own connection and knows pandas, evidently and the contracts, never the
service. The service records what this package will read (`models.contracts.records`); the reports themselves
are not built yet.
"""
