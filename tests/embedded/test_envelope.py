"""Every answer of the embedded platform is its status envelope."""

import socket

import httpx
import pytest

from tests.support.embedded import EmbeddedApp, EmbeddedServer


def test_health(embedded_server: EmbeddedServer) -> None:
    response = embedded_server.client.get("/healthz")
    assert response.status_code == 200
    assert response.json()["status"]["code"] == 10000
    assert response.json()["status"]["req_id"]


@pytest.mark.parametrize(
    "path", ["/", "/v2", "/v2/nothing", "/v2/users/a/b/c", "/media/", "/admin/", "/v2/inputs/"]
)
def test_unknown_address(embedded_server: EmbeddedServer, path: str) -> None:
    response = embedded_server.client.get(path, headers={"Accept": "text/html"})
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/json"
    assert response.json()["status"]["code"] == 11101


def test_who_am_i(embedded_app: EmbeddedApp) -> None:
    response = embedded_app.client.get("/v2/users/me", headers={"Authorization": f"Key {embedded_app.token}"})
    assert response.json()["user"]["id"] == embedded_app.user_id


@pytest.mark.parametrize("path", ["/healthz", "/v2/users/me", "/v2/nothing", "/v2/status_codes"])
def test_head_has_no_body(embedded_server: EmbeddedServer, path: str) -> None:
    """Read from the socket, because a client library would throw a body away."""
    port = httpx.URL(embedded_server.base_url).port
    assert port is not None
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(f"HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-length: " in head.lower()
    assert b"chunked" not in head.lower()
    assert body == b""


@pytest.mark.parametrize(
    "path",
    [
        "/v2/users/%00/apps/x/inputs",
        "/v2/users/me/apps/%ff%fe/inputs",
        "/v2/users/me/apps/../../x/inputs",
        "/v2/users/me/apps/x%2f..%2f/inputs",
        "/v2/users/me/apps/%F0%9F%98%80/annotations",
        "/v2/users/me/apps/'%20OR%201=1--/concepts",
        "/v2/users/me/apps/x/inputs/%0d%0aX:y",
        "/v2/users/me/keys/%00",
        "/v2/status_codes/%D9%A3",
    ],
)
def test_odd_paths(embedded_app: EmbeddedApp, path: str) -> None:
    response = embedded_app.client.get(path, headers={"Authorization": f"Key {embedded_app.token}"})
    assert response.status_code in (403, 404)
    assert response.json()["status"]["code"] in (11101, 11007)
