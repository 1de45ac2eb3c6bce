"""Links are looked at on the public network alone; what is dead, moved, or a heavy picture is told."""

import httpx2

from messaging.web_check import HEAVY, WebCheck

ANSWERS = {
    "/works": httpx2.Response(200, content=iter([b"a"])),
    "/gone": httpx2.Response(404, content=iter([b""])),
    "/moved": httpx2.Response(301, headers={"location": "http://127.0.0.1/"}, content=iter([b""])),
    "/big.png": httpx2.Response(200, headers={"content-type": "image/png", "content-length": str(HEAVY + 1)}),
    "/small.png": httpx2.Response(200, headers={"content-type": "image/png"}, content=iter([b"a" * 10])),
}


def answer(request: httpx2.Request) -> httpx2.Response:
    if request.url.path == "/silent":
        raise httpx2.ConnectTimeout("too slow", request=request)
    return ANSWERS[request.url.path]


def test_each_address_is_looked_at_once_and_named() -> None:
    check = WebCheck(lambda timeout: httpx2.Client(transport=httpx2.MockTransport(answer), timeout=timeout))
    asked = [f"https://a.example{path}" for path in (*ANSWERS, "/silent", "/works")]
    found = check.look([*asked, "mailto:a@b.example", "ftp://a.example/x"])
    assert [(one.url.rpartition("/")[2], one.verdict) for one in found] == [
        ("works", "works"), ("gone", "dead"), ("moved", "moved"), ("big.png", "heavy"), ("small.png", "works"),
        ("silent", "no_answer"),
    ]  # fmt: skip


def test_no_address_leads_into_our_own_network() -> None:
    inside = ["http://127.0.0.1:9/", "http://[::1]/", "http://169.254.169.254/latest/meta-data", "http://localhost:1/"]
    assert [one.verdict for one in WebCheck().look(inside)] == ["private"] * 4
