"""Pictures in the service: what runs off the event loop."""
