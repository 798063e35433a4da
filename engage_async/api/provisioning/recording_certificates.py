"""Certificates that call recordings are encrypted with.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches.

Methods raise what those of `UsersApi` do, and `UploadFailed` for a file that cannot be read to its end. A certificate
or key is a PEM file: a path, its bytes, or a binary file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engage_async.api.module import SynchronousModule
from engage_async.api.provisioning.files import a_file
from engage_async.api.provisioning.results import certificates
from engage_async.api.results import the_data
from engage_async.models.provisioning.settings import RecordingCertificate
from engage_async.protocol.multipart import FilePart, Source
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

_WIRE = {"certificate_file": "certificate_file", "key_file": "key_file"}

_certificates = Family("/provisioning/v3", "recording_certificates", "/recording/certificates/", wire=_WIRE)

_GET = _certificates.get("get", path="/recording/certificates", items="certificates", gives=certificates)
_ADD = _certificates.request("POST", "add", path="/recording/certificates", body="parts")
_DELETE = _certificates.request("DELETE", "delete", path="/recording/certificates", query=("alias",), needs=("alias",))
_CHECK = _certificates.request("POST", "check", body="parts", repeat=Repeat.SAFE, gives=the_data)
_CHECK_KEY = _certificates.request("POST", "check_key", body="parts", repeat=Repeat.SAFE, gives=the_data)


class RecordingCertificatesApi(SynchronousModule):
    """Certificates of the recording service."""

    async def get(self, *, timeout: float | None = None) -> tuple[RecordingCertificate, ...]:
        """All certificates."""
        found: tuple[RecordingCertificate, ...] = await self._request(_GET, timeout=timeout)
        return found

    async def add(self, certificate_file: Source, key_file: Source, *, timeout: float | None = None) -> None:
        """Add a certificate and its key."""
        await self._request(
            _ADD, certificate_file=_certificate(certificate_file), key_file=_key(key_file), timeout=timeout
        )

    async def delete(self, alias: str, *, timeout: float | None = None) -> None:
        """Remove the certificate of this alias."""
        await self._request(_DELETE, alias=alias, timeout=timeout)

    async def check(self, certificate_file: Source, *, timeout: float | None = None) -> Mapping[str, Any]:
        """Check a certificate without adding it, and give what the service tells of it."""
        told: Mapping[str, Any] = await self._request(
            _CHECK, certificate_file=_certificate(certificate_file), timeout=timeout
        )
        return told

    async def check_key(self, key_file: Source, *, timeout: float | None = None) -> Mapping[str, Any]:
        """Check a key without adding it, and give what the service tells of it."""
        told: Mapping[str, Any] = await self._request(_CHECK_KEY, key_file=_key(key_file), timeout=timeout)
        return told


def _certificate(source: Source) -> FilePart:
    return a_file("certificate_file", source, None, "certificate.pem", "application/x-pem-file", None)


def _key(source: Source) -> FilePart:
    return a_file("key_file", source, None, "key.pem", "application/x-pem-file", None)
