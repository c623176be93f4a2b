"""What the running page answers to programs."""

import json
from contextlib import contextmanager

import httpx
from gradio_client import Client

from . import project
from .demo import sha16
from .questions import SERVED


@contextmanager
def served(shop):
    """The address of the shop's page, on a free port, until the block ends."""
    running, address = project.start(shop, "127.0.0.1", None)
    try:
        yield address
    finally:
        running.close(verbose=False)


def asked(endpoint: str, arguments: list) -> str:
    """The name of a question in page.json."""
    return f"{endpoint} {json.dumps(arguments, ensure_ascii=False)}"


def answers(address: str) -> dict:
    """Question → answer, for all of SERVED."""
    client = Client(address, verbose=False)
    return {asked(*one): _rounded(client.predict(*one[1], api_name=one[0])) for one in SERVED}


def offered(address: str) -> dict:
    """Endpoint → its parameters in their order, each with whether it may be left out."""
    info = httpx.get(f"{address}gradio_api/info").json()["named_endpoints"]
    return {
        name: [[one["parameter_name"], one["parameter_has_default"]] for one in told["parameters"]]
        for name, told in info.items()
    }


def _rounded(answer):
    """Scores are float32 written out; six digits of them are meant."""
    if isinstance(answer, list):
        return [_rounded(one) for one in answer]
    if isinstance(answer, dict):
        return {name: _rounded(value) for name, value in answer.items()}
    return round(answer, 6) if isinstance(answer, float) else answer


def shoppers(address: str, shop) -> str:
    """A hash over the places on the maps as the browser gets them."""
    return sha16(httpx.get(address + project.maps_address(shop)).json()["places"])


def record(address: str, shop) -> dict:
    """Everything that page.json holds."""
    return {"answers": answers(address), "offered": offered(address), "places": shoppers(address, shop)}
