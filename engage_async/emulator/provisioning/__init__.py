"""What administrators do with the emulated contact centre's configuration: the far end of the Provisioning API.

    Administration ── store (configuration objects, as Configuration Server keeps them)
                   ├─ users (made, changed and removed with all that belongs to them) ◄── imports, exports
                   ├─ user_queries, object_queries, permissions (what is asked of the objects)
                   ├─ capacity_rules, options, mailboxes, whitelist, certificates, named_settings (what else is kept)
                   ├─ statistic_definitions
                   ├─ temporary_storage
                   └─ announcements (answers to asynchronous operations, and changes to objects that are watched)

It begins with the directory: its agents are the users, its numbers the DNs. The contact centre itself goes on as its
directory says, whatever is changed here.
"""
