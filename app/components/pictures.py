"""Pictures and type over routes of our own: no copies in a cache, no paths of the server in a link, nothing fetched."""

import colorsys
import zlib
from pathlib import Path

from PIL import Image
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from app.components.templates import render
from molar.data.dataset import Dataset

TYPE_FOLDER = Path(__file__).parents[1] / "type"
LOOKED_AT = 24  # pictures that decide the shape of the frames
# Short, because a redrawn picture keeps its name; the browser then asks again by ETag.
CACHE = {"Cache-Control": "public, max-age=600"}


def picture_url(dataset: Dataset, number: int) -> str:
    """Relative, so that it also holds behind a proxy that serves the page under a path."""
    return f"pictures/{number}?v={dataset.data_hash}"


def aspect(dataset: Dataset) -> float:
    """Width over height of the typical picture, 0.6 … 1.6: square prints and tall posters both fill their frames."""
    ratios = []
    for number in range(1, dataset.n_items + 1):
        path = dataset.image_path(number)
        if path is not None and path.is_file():
            with Image.open(path) as picture:
                ratios.append(picture.width / picture.height)
        if len(ratios) == LOOKED_AT:
            break
    typical = sorted(ratios)[len(ratios) // 2] if ratios else 1.0
    return min(max(typical, 0.6), 1.6)


def placeholder(title: str, ratio: float) -> str:
    """A drawn card for an item without a picture: its initials on a colour that follows from its title."""
    hue = zlib.crc32(title.encode()) / 2**32
    ground, ink = (
        "#" + "".join(f"{round(255 * part):02x}" for part in colorsys.hls_to_rgb(hue, light, 0.3))
        for light in (0.8, 0.3)
    )
    initials = "".join(word[0] for word in title.split() if word[0].isalnum())[:2].upper() or "?"
    width, height = round(240 * ratio), 240
    small = min(width, height)
    drawn = {"width": width, "height": height, "ground": ground, "ink": ink, "initials": initials}
    return render("components/placeholder.svg", radius=f"{small * 0.3:.0f}", size=f"{small * 0.22:.0f}", **drawn)


def routes(dataset: Dataset) -> list[Route]:
    """`/pictures/NUMBER` (the item's file, or a drawn placeholder) and `/type/NAME` (our fonts)."""
    ratio = aspect(dataset)
    fonts = {path.name: path for path in TYPE_FOLDER.glob("*.woff2")}

    def picture(request: Request) -> Response:
        number = request.path_params["number"]
        if not 1 <= number <= dataset.n_items:
            return Response(status_code=404)
        path = dataset.image_path(number)
        if path is not None and path.is_file():
            return FileResponse(path, headers=CACHE)
        return Response(placeholder(dataset.title(number), ratio), media_type="image/svg+xml", headers=CACHE)

    def font(request: Request) -> Response:
        path = fonts.get(request.path_params["name"])
        return FileResponse(path, media_type="font/woff2", headers=CACHE) if path else Response(status_code=404)

    return [Route("/pictures/{number:int}", picture), Route("/type/{name}", font)]
