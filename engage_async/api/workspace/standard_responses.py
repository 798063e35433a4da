"""Standard responses: look-up by category and by search, rendering, favorites, usage.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches.

Operations send nothing until they are awaited, and raise `InvalidArgument`, `ApiError` (also for an id that the service
does not know), `OperationFailed`, `OperationTimeout` after `timeout` seconds (default: the setting
`operation_timeout`), `OperationLost`, `NotSent`, and `MalformedResponse` for an answer without what it is about.

The id of a response is its `standard_response_id`.
"""

from __future__ import annotations

from collections.abc import Sequence

from engage_async.api.arguments import names
from engage_async.api.module import ApiModule
from engage_async.api.results import nothing
from engage_async.api.workspace.ucs_results import (
    a_category,
    a_rendered_body,
    a_response,
    these_categories,
    these_responses,
)
from engage_async.io.downloads import Download
from engage_async.models.standard_responses import ResponseCategory, ResponseUsage, StandardResponse
from engage_async.operation import Operation
from engage_async.protocol.kvlist import KeyValues
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family
from engage_async.protocol.ucs_completion import ucs, ucs_unnamed

SAFE, REPEATABLE = Repeat.SAFE, Repeat.REPEATABLE

_WIRE = {"return_children_categories": "returnChildrenCategories", "return_children_responses": "returnChildrenSRInfo"}
_responses = Family(
    "/workspace/v3",
    "standard_responses",
    "/ucs/responses/",
    wire=_WIRE,
    domain="contacts",
    gives=nothing,
    key_values=frozenset({"custom_properties", "agent_custom_properties"}),
)

_GET_ROOT_CATEGORIES = _responses.post(
    "get_root_categories",
    ucs("EventGetRootCategories"),
    path="/ucs/responses/categories/get-root",
    repeat=SAFE,
    gives=these_categories,
)
_GET_CATEGORY_DETAILS = _responses.post(
    "get_category_details",
    ucs("EventGetCategory", category="category_id"),
    path="/ucs/responses/categories/{category_id}/get-details",
    repeat=SAFE,
    gives=a_category,
)
_GET = _responses.post(
    "get",
    ucs("EventGetStandardResponse", response="response_id"),
    path="/ucs/responses/{response_id}/get-details",
    repeat=SAFE,
    gives=a_response,
)
_SEARCH = _responses.post(
    "search", ucs("EventSearchStandardResponses"), repeat=SAFE, needs=("query",), gives=these_responses
)
_RENDER_FIELD_CODES = _responses.post(
    "render_field_codes",
    ucs("EventRenderFieldCodes", response="response_id"),
    path="/ucs/responses/{response_id}/render-field-codes",
    repeat=SAFE,
    needs=("interaction_id",),
    gives=a_rendered_body,
)
_REPORT_USAGE = _responses.post(
    "report_usage",
    ucs("EventReportStandardResponseUsageAck", response="response_id"),
    path="/ucs/responses/{response_id}/report-usage",
    needs=("interaction_id",),
)
_GET_FAVORITES = _responses.post(
    "get_favorites", ucs("EventGetFavoriteResponses"), repeat=SAFE, body="bare", gives=these_responses
)
_ADD_FAVORITE = _responses.post(
    "add_favorite",
    ucs_unnamed(response="response_id"),
    path="/ucs/responses/{response_id}/add-to-favorites",
    repeat=REPEATABLE,
    body="bare",
)
_DELETE_FAVORITE = _responses.post(
    "delete_favorite",
    ucs_unnamed(response="response_id"),
    path="/ucs/responses/{response_id}/remove-from-favorites",
    repeat=REPEATABLE,
    body="bare",
)
_DELETE_ALL_FAVORITES = _responses.post(
    "delete_all_favorites",
    ucs_unnamed(),
    path="/ucs/responses/remove-all-favorites",
    repeat=REPEATABLE,
    body="bare",
)


_GET_ATTACHMENT = _responses.get(
    "get_attachment", path="/ucs/responses/{response_id}/attachments/{document_id}", enveloped=False
)


