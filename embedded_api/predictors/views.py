"""Routes of models and workflows: reading them, and asking for outputs.

Source: Clarifai API guide, sections models, workflows and predict. There is one model and one workflow, in every app.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import clock, envelope, errors, fields, ids
from embedded_api.base import MEGABYTE, AppView, UserView
from embedded_api.bulk import Bulk
from embedded_api.concepts.printing import print_concept
from embedded_api.fields import Json
from embedded_api.inputs.printing import media_prefix
from embedded_api.models import App, Concept
from embedded_api.predictors import catalog
from embedded_api.predictors.answering import Answer, Wish, answers, read_wish
from embedded_api.query import Query

Printer = Callable[[str, str, str], Json]


def _models(apps: Sequence[App], query: Query) -> HttpResponse:
    kind = query.text("model_type_id")
    shown = apps if kind in ("", catalog.MODEL_TYPE) else []
    return _listed("models", catalog.print_model, shown, query, ("name", "search", "query"))


def _workflows(apps: Sequence[App], query: Query) -> HttpResponse:
    names = ("id", "search", "search_term", "query")
    return _listed("workflows", catalog.print_workflow, apps, query, names)


def _listed(
    name: str, printer: Printer, apps: Sequence[App], query: Query, filters: Sequence[str]
) -> HttpResponse:
    """One row for each app whose row has all the sent words in its id or name; one page of them."""
    page = query.page()
    words = [word.casefold() for word in map(query.text, filters) if word]
    rows = [printer(app.owner_id, app.public_id, app.created_at) for app in apps]
    found = [
        row for row in rows if all(word in f"{row['id']} {row.get('name', '')}".lower() for word in words)
    ]
    return envelope.answer({name: found[page.start : page.stop]})


def check_model(model_id: str, version_id: str = "") -> None:
    """Raises ApiError 21200 for any model or version but ours."""
    if model_id != catalog.MODEL_ID or version_id not in ("", catalog.MODEL_VERSION_ID):
        raise errors.missing("the app has no such model", 21200)


def check_workflow(workflow_id: str, version_id: str = "") -> None:
    """Raises ApiError 22102 for any workflow or version but ours."""
    if workflow_id != catalog.WORKFLOW_ID or version_id not in ("", catalog.WORKFLOW_VERSION_ID):
        raise errors.missing("the app has no such workflow", 22102)


class Models(AppView):
    """GET U/models."""

    def get(self, request: Request) -> HttpResponse:
        return _models([self.app], self.query)


class UserModels(UserView):
    """GET /v2/users/{user_id}/models: those of all the user's own apps."""

    def get(self, request: Request) -> HttpResponse:
        return _models(list(self.apps().select_related("owner").order_by("pk")), self.query)


class OneModel(AppView):
    """GET U/models/{model_id}."""

    def get(self, request: Request, model_id: str) -> HttpResponse:
        check_model(model_id, self.query.text("version_id"))
        app = self.app
        return envelope.answer({"model": catalog.print_model(app.owner_id, app.public_id, app.created_at)})


class ModelConcepts(AppView):
    """GET U/models/{model_id}/concepts: the model knows the concepts of its app."""

    def get(self, request: Request, model_id: str, version_id: str = "") -> HttpResponse:
        check_model(model_id, version_id)
        page = self.query.page()
        rows = Concept.objects.filter(app=self.app).order_by("pk")[page.start : page.stop]
        return envelope.answer({"concepts": [print_concept(row, self.app) for row in rows]})


class Workflows(AppView):
    """GET U/workflows."""

    def get(self, request: Request) -> HttpResponse:
        return _workflows([self.app], self.query)


class UserWorkflows(UserView):
    """GET /v2/users/{user_id}/workflows: those of all the user's own apps."""

    def get(self, request: Request) -> HttpResponse:
        return _workflows(list(self.apps().select_related("owner").order_by("pk")), self.query)


class OneWorkflow(AppView):
    """GET U/workflows/{workflow_id}."""

    def get(self, request: Request, workflow_id: str) -> HttpResponse:
        check_workflow(workflow_id)
        app = self.app
        return envelope.answer(
            {"workflow": catalog.print_workflow(app.owner_id, app.public_id, app.created_at)}
        )


class Predicting(AppView):
    """What asking for outputs has in common. Pictures may travel in the body, so that it may be large."""

    body_limit = 64 * MEGABYTE
    invalid_code = 40001

    def predict(self, name: str, wish: Wish, printer: Callable[[Answer], Json]) -> HttpResponse:
        listed = fields.objects(self.body, "inputs")
        bulk = Bulk(name, len(listed), self.invalid_code)
        for position, found in enumerate(answers(self.app, listed, wish, media_prefix(self.request))):
            if isinstance(found, Answer):
                bulk.succeed(position, envelope.dumps(printer(found)))
            else:
                echo = listed[position].get("id")
                bulk.fail(position, found, {"input": {"id": echo}} if isinstance(echo, str) else {})
        return bulk.answer()

    def output(self, answer: Answer) -> Json:
        """One `Output` of the model."""
        app = self.app
        return {
            "id": ids.new(),
            "status": envelope.item_status(10000),
            "created_at": clock.now(),
            "model": catalog.print_model(app.owner_id, app.public_id, app.created_at),
            "input": {"id": answer.input_id},
            "data": answer.data,
        }


class ModelOutputs(Predicting):
    """POST U/models/{model_id}/outputs, also with a version: one output for each input."""

    def post(self, request: Request, model_id: str, version_id: str = "") -> HttpResponse:
        check_model(model_id, version_id)
        info = fields.mapping(fields.mapping(self.body, "model"), "output_info", "model")
        where = "model.output_info"
        wish = read_wish(fields.mapping(info, "output_config", where), f"{where}.output_config")
        return self.predict("outputs", wish, self.output)


class WorkflowResults(Predicting):
    """POST U/workflows/{workflow_id}/results, also with a version: one result for each input."""

    def post(self, request: Request, workflow_id: str, version_id: str = "") -> HttpResponse:
        check_workflow(workflow_id, version_id)
        wish = read_wish(fields.mapping(self.body, "output_config"), "output_config")
        return self.predict("results", wish, self.result)

    def result(self, answer: Answer) -> Json:
        """One `WorkflowResult`, with the output of the only node."""
        output = self.output(answer)
        return {name: output[name] for name in ("id", "status", "created_at", "input")} | {
            "outputs": [output]
        }
