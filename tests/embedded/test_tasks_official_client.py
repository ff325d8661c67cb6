"""The vendor's own JSON client walks tasks and assignments; every answer parses into its messages."""

from __future__ import annotations

from typing import Any

import pytest
from clarifai_grpc.channel.clarifai_channel import ClarifaiChannel
from clarifai_grpc.grpc.api import resources_pb2 as res
from clarifai_grpc.grpc.api import service_pb2 as api
from clarifai_grpc.grpc.api.service_pb2_grpc import V2Stub
from clarifai_grpc.grpc.api.status.status_code_pb2 import StatusCode
from google.protobuf import json_format

from tests.support.embedded import EmbeddedApp

from .work import add_inputs, annotate, done, listing, make_task


@pytest.fixture
def stub(embedded_app: EmbeddedApp) -> V2Stub:
    return V2Stub(ClarifaiChannel.get_json_channel(base_url=embedded_app.base_url))


class Walk:
    """Calls as one user of the app."""

    def __init__(self, stub: V2Stub, app: EmbeddedApp) -> None:
        self.stub, self.app = stub, app

    def __call__(self, name: str, request: Any, user: str = "") -> Any:
        request.user_app_id.CopyFrom(res.UserAppIDSet(user_id=self.app.user_id, app_id=self.app.app_id))
        token = self.app.tokens[user or self.app.user_id]
        answer = getattr(self.stub, name)(request, metadata=(("authorization", f"Key {token}"),))
        assert answer.status.code == StatusCode.SUCCESS, answer
        return answer


def _worker(user: str) -> res.Worker:
    return res.Worker(user=res.User(id=user))


def test_the_official_client_walks_a_task(stub: V2Stub, embedded_app: EmbeddedApp) -> None:
    call, app = Walk(stub, embedded_app), embedded_app
    names = add_inputs(app, 3)
    task = res.Task(
        name="official",
        type=res.Task.TaskType.BOUNDING_BOX_DETECTION,
        worker=res.TaskWorker(
            strategy=res.TaskWorker.TaskWorkerStrategy.PARTITIONED,
            workers=[_worker("l-1")],
            partitioned_strategy_info=res.TaskWorkerPartitionedStrategyInfo(
                type="EVENLY", workers_per_input=1
            ),
        ),
        concepts=[res.TaskConcept(concept=res.Concept(id="rbc"))],
        input_source=res.TaskInputSource(type=res.TaskInputSource.TaskInputSourceType.ALL_INPUTS),
        review=res.TaskReview(strategy="MANUAL", users=[res.User(id="r-1")]),
    )
    task.metadata.update({"input_ids": names[:2], "batch": "one"})
    made = call("PostTasks", api.PostTasksRequest(tasks=[task])).tasks[0]
    assert made.worker.workers[0].user.id == "l-1"
    assert made.status.code == StatusCode.TASK_IN_PROGRESS
    listed = call("ListTasks", api.ListTasksRequest(worker_user_ids=["l-1"], additional_fields=["all"])).tasks
    assert [one.id for one in listed] == [made.id]
    assert listed[0].metrics.input_source.inputs_count_estimated == 2
    mark = annotate(app, made.id, "l-1", names[0])
    started = call(
        "PutTaskAssignments", api.PutTaskAssignmentsRequest(task_id=made.id, action="LABEL_START"), "l-1"
    ).task_assignments
    assert [one.input.id for one in started] == names[:2]
    following = call("ListNextTaskAssignments", api.ListNextTaskAssignmentsRequest(task_id=made.id), "l-1")
    assert [one.id for one in following.inputs] == names[:2]
    chosen = [res.TaskAssignment(id=one.id) for one in started]
    submit = api.PutTaskAssignmentsRequest(
        task_id=made.id,
        action="LABEL_SUBMIT",
        label_submit_config=api.LabelSubmitConfig(task_assignments=chosen),
    )
    assert {one.status.code for one in call("PutTaskAssignments", submit, "l-1").task_assignments} == {
        StatusCode.TASK_ASSIGNMENT_AWAITING_REVIEW
    }
    take = api.PutTaskAssignmentsRequest(
        task_id=made.id,
        action="REVIEW_START",
        review_start_config=api.ReviewStartConfig(workers=[_worker("l-1")]),
    )
    assert len(call("PutTaskAssignments", take, "r-1").task_assignments) == 2
    send_back = api.PutTaskAssignmentsRequest(
        task_id=made.id,
        action="REVIEW_REQUEST_CHANGES",
        review_request_changes_config=api.ReviewRequestChangesConfig(task_assignments=chosen[:1]),
    )
    call("PutTaskAssignments", send_back, "r-1")
    approve = api.PutTaskAssignmentsRequest(
        task_id=made.id,
        action="REVIEW_APPROVE",
        review_approve_config=api.ReviewApproveConfig(workers=[_worker("l-1")]),
    )
    assert [one.id for one in call("PutTaskAssignments", approve, "r-1").task_assignments] == [chosen[1].id]
    counts = call("GetTaskInputCount", api.GetTaskCountRequest(task_id=made.id)).counts
    assert [(one.user_id, one.pending, one.success, one.awaiting_review) for one in counts] == [
        ("l-1", 1, 1, 0)
    ]
    counts = call("GetTaskAnnotationCount", api.GetTaskCountRequest(task_id=made.id, user_ids=["l-1"])).counts
    assert [(one.user_id, one.pending) for one in counts] == [("l-1", 1)]
    patched = call(
        "PatchAnnotationsStatus",
        api.PatchAnnotationsStatusRequest(
            task_id=made.id,
            user_ids=["l-1"],
            status_codes=[StatusCode.ANNOTATION_PENDING],
            action="overwrite",
            status_code=StatusCode.ANNOTATION_SUCCESS,
        ),
    )
    assert (patched.updated_count, list(patched.user_ids)) == (1, ["l-1"])
    found = call("GetAnnotation", api.GetAnnotationRequest(input_id=names[0], annotation_id=mark)).annotation
    assert found.status.code == StatusCode.ANNOTATION_SUCCESS
    done_task = res.Task(id=made.id)
    done_task.status.code = StatusCode.TASK_DONE
    call("PatchTasks", api.PatchTasksRequest(tasks=[done_task], action="merge"))
    assert call("GetTask", api.GetTaskRequest(task_id=made.id)).task.status.code == StatusCode.TASK_DONE
    call("DeleteTasks", api.DeleteTasksRequest(ids=[made.id]))
    assert not call("ListTasks", api.ListTasksRequest()).tasks


