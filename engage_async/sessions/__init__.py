"""The service sessions: what is opened, kept alive, listened to and closed as one."""
