import { App } from "./app.js";
import { whoIs } from "./api.js";
import { html, mount } from "./lib.js";
import { place } from "./state.js";

await whoIs().catch(() => null); // the page says that nothing answers
mount(html`<${App} />`, place.root);
