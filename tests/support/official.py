"""The vendor's JSON client, with requests as plain objects; every answer that it gets is judged.

A request is read strictly into its message, so that a misspelt field is an error here and not a silent nothing.
"""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import urlsplit

from clarifai_grpc.channel.clarifai_channel import ClarifaiChannel
from clarifai_grpc.grpc.api import service_pb2
from clarifai_grpc.grpc.api.service_pb2_grpc import V2Stub
from google.protobuf import json_format
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from tests.support import judged

Json = dict[str, Any]


@cache
def method(rpc: str) -> MethodDescriptor:
    """The official description of a call."""
    return service_pb2.DESCRIPTOR.services_by_name["V2"].methods_by_name[rpc]


class OfficialClient:
    """The vendor's stub; `called` collects the rpcs that were answered with a success."""

    def __init__(self, base_url: str) -> None:
        channel = ClarifaiChannel.get_json_channel(base_url=base_url)
        channel.session.hooks["response"].append(self._judge)
        self._stub = V2Stub(channel)
        self.called: set[str] = set()

    def __call__(self, rpc: str, request: Json, token: str) -> Any:
        """The parsed answer, whatever its status."""
        message: Message = GetMessageClass(method(rpc).input_type)()
        json_format.ParseDict(request, message)
        answer = getattr(self._stub, rpc)(message, metadata=(("authorization", f"Key {token}"),))
        if answer.status.code == 10000:
            self.called.add(rpc)
        return answer

    def _judge(self, response: Any, *_: Any, **__: Any) -> None:
        """Answers only: the client sends a body with every DELETE, even where its own schema maps none."""
        sent = response.request
        judged.judge_answer(sent.method, urlsplit(sent.url).path, response.content)
