"""What went wrong, as a page: the same code, sentence and hint as in the problem document."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import Response

from evidence_ledger.core.counting import counted
from evidence_ledger_server.pages.layout import answer, code, page, paragraphs, rows
from evidence_ledger_server.pages.markup import element
from evidence_ledger_server.problem import Problem

TITLES = {
    404: "There is nothing here",
    409: "Not yet",
    410: "Erased",
    413: "Too large",
    429: "Asked too often",
    500: "The server made a mistake",
    503: "Busy",
}


def refusal(problem: Problem, request_id: str, *, as_page: bool) -> Response:
    """The answer: a page for people, else a problem document."""
    if not as_page:
        return problem.response(request_id)
    hint = f"Try again in {counted(problem.retry, 'second')}." if problem.retry else problem.hint
    document = page(
        TITLES.get(problem.status, "Not done"),
        element("p", problem.detail, class_="lead"),
        paragraphs(hint),
        paragraphs("Nothing was decided about any certificate or file, and nothing was kept."),
        rows(
            ("Code", code(problem.code)),
            ("HTTP status", f"{problem.status} {HTTPStatus(problem.status).phrase}"),
            ("Request", code(request_id)),
        ),
        element("p", element("a", "Back to the check", href="check"), class_="onward"),
    )
    response = answer(document, problem.status)
    response.headers.update(problem.headers)
    return response
