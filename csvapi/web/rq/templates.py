"""rq-dashboard's page templates, compiled here instead of in the browser.

Underscore compiles `<% code %>`, `<%= value %>` and `<%- escaped value %>` with `new Function`, which a strict
Content-Security-Policy forbids. Here each template becomes a function in a script of the page. All values are escaped,
those of `<%= %>` too: the text of an error may quote a file.
"""

from __future__ import annotations

import json
import re

from flask import Response

from csvapi.web.admin.pages import nonce

_TEMPLATE = re.compile(r'<script name="([\w-]+)" type="text/template">(.*?)</script>', re.DOTALL)
_PART = re.compile(r"<%([=-]?)(.*?)%>", re.DOTALL)
_BY_HAND = re.compile(r"\$\('<div/>'\)\.text\((.*)\)\.html\(\)")  # how the library escapes where it does
_PAGE_SCRIPT = "<!-- compiled templates -->"


def compiled(response: Response) -> Response:
    """The page with a script that replaces `_.template`: called with the text of a template, it returns a function."""
    if response.mimetype != "text/html" or response.direct_passthrough:
        return response
    page = response.get_data(as_text=True)
    functions = ",".join(f"{json.dumps(name)}:{function(body)}" for name, body in _TEMPLATE.findall(page))
    script = f'<script nonce="{nonce()}">\n{_RUNTIME % functions}\n</script>'
    response.set_data(page.replace(_PAGE_SCRIPT, script))
    return response


def function(template: str) -> str:
    """The source of a function that maps `d`, or an object with a key `d`, to HTML."""
    parts, at = [], 0
    for found in _PART.finditer(template):
        parts.append(f"out += {json.dumps(template[at : found.start()])};")
        code = _BY_HAND.sub(r"\1", found[2].strip())
        parts.append(f"out += shown({code});" if found[1] else code)
        at = found.end()
    parts.append(f"out += {json.dumps(template[at:])};")
    names = "const d = given.d === undefined ? given : given.d, {url, number} = given;"
    return f"function (given) {{ let out = ''; {names}\n" + "\n".join(parts).replace("</", "<\\/") + "\nreturn out; }"


_RUNTIME = """
(function () {
  const shown = (value) => value === undefined || value === null ? "" : _.escape(String(value));
  const functions = {%s};
  _.template = (text) => {
    for (const script of document.querySelectorAll('script[type="text/template"]'))
      if (script.innerHTML === text) return functions[script.getAttribute("name")];
  };
})();"""
