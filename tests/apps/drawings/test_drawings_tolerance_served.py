"""The operation `tolerance` by HTTP on a real worker: the answer says how it came about."""

import httpx

from rung.runtime.testing.served import served

ASKED = {
    "dimensions": [
        {"id": "bore", "type": "diameter", "nominal": 25, "fit": "H7"},
        {"id": "L", "nominal": 80, "upper": 0.1, "lower": -0.1},
    ],
    "material": "S45C",
    "manufacturing_process": "machining",
    "samples": 60,
}


def test_a_part_is_judged_by_a_real_worker_and_a_material_that_nobody_knows_is_refused() -> None:
    with served("--no-console") as server, httpx.Client(base_url=server.url, timeout=60) as http:
        got = http.post("/v1/drawings/tolerance", json=ASKED)
        refused = http.post("/v1/drawings/tolerance", json={**ASKED, "material": "unobtainium"})

    answer = got.json()
    assert got.status_code == 200, got.text
    (provenance,) = answer["provenance"]
    (surface,) = answer["output"]["surfaces"]
    assert (provenance["task"], provenance["kind"]) == ("predict-tolerance", "real")
    assert surface["how"] in ("simulation", "surrogate") and surface["zones"]["cylindricity"]["p95"] > 0
    assert answer["output"]["capability"][0]["difficulty"] == "hard"
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-input")
