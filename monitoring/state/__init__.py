"""What monitoring remembers between looks: runs, alarms, readings, messages that wait. SQLite in the home folder."""
