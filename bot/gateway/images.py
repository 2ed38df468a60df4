"""Pictures from the gateway: drawn or altered, on whichever way a model is served."""

import asyncio
import logging
from dataclasses import replace
from typing import Final

from bot.errors import ContentRefused, GatewayError, GatewayGarbled, GatewayRejected
from bot.gateway.blame import Cleaner, translate
from bot.gateway.catalogue import Catalogue
from bot.gateway.client import GatewayClient
from bot.gateway.faults import hidden
from bot.gateway.images_ways import Way, closed, for_good, lesson_of_way, ways, wrong_parameter
from bot.gateway.images_wire import ask_for
from bot.gateway.once import Got, NotServed
from bot.gateway.pictures import Link, Picture, PictureRequest, Pictures, picture_of
from bot.gateway.pictures_found import Found, found_in
from bot.gateway.retry import hints
from bot.gateway.shapes import Undecodable
from bot.gateway.values import ModelSpec

__all__ = ["ImageClient", "Picture", "PictureRequest", "Pictures"]

log = logging.getLogger("parley.gateway")

_LARGEST: Final = 48 * 1024 * 1024
_MOST: Final = 10
_UNWILLING: Final = "NO_IMAGE"


class ImageClient:
    """Draws with any image model of the catalogue. `limit_s` is the longest that one picture may take."""

    def __init__(self, gateway: GatewayClient, catalogue: Catalogue, limit_s: float = 300.0) -> None:
        self._gateway = gateway
        self._catalogue = catalogue
        self._limit_s = limit_s

    async def draw(self, request: PictureRequest) -> Pictures:
        """The pictures, or the words that came in their place. Raises `GatewayError`.

        Where one way to the model is closed the next is tried, and the one that is open is remembered. A call that
        the gateway may have begun is never repeated, on no way.
        """
        spec = self._catalogue.get(request.model) or ModelSpec(request.model, "", frozenset({"image"}))
        got = await self._got(request, spec)
        try:
            found = await asyncio.to_thread(found_in, got.body, got.value)
        except Undecodable as undecodable:
            raise self._useless(spec, got, "neither a picture nor JSON") from undecodable
        return await self._pictures(found, got, spec)

    async def _got(self, request: PictureRequest, spec: ModelSpec) -> Got:
        editing = bool(request.images)
        refused: list[GatewayError] = []
        for way in ways(spec, self._gateway.taught(spec.id), editing=editing):
            key = f"{request.key}-{way}" if refused else request.key
            try:
                got = await self._once(way, replace(request, key=key), spec)
            except GatewayError as error:
                if not closed(error, editing=editing):
                    raise
                refused.append(error)
            else:
                if refused and all(map(for_good, refused)):
                    await self._gateway.learn(lesson_of_way(spec.id, way, editing=editing))
                return got
        # What a way had to say about the request tells more than that another one does not exist.
        raise next((error for error in refused if not isinstance(error, NotServed)), refused[0])

    async def _once(self, way: Way, request: PictureRequest, spec: ModelSpec) -> Got:
        taught = self._gateway.taught(spec.id)
        ask = await asyncio.to_thread(ask_for, way, request, spec, taught, self._limit_s)
        try:
            return await self._gateway.once(ask)
        except GatewayRejected as error:
            # Gemini's own size lies too deep in the body to be left out as a field.
            if way != "gemini" or request.size is None or not wrong_parameter(error):
                raise
        return await self._once(way, replace(request, size=None, key=f"{request.key}-plain"), spec)

    async def _pictures(self, found: Found, got: Got, spec: ModelSpec) -> Pictures:
        images, lost = await self._fetched(found.pictures[:_MOST], spec.id)
        if images:
            return Pictures(images, found.text, found.revised_prompt, found.model or spec.id, found.usage)
        if found.refusal or (found.blocked and not (found.blocked == _UNWILLING and found.text)):
            reason = f"content {found.blocked or 'declined'}"
            raise ContentRefused(reason, model=spec.id, request_id=got.request_id, said=found.refusal or found.text)
        if lost is not None:
            raise lost
        fault = hidden(found.value, hints({}))
        if fault is not None:
            # The words of an error within a stream may repeat anything.
            raise translate(replace(fault, message=""), spec.id, Cleaner(()))
        if found.text and not found.broken:
            return Pictures((), found.text, found.revised_prompt, found.model or spec.id, found.usage)
        if found.broken:
            raise self._useless(spec, got, "a picture that can't be decoded")
        raise self._useless(spec, got, "a task in place of a picture" if found.job else "no picture and no words")

    async def _fetched(
        self, found: tuple[Picture | Link, ...], model: str
    ) -> tuple[tuple[Picture, ...], GatewayError | None]:
        """The pictures, those behind addresses too, and why the last one that is missing could not be had."""
        pictures: list[Picture] = []
        lost: GatewayError | None = None
        for each in found:
            try:
                pictures.append(each if isinstance(each, Picture) else await self._fetch(each, model))
            except GatewayError as error:
                lost = error
        return tuple(pictures), lost

    async def _fetch(self, link: Link, model: str) -> Picture:
        fetched = await self._gateway.fetch(link.url, _LARGEST, model=model)
        picture = picture_of(fetched.body)
        if picture is None:
            raise GatewayGarbled("a result that is no picture", model=model)
        return picture

    def _useless(self, spec: ModelSpec, got: Got, reason: str) -> GatewayGarbled:
        log.warning("gateway_failed model=%s request_id=%s reason=%r", spec.id, got.request_id, reason)
        return GatewayGarbled(reason, model=spec.id, request_id=got.request_id)
