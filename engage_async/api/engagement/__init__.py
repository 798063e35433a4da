"""The Engagement API: callbacks, and what a customer may be told before one is booked."""
