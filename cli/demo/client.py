"""The REST API as a shop's own program would call it."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2

from common.errors import EncoreError
from common.ids import new_id

Json = dict[str, Any]
# What changes all the time and still is never done ends after so many seconds.
LONGEST = 1_800.0


class ApiError(EncoreError):
    """The API said no; the text is what it said."""

    def __init__(self, answer: httpx2.Response) -> None:
        try:
            problem = answer.json()
            said = problem.get("errors") or problem.get("detail") or problem
        except ValueError:
            problem, said = {}, answer.text[:300]
        super().__init__(f"{answer.request.method} {answer.request.url.path} answered {answer.status_code}: {said}")
        self.status = answer.status_code
        self.problem: Json = problem


class Api:
    """A client with one key. Every POST carries an Idempotency-Key, so that a lost answer can be asked for again."""

    def __init__(self, base_url: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx2.Client(base_url=base_url, headers=headers, timeout=60.0, follow_redirects=False)
        self.base_url = base_url

    def get(self, path: str, **query: Any) -> Json:
        """GET; raises ApiError for anything but 2xx."""
        return self._answer(self._http.get(path, params=query))

    def put(self, path: str, body: Json) -> Json:
        """PUT; raises ApiError for anything but 2xx."""
        return self._answer(self._http.put(path, json=body))

    def post(self, path: str, body: Json | None = None) -> Json:
        """POST; raises ApiError for anything but 2xx."""
        return self._answer(self._http.post(path, json=body or {}, headers={"Idempotency-Key": new_id()}))

    def refused(self, path: str, body: Json) -> Json:
        """The problem that a POST is answered with; raises EncoreError where it is not refused."""
        try:
            self.post(path, body)
        except ApiError as error:
            return error.problem
        raise EncoreError(f"POST {path} should have been refused.")

    def upload(self, path: str, csv: str) -> Json:
        """POST a CSV file; raises ApiError for anything but 2xx."""
        headers = {"Content-Type": "text/csv", "Idempotency-Key": new_id()}
        return self._answer(self._http.post(path, content=csv.encode(), headers=headers))

    def every(self, path: str, **query: Any) -> Iterator[Json]:
        """All items of a list, page by page."""
        after = ""
        while True:
            page = self.get(path, limit=250, after=after, **query)
            yield from page["data"]
            if page["next"] is None:
                return
            after = page["next"]

    def until(self, read: Callable[[], Json], done: Callable[[Json], bool], seconds: float, what: str) -> Json:
        """Read again and again until it is done.

        Raises EncoreError saying `what` got no further in so many seconds: on a busy machine all takes longer.
        """
        last: Json = {}
        ends, longest = time.monotonic() + seconds, time.monotonic() + LONGEST
        while not done(answer := read()):
            now = time.monotonic()
            if answer != last:
                last, ends = answer, now + seconds
            if now > min(ends, longest):
                raise EncoreError(f"{what} got no further in {seconds:.0f} s; see the logs in the data directory.")
            time.sleep(0.2)
        return answer

    @staticmethod
    def _answer(answer: httpx2.Response) -> Json:
        if not answer.is_success:
            raise ApiError(answer)
        body: Json = answer.json() if answer.content else {}
        return body