class StandardResponsesApi(ApiModule):
    """Standard responses, and this agent's favorites among them."""

    def get_root_categories(
        self, *, approved: bool | None = None, language: str | None = None, timeout: float | None = None
    ) -> Operation[tuple[ResponseCategory, ...]]:
        """The categories at the root; only `approved` ones, or those in a `language` (its name), if that is asked for.

        Settles with ``EventGetRootCategories``.
        """
        return self._start(_GET_ROOT_CATEGORIES, approved=approved, language=language, timeout=timeout)

    def get_category_details(
        self,
        category_id: str,
        *,
        return_children_categories: bool | None = None,
        return_children_responses: bool | None = None,
        approved: bool | None = None,
        timeout: float | None = None,
    ) -> Operation[ResponseCategory]:
        """A category; with the categories and the responses in it, if they are asked for.

        Settles with ``EventGetCategory``.
        """
        return self._start(
            _GET_CATEGORY_DETAILS,
            category_id=category_id,
            return_children_categories=return_children_categories,
            return_children_responses=return_children_responses,
            approved=approved,
            timeout=timeout,
        )

    def get(
        self,
        response_id: str,
        *,
        version: int | None = None,
        attachments: bool | None = None,
        timeout: float | None = None,
    ) -> Operation[StandardResponse]:
        """A response with its text (in an older `version`), and on request what is told of its attachments.

        Settles with ``EventGetStandardResponse``.
        """
        return self._start(_GET, response_id=response_id, version=version, attachments=attachments, timeout=timeout)

    def search(
        self,
        query: str,
        *,
        returned_attributes: Sequence[str] | None = None,
        max_results: int | None = None,
        timeout: float | None = None,
    ) -> Operation[tuple[StandardResponse, ...]]:
        """Search the responses by a Lucene query: ``TheName:"Hello" OR Body:"Hello"``.

        Settles with ``EventSearchStandardResponses``. The service knows no paging here.
        """
        return self._start(
            _SEARCH,
            query=query,
            returned_attributes=names("returned_attributes", returned_attributes),
            max_results=max_results,
            timeout=timeout,
        )

    def render_field_codes(
        self,
        response_id: str,
        interaction_id: str,
        *,
        use_plain_text: bool | None = None,
        custom_properties: KeyValues | None = None,
        agent_custom_properties: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[str]:
        """The text of a response for an interaction: every ``<$Contact.FirstName$>`` with its value in its place.

        Settles with the text, with ``EventRenderFieldCodes``: plain text if that is asked for or there is no other,
        else HTML. The properties are key/value lists, for field codes that no object of the service has.
        """
        return self._start(
            _RENDER_FIELD_CODES,
            response_id=response_id,
            interaction_id=interaction_id,
            use_plain_text=use_plain_text,
            custom_properties=custom_properties,
            agent_custom_properties=agent_custom_properties,
            timeout=timeout,
        )

    def report_usage(
        self,
        response_id: str,
        interaction_id: str,
        *,
        response_type: ResponseUsage | str | None = None,
        timeout: float | None = None,
    ) -> Operation[None]:
        """Report that a response was used for an interaction, and how it came to be.

        Settles with ``EventReportStandardResponseUsageAck``.
        """
        return self._start(
            _REPORT_USAGE,
            response_id=response_id,
            interaction_id=interaction_id,
            response_type=response_type,
            timeout=timeout,
        )

    def get_favorites(self, *, timeout: float | None = None) -> Operation[tuple[StandardResponse, ...]]:
        """This agent's favorites.

        Settles with ``EventGetFavoriteResponses``.
        """
        return self._start(_GET_FAVORITES, timeout=timeout)

    def add_favorite(self, response_id: str, *, timeout: float | None = None) -> Operation[None]:
        """Make a response one of the favorites.

        Settles with any answer that names the operation, else soon after acceptance: its event is not documented.
        """
        return self._start(_ADD_FAVORITE, response_id=response_id, timeout=timeout)

    def delete_favorite(self, response_id: str, *, timeout: float | None = None) -> Operation[None]:
        """Take a response out of the favorites.

        Settles with any answer that names the operation, else soon after acceptance: its event is not documented.
        """
        return self._start(_DELETE_FAVORITE, response_id=response_id, timeout=timeout)

    def delete_all_favorites(self, *, timeout: float | None = None) -> Operation[None]:
        """Take every response out of the favorites.

        Settles with any answer that names the operation, else soon after acceptance: its event is not documented.
        """
        return self._start(_DELETE_ALL_FAVORITES, timeout=timeout)

    async def get_attachment(self, response_id: str, document_id: str, *, timeout: float | None = None) -> Download:
        """A file of a response, as a stream: ``async with await …get_attachment(…) as file: await file.save(path)``.

        `timeout` is in seconds until the file begins to come. Raises `ApiError` for a file that is not there.
        """
        return await self._download(_GET_ATTACHMENT, response_id=response_id, document_id=document_id, timeout=timeout)
