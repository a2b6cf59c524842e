"""Webhooks of the running server."""

import base64
import secrets
from pathlib import Path

import requests
import standardwebhooks

from drawing import photograph
from receiver import receiving
from servers import free_port, serving

SECRET = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def settings(port: int) -> dict[str, str]:
    return {
        "CORONET_READERS": "tesseract",
        "CORONET_WEBHOOK_URL": f"http://127.0.0.1:{port}/coronet",
        "CORONET_WEBHOOK_SECRET": SECRET,
    }


def save(url: str, plate: str) -> dict[str, object]:
    files = {"imagen": ("foto.jpg", photograph())}
    headers = {"Accept": "application/json"}
    answer = requests.post(f"{url}/guardar", data={"matricula": plate}, files=files, headers=headers, timeout=30)
    assert answer.status_code == 201
    record: dict[str, object] = answer.json()
    return record


def test_what_is_saved_is_told_also_after_a_restart(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, environ=settings(port)) as server:
        first = save(server.url, "HOOK1")  # nobody listens, and the save does not mind
        assert [path.name for path in (tmp_path / "data" / "avisos").iterdir()] == [
            str(first["imagen"]).removesuffix(".jpg")
        ]
    with receiving(port) as receiver, serving(tmp_path, environ=settings(port)) as server:
        requests.get(server.url, timeout=30)
        headers, body = receiver.got.get(timeout=20)
        told = standardwebhooks.Webhook(SECRET).verify(body, headers)
        assert told.items() <= first.items()
        second = save(server.url, "HOOK2")
        headers, body = receiver.got.get(timeout=20)
        told = standardwebhooks.Webhook(SECRET).verify(body, headers)
        assert (told["id"], told["matricula"]) == (second["id"], "HOOK2")
        assert "HOOK" not in server.log.read_text()
