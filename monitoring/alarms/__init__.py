"""What a look found -> alarms by rules, which a person acknowledges and closes, and which are told until heard."""
