"""Coordinates → territory, by polygons of a region. Needs shapely: the extra `geo`."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tsur_nlp.errors import MissingExtraError, RegionError

FILE = "outlines.geojson"
POLYGONS = ("Polygon", "MultiPolygon")


class Outlines:
    """Polygons of territories in degrees of WGS 84; where several meet, the smallest one is the place."""

    def __init__(self, content: bytes, territories: Mapping[str, object]):
        """`content`: a GeoJSON FeatureCollection whose features have `territory`, a code of territories.csv.

        Raises RegionError for what is no such file, or without shapely.
        """
        try:
            from shapely import STRtree, from_geojson
            from shapely.errors import ShapelyError
        except ImportError:
            raise MissingExtraError("координат", "shapely", "geo") from None
        self._codes: list[str] = []
        shapes = []
        for number, (code, geometry) in enumerate(_features(content), 1):
            if code not in territories:
                raise RegionError(f"{FILE}, объект {number}: территории «{code}» нет в territories.csv")
            try:
                shape = from_geojson(json.dumps(geometry))
            except (ShapelyError, ValueError) as reason:
                raise RegionError(f"{FILE}, объект {number}: очертание не читается ({type(reason).__name__})") from None
            if shape.is_empty or not shape.is_valid:
                raise RegionError(f"{FILE}, объект {number}: очертание «{code}» пустое или пересекает само себя")
            self._codes.append(code)
            shapes.append(shape)
        self._shapes = shapes
        self._tree = STRtree(shapes)

    def at(self, lat: float, lon: float) -> str | None:
        """The code of the smallest territory at a point; None outside all."""
        from shapely import Point

        inside = [int(n) for n in self._tree.query(Point(lon, lat), predicate="intersects")]
        return self._codes[min(inside, key=lambda n: (self._shapes[n].area, self._codes[n]))] if inside else None


def _features(content: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        features = json.loads(content)["features"]
        for number, feature in enumerate(features, 1):
            geometry, code = feature["geometry"], feature["properties"]["territory"]
            if geometry["type"] not in POLYGONS or not isinstance(code, str):
                raise RegionError(f"{FILE}, объект {number}: нужен многоугольник и свойство territory")
            yield code, geometry
    except (ValueError, KeyError, TypeError, RecursionError) as reason:
        raise RegionError(
            f"{FILE}: нужен GeoJSON FeatureCollection, где у объекта есть geometry и properties.territory "
            f"({type(reason).__name__})"
        ) from None
