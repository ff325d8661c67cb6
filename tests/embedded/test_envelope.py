"""Every answer of the embedded platform is its status envelope."""

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
