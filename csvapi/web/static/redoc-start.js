"use strict";
const place = document.getElementById("redoc");
Redoc.init(place.dataset.spec, { nativeScrollbars: true, theme: { typography: { fontFamily: "system-ui, sans-serif", headings: { fontFamily: "system-ui, sans-serif" } } } }, place);
