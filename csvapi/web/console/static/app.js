// The frame around every screen: where one can go, who is signed in, what a screen reader is told.
import { signOut } from "./api.js";
import { html, useEffect, useRef } from "./lib.js";
import { Expired } from "./parts/expired.js";
import { Shortcuts } from "./parts/shortcuts.js";
import { go, link, route } from "./router.js";
import { Account } from "./screens/account.js";
import { File } from "./screens/file.js";
import { Files } from "./screens/files.js";
import { Home } from "./screens/home.js";
import { SignIn } from "./screens/signin.js";
import { Steps } from "./screens/steps.js";
import { Task } from "./screens/task.js";
import { Tasks } from "./screens/tasks.js";
import { Webhooks } from "./screens/webhooks.js";
import { language, place, said, session, t, theme, word } from "./state.js";

/** The screen of an address; the key makes another file or task a screen of its own. */
function screen() {
  const { path } = route.value;
  const [first, second, third] = path;
  if (!session.value?.email) return html`<${SignIn} key=${first === "register"} registers=${first === "register"} />`;
  if (first === "files" && second && third === "steps") return html`<${Steps} key=${`s${second}`} id=${Number(second)} />`;
  if (first === "files" && second) return html`<${File} key=${`f${second}`} id=${Number(second)} />`;
  if (first === "files") return html`<${Files} />`;
  if (first === "tasks" && second) return html`<${Task} key=${second} id=${second} />`;
  if (first === "tasks") return html`<${Tasks} />`;
  if (first === "webhooks") return html`<${Webhooks} id=${second ? Number(second) : null} />`;
  if (first === "account") return html`<${Account} />`;
  return html`<${Home} />`;
}

export function App() {
  const main = useRef(/** @type {HTMLElement|null} */ (null));
  const where = route.value.path.join("/");
  const first = useRef(true);
  useEffect(() => {
    if (first.current) first.current = false;
    else main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [where]);
  return html`
    <a class="skip" href="#main" onClick=${(/** @type {Event} */ event) => {
      event.preventDefault();
      main.current?.focus();
    }}>${t("skip")}</a>
    <${Top} />
    <main id="main" tabindex="-1" ref=${main}>${screen()}</main>
    <div class="hidden" role="status" aria-live="polite">${said}</div>
    <${Expired} />
    <${Shortcuts} />
  `;
}

function Top() {
  const here = route.value.path[0] ?? "";
  const signedIn = Boolean(session.value?.email);
  /** @param {string} path @param {string} words */
  const item = (path, words) =>
    html`<a href=${link(`/${path}`)} aria-current=${here === path || (here === "webhooks" && path === "account") ? "page" : undefined}>${words}</a>`;
  const nextTheme = { system: "light", light: "dark", dark: "system" }[theme.value] ?? "system";
  return html`
    <header class="top">
      <a class="brand" href="#/"><img src=${`${place.files}icon.svg`} alt="" width="24" height="24" />csvapi</a>
      ${signedIn &&
      html`<nav aria-label=${t("nav")}>
        ${item("", t("home"))} ${item("files", t("files"))} ${item("tasks", t("tasks"))} ${item("account", t("account"))}
      </nav>`}
      <div class="tools">
        ${session.value?.is_admin && html`<a href=${`${place.api}admin/`}>${t("admin")}</a>`}
        <a href=${`${place.api}swagger/`}>API</a>
        <button class="plain" onClick=${() => (theme.value = nextTheme)} title=${word("theme", theme.value)}>
          <span aria-hidden="true">${{ system: "◐", light: "☀", dark: "☾" }[theme.value]}</span>
          <span class="hidden">${word("theme", theme.value)}</span>
        </button>
        <button class="plain" lang=${language.value === "de" ? "en" : "de"}
          onClick=${() => (language.value = language.value === "de" ? "en" : "de")}>
          ${language.value === "de" ? "English" : "Deutsch"}
        </button>
        ${signedIn &&
        html`<button class="plain" title=${session.value?.email} onClick=${() => signOut().then(() => go("/signin"))}>
          ${t("sign_out")}
        </button>`}
      </div>
    </header>
  `;
}