def test_answers_have_no_field_that_the_official_messages_lack(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    add_inputs(app, 2)
    rule = {"approval_threshold_labelers": 1}
    task_id = make_task(app, workers=["l-1"], review="CONSENSUS", rule=rule, metadata={"a": [1, None]})["id"]
    rows = done(app, task_id, "l-1", "LABEL_START")
    answers: list[tuple[Any, Any]] = [
        (api.MultiTaskResponse(), app.ok("GET", "tasks", params={"additional_fields": "all"})),
        (api.SingleTaskResponse(), app.ok("GET", f"tasks/{task_id}")),
        (api.SingleTaskCountResponse(), app.ok("GET", f"tasks/{task_id}/inputs/count")),
        (api.SingleTaskCountResponse(), app.ok("GET", f"tasks/{task_id}/annotations/count")),
        (api.MultiTaskAssignmentResponse(), app.ok("GET", f"tasks/{task_id}/assignments/all")),
        (api.MultiInputResponse(), app.ok("GET", f"tasks/{task_id}/assignments", user="l-1")),
    ]
    bad = app.call("POST", "tasks", {"tasks": [{"id": "x"}]})
    answers.append((api.MultiTaskResponse(), bad.json()))
    for message, answer in answers:
        json_format.ParseDict(answer, message, ignore_unknown_fields=False)
    assert len(rows) == len(listing(app, task_id)) == 2


def test_the_official_client_walks_label_orders(stub: V2Stub, embedded_app: EmbeddedApp) -> None:
    call, app = Walk(stub, embedded_app), embedded_app
    names = add_inputs(app, 2)
    task = res.Task(
        name="ordered",
        type=res.Task.TaskType.CONCEPTS_CLASSIFICATION,
        worker=res.TaskWorker(strategy=res.TaskWorker.TaskWorkerStrategy.FULL, workers=[_worker("l-1")]),
        concepts=[
            res.TaskConcept(
                concept=res.Concept(id="rbc"),
                auto_annotation_config=res.TaskConceptAutoAnnotationConfig(
                    annotation_data_types=1,
                    threshold_range=res.ThresholdRange(is_lower_inclusive=True, lower=0.0, upper=0.5),
                    status_code=StatusCode.ANNOTATION_AWAITING_REVIEW,
                ),
            )
        ],
        ai_assistant=res.TaskAIAssistant(workflow=res.Workflow(id="demo-assist")),
        ai_assist_params=res.AiAssistParameters(min_threshold=0.0, max_threshold=0.75),
        visibility=res.Visibility(gettable=res.Visibility.Gettable.ORG),
    )
    order = res.LabelOrder(id="lo", name="spring", auto_release=True, task=task)
    order.desired_fulfill_time.FromJsonString("2026-12-24T11:00:00Z")
    made = call("PostLabelOrders", api.PostLabelOrdersRequest(label_orders=[order])).label_orders[0]
    assert made.status.code == StatusCode.LABEL_ORDER_PENDING
    assert made.desired_fulfill_time == order.desired_fulfill_time
    assert made.task.label_order_id == "lo"
    assert made.task.ai_assistant.workflow.version.id
    assert made.task.ai_assist_params.max_threshold == 0.75
    assert made.task.visibility.gettable == res.Visibility.Gettable.ORG
    rule = made.task.concepts[0].auto_annotation_config
    assert (rule.annotation_data_types, rule.threshold_range.upper) == (1, 0.5)
    assert rule.status_code == StatusCode.ANNOTATION_AWAITING_REVIEW
    assert call("GetLabelOrder", api.GetLabelOrderRequest(label_order_id="lo")).label_order == made
    assert list(call("ListLabelOrders", api.ListLabelOrdersRequest(per_page=5)).label_orders) == [made]
    tasks = call("ListTasks", api.ListTasksRequest(label_order_ids=["lo"])).tasks
    assert [one.id for one in tasks] == [made.task.id]
    annotation = annotate(app, made.task.id, "l-1", names[0])
    hits = call("GetInputSamples", api.GetInputSamplesRequest(task_id=made.task.id)).hits
    assert [(hit.score, hit.input.id, hit.annotation.id) for hit in hits] == [(1.0, names[0], annotation)]
    released = res.LabelOrder(id="lo", name="summer")
    released.status.code = StatusCode.LABEL_ORDER_SUCCESS
    changed = call(
        "PatchLabelOrders", api.PatchLabelOrdersRequest(label_orders=[released], action="overwrite")
    ).label_orders[0]
    assert (changed.name, changed.status.code) == ("summer", StatusCode.LABEL_ORDER_SUCCESS)
    call("DeleteLabelOrders", api.DeleteLabelOrdersRequest(ids=["lo"]))
    assert call("GetTask", api.GetTaskRequest(task_id=made.task.id)).task.label_order_id == ""


def test_the_official_client_asks_for_suggestions(stub: V2Stub, embedded_app: EmbeddedApp) -> None:
    call = Walk(stub, embedded_app)
    model = call("ListModels", api.ListModelsRequest(per_page=10)).models[0]
    assert call("GetModel", api.GetModelRequest(model_id=model.id)).model == model
    assert model.model_version.status.code == StatusCode.MODEL_TRAINED
    concepts = call("ListModelConcepts", api.ListModelConceptsRequest(model_id=model.id)).concepts
    assert [concept.id for concept in concepts] == ["rbc", "wbc"]
    workflow = call("ListWorkflows", api.ListWorkflowsRequest()).workflows[0]
    assert call("GetWorkflow", api.GetWorkflowRequest(workflow_id=workflow.id)).workflow == workflow
    assert workflow.nodes[0].model.id == model.id
    text = res.Input(data=res.Data(text=res.Text(raw="wbc and rbc")))
    config = res.OutputConfig(max_concepts=1, select_concepts=[res.Concept(id="wbc")])
    asked = res.Model(output_info=res.OutputInfo(output_config=config))
    request = api.PostModelOutputsRequest(model_id=model.id, inputs=[text], model=asked)
    (output,) = call("PostModelOutputs", request).outputs
    assert [concept.id for concept in output.data.concepts] == ["wbc"]
    request = api.PostModelOutputsRequest(
        model_id=model.id, version_id=model.model_version.id, inputs=[text, text]
    )
    assert len(call("PostModelOutputs", request).outputs) == 2
    results = api.PostWorkflowResultsRequest(workflow_id=workflow.id, inputs=[text], output_config=config)
    (result,) = call("PostWorkflowResults", results).results
    assert result.outputs[0].data == output.data
