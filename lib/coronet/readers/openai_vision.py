"""Plates read by a vision model of OpenAI's, or of another server that speaks its API."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import threading
import time
from typing import TYPE_CHECKING, Any

from coronet import plates
from coronet.errors import ReaderUnavailable, UnusableAnswer
from coronet.model import Reading
from coronet.photo import Photo

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types.chat import ChatCompletion
    from openai.types.shared_params import ResponseFormatJSONSchema

PROMPT = (
    "Read the licence plate of the main vehicle of this photograph: the largest one whose plate is legible. "
    "`plate`: its characters exactly as printed, in their order, without a region's name, an emblem or a slogan; "
    "null where no plate is legible. Never guess or complete a character. "
    "`confidence`: the probability, 0 to 1, that every character is right. "
    "`country`: the ISO 3166-1 alpha-2 code of the country that issued the plate, null where you cannot tell."
)

ANSWER: ResponseFormatJSONSchema = {
    "type": "json_schema",
    "json_schema": {
        "name": "plate",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {
                "plate": {"type": ["string", "null"]},
                "confidence": {"type": "number"},
                "country": {"type": ["string", "null"]},
            },
            "required": ["plate", "confidence", "country"],
            "additionalProperties": False,
        },
    },
}

_SPELLED_NULLS = frozenset({"NA", "NONE", "NULL", "UNKNOWN"})


class OpenAIVisionReader:
    """Asks `model` at `base_url` for the plate, as JSON of the schema ANSWER.

    It uses chat completions with a strict `json_schema`: that, with an image as a data URL, is what the servers that
    speak OpenAI's API have in common (vLLM, llama.cpp, Ollama); the newer Responses API came late to them and in part.
    `confidence` is what the model says of itself: it is not calibrated. The temperature is 0, because a character
    drawn by lot is wrong more often; models that take none (OpenAI's reasoning ones) refuse it with HTTP 400.

    The HTTP library limits each wait for bytes, not the whole request
    (https://github.com/pydantic/httpx2/issues/557): a server that sends a byte now and then would hold a reading for
    ever. The requests therefore run in an event loop on a thread of their own; `read` waits for its answer until the
    limit and then cancels the request, which closes its connection. Nothing is retried: the next reader is faster.
    Safe to share between threads. The SDK is imported, and the client made, at the first reading.
    """

    name = "openai"

    def __init__(self, api_key: str, base_url: str, model: str) -> None:
        self._api_key = api_key
        self._base_url = base_url
        self._model = model
        self._lock = threading.Lock()
        self._connected: tuple[AsyncOpenAI, asyncio.AbstractEventLoop] | None = None

    def read(self, photo: Photo, *, seconds: float) -> Reading | None:
        """The plate of the photograph's main vehicle, or None where the model sees none that is legible.

        Raises UnusableAnswer for an answer outside the schema and ReaderUnavailable for everything else.
        """
        deadline = time.monotonic() + seconds
        image = base64.b64encode(photo.jpeg(longest=_longest_side(photo.size))).decode()
        plate, confidence = _answer(self._complete(f"data:image/jpeg;base64,{image}", deadline))
        return Reading(plate, confidence, self.name) if plate else None

    def _complete(self, image_url: str, deadline: float) -> ChatCompletion:
        """The server's answer, whose attributes may be missing or of any type: the SDK does not check them."""
        client, loop = self._connection()
        from openai import APIConnectionError, APIStatusError
        from openai.types.chat import ChatCompletion

        request = client.chat.completions.create(
            model=self._model,
            messages=[
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": PROMPT},
                        {"type": "image_url", "image_url": {"url": image_url, "detail": "high"}},
                    ],
                }
            ],
            response_format=ANSWER,
            temperature=0,
        )
        answer = asyncio.run_coroutine_threadsafe(request, loop)
        # Each reason is made of names and numbers alone, and `from None` keeps its cause out of every traceback:
        # the messages of the server and of the libraries may repeat the key or the plate.
        try:
            completion: object = answer.result(timeout=max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            raise ReaderUnavailable("no answer in time") from None
        except APIStatusError as error:
            raise ReaderUnavailable(f"HTTP {error.status_code} {_code(error.code)}".rstrip()) from None
        except APIConnectionError as error:
            raise ReaderUnavailable(f"no connection: {type(error.__cause__ or error).__name__}") from None
        except (ValueError, RecursionError) as error:
            raise ReaderUnavailable(f"the server does not speak JSON: {type(error).__name__}") from None
        finally:
            answer.cancel()
        if not isinstance(completion, ChatCompletion):
            raise ReaderUnavailable("the server does not speak the chat completions API")
        return completion

    def _connection(self) -> tuple[AsyncOpenAI, asyncio.AbstractEventLoop]:
        with self._lock:
            if self._connected is None:
                if not (self._api_key.isascii() and self._api_key.isprintable()):
                    raise ReaderUnavailable("the key has characters that no HTTP header can carry")
                from openai import AsyncOpenAI

                client = AsyncOpenAI(api_key=self._api_key, base_url=self._base_url, max_retries=0, timeout=None)
                loop = asyncio.new_event_loop()
                threading.Thread(target=loop.run_forever, name=self.name, daemon=True).start()
                self._connected = client, loop
            return self._connected


def _longest_side(size: tuple[int, int]) -> int:
    """The longest side, in pixels, that gpt-4o-mini looks at in high detail: more would be sent in vain.

    It makes a photograph fit in a square of 2048, then its shorter side 768 at most. Source: OpenAI, "Images and
    vision", section "Calculating costs", https://platform.openai.com/docs/guides/images-vision
    """
    return round(min(2048, 768 * max(size) / min(size)))


def _answer(completion: ChatCompletion) -> tuple[str, float]:
    """The plate, empty for none, and its confidence; raises UnusableAnswer for what is outside the schema."""
    try:
        message: Any = completion.choices[0].message
        if message.refusal:
            raise UnusableAnswer("the model refused")
        answer = json.loads(message.content)
        plate, confidence, country = answer["plate"], answer["confidence"], answer["country"]
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError):
        raise UnusableAnswer("the answer is not JSON of the schema") from None
    right = isinstance(plate, str | None) and isinstance(country, str | None) and type(confidence) in (int, float)
    if not right:
        raise UnusableAnswer("the answer has a value of the wrong type")
    return _plate(plate or ""), min(1.0, max(0.0, confidence))


def _plate(text: str) -> str:
    """`text` as a plate, empty where it is words: plates are printed in capitals, and a null may come spelled out."""
    is_words = any(map(str.islower, text)) and not any(map(str.isdigit, text))
    plate = plates.clean(text)
    return "" if is_words or plate in _SPELLED_NULLS else plate


def _code(code: str | None) -> str:
    """The API's error code, such as `insufficient_quota`; empty for anything else that a server sends as one."""
    return code if code and re.fullmatch(r"[a-z_]{1,40}", code) else ""
