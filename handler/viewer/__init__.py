"""The page that hosts of MCP Apps show beside a result: plain HTML, CSS and JavaScript.

`page.html` names its parts and opens in a browser as it is; `page` puts them into one document.
"""
