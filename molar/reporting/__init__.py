"""Results as tables and pictures, for the page and the documents alike.

`files` reads results/, `rows` picks what a cell needs, `labels` says what everything is called. `report`, `method`,
`questions` and `encoder` make sections: tables as data (`tables`) and pictures (`charts`). `html` and `markdown` write
the same sections for the page and for docs/.
"""
