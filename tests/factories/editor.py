"""Someone at the editor of a form, a workflow or a report over HTTP, without script."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs

from django.test import Client
from django.urls import reverse

from forms.models import WorkingCopy
from forms.outline import Thing, tree_of

SCRIPT = {"X-Requested-With": "XMLHttpRequest"}


class Editor:
    """Someone at the editor of one form or workflow, pressing its buttons."""

    def __init__(self, client: Client, key: str, *, kind: str = "form") -> None:
        self.client, self.key, self.kind = client, key, kind
        self.at = kind

    @property
    def address(self) -> str:
        """The address of the editor."""
        names = {"form": "studio_edit", "workflow": "studio_flow_edit", "report": "studio_report_edit"}
        return reverse(names[self.kind], args=[self.key])

    @property
    def working(self) -> WorkingCopy:
        """The working copy as it is stored."""
        return WorkingCopy.objects.get(kind=self.kind, key=self.key)

    def page(self) -> str:
        return self.client.get(self.address, {"at": self.at}).content.decode()

    def fields_posted(self) -> dict[str, Any]:
        """Return what a browser would post from the properties, as they are."""
        html = self.page()
        form = html[html.index("data-properties") :].split("</form>", 1)[0]
        found: dict[str, list[str]] = {}
        for tag in re.findall(r"<input[^>]*>", form):
            name, value = _attribute(tag, "name"), _attribute(tag, "value")
            if name and ('type="checkbox"' not in tag or " checked" in tag):
                found.setdefault(name, []).append(value)
        for tag, inner in re.findall(r"(<textarea[^>]*>)\n?(.*?)</textarea>", form, re.DOTALL):
            found.setdefault(_attribute(tag, "name"), []).append(unescape(inner))
        for tag, inner in re.findall(r"(<select[^>]*>)(.*?)</select>", form, re.DOTALL):
            options = re.findall(r"<option[^>]*>", inner)
            chosen = [one for one in options if " selected" in one] or options[:1]
            found.setdefault(_attribute(tag, "name"), []).extend(_attribute(one, "value") for one in chosen)
        found.pop("id", None)
        found.pop("within", None)
        return dict(found)

    def press(self, do: str, *, script: bool = False, **more: Any) -> Any:
        posted = self.fields_posted()
        posted |= {name: [value] if isinstance(value, str) else value for name, value in more.items()}
        posted["do"] = [do]
        response = self.client.post(self.address, posted, headers=SCRIPT if script else {})
        if response.status_code == 302:
            self.at = parse_qs(response["Location"].partition("?")[2])["at"][0]
        return response

    def said(self, at: str = "") -> dict[str, Any]:
        return tree_of(self.working.body).own[Thing.read(at or self.at)]


def _attribute(tag: str, name: str) -> str:
    match = re.search(rf'\s{name}="([^"]*)"', tag)
    return unescape(match[1]) if match else ""
