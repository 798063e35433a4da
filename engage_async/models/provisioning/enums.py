"""Open enumerations of the Provisioning API.

Must live here: the values. Must not: what follows from them.

Source: the vendor's API definition.
"""

from __future__ import annotations

from engage_async.models.enums import OpenEnum

__all__ = ["ConnectionSecurity", "MailboxType", "MatchMethod", "ObjectType", "SipPhoneType", "SortMethod", "SortOrder"]


class ObjectType(OpenEnum):
    """A type of configuration objects that can be listed."""

    DNS = "dns"
    SKILLS = "skills"
    DN_GROUPS = "dn-groups"
    AGENT_GROUPS = "agent-groups"
    ACCESS_GROUPS = "access-groups"


class MatchMethod(OpenEnum):
    """How a search term is compared with an object's value."""

    INCLUDES = "includes"
    STARTS_WITH = "startsWith"
    ENDS_WITH = "endsWith"
    IS_EQUAL = "isEqual"


class SortMethod(OpenEnum):
    """How the values that objects are sorted by are compared."""

    CASE_SENSITIVE = "caseSensitive"
    CASE_INSENSITIVE = "caseInsensitive"
    NUMERIC = "numeric"


class SortOrder(OpenEnum):
    """The order in which users are listed."""

    ASCENDING = "Ascending"
    DESCENDING = "Descending"


class SipPhoneType(OpenEnum):
    """The kind of telephone on a user's DNs: it decides what of CTI the telephone is told."""

    DISABLE_CTI = "DISABLE_CTI"
    GENESYS_SOFTPHONE = "GENESYS_SOFTPHONE"
    GENESYS_420HT_AUDIOCODES_4XXHD = "GENESYS_420HT_AUDIOCODES_4xxHD"
    GENERIC_PHONE = "GENERIC_PHONE"
    GENESYS_SOFTPHONE_WEBRTC = "GENESYS_SOFTPHONE_WEBRTC"


class MailboxType(OpenEnum):
    """The protocol of a mailbox."""

    POP3 = "POP3"
    IMAP = "IMAP"
    EWS = "EWS"
    SMTP = "SMTP"


class ConnectionSecurity(OpenEnum):
    """How the connection to a mail server is secured. ``start-tls`` falls back to plain text."""

    NONE = "none"
    START_TLS = "start-tls"
    START_TLS_REQUIRED = "start-tls-required"
    SSL_TLS = "ssl-tls"
