"""`spanmart formats`: which exports can be landed, and how well each of them is known."""

from __future__ import annotations

import json

import click

from spanmart import formats
from spanmart.safe_text import one_line

# What a line says of a format whose package cannot be imported.
BROKEN = "broken"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(as_json: bool) -> None:
    """List the export formats that `spanmart land` reads: ours, and those of installed packages.

    A format that is `recorded` is tested on real exports; one that is `by specification` is written
    from the vendor's documentation, because no real export was to be had. Records of one record key
    are one record; the version says which of them holds.
    """
    listed = [_described(name) for name in formats.names()]
    width = max(len(each["name"]) for each in listed) + 2
    for each in listed:
        if as_json:
            click.echo(json.dumps(each))
            continue
        lines = [f"{each['status']}: {each['title']}"]
        if each["status"] != BROKEN:
            lines += [f"record key: {each['record_key']}", f"version: {each['version']}"]
        if each["package"] != "spanmart":
            lines.append(f"package: {each['package']}")
        for number, line in enumerate(lines):
            click.echo(f"{each['name'] if number == 0 else '':{width}}{one_line(line)}")


def _described(name: str) -> dict[str, str]:
    package = formats.package_of(name)
    try:
        about = formats.named(name).ABOUT
    except (formats.UnknownFormat, AttributeError) as error:
        return {"name": name, "status": BROKEN, "title": str(error), "package": package}
    return {
        "name": name,
        "status": about.status.value,
        "title": about.title,
        "record_key": about.record_key,
        "version": about.version,
        "package": package,
    }
