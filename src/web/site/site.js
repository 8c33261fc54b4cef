// Conveniences. Every form works without this file; it needs no other.

const $ = (id) => document.getElementById(id);

/* What of a page only a script can do; again for each <main> that is put in place of another. */
function enhance(main) {
  for (const element of main.querySelectorAll("[data-js]")) element.hidden = false;
  for (const element of main.querySelectorAll("[data-origin]")) element.textContent = location.origin;
  for (const element of main.querySelectorAll("[data-token]")) element.replaceChildren(bookmark(element, element.dataset.token));
  for (const strip of main.querySelectorAll(".strip")) split(strip);
  // English is spoken in many countries, and each writes dates in its own way. The page says UTC; here it is the
  // visitor's own time, and its zone is named as well.
  const lang = document.documentElement.lang;
  const locale = navigator.languages.find((each) => each.startsWith(lang)) ?? lang;
  const date = new Intl.DateTimeFormat(locale, { dateStyle: "long" });
  const clock = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit", timeZoneName: "short" });
  for (const time of main.querySelectorAll("time")) {
    const moment = new Date(time.dateTime);
    time.textContent = `${date.format(moment)}, ${clock.format(moment)}`;
  }
  if ($("remember")) recall();
  if ($("pop")) pop();
  press();
}

/* Lets an address break before its domain rather than anywhere. */
function split(strip) {
  const [name, domain] = strip.textContent.split("@");
  if (domain) strip.replaceChildren(name, document.createElement("wbr"), `@${domain}`);
}

/* Presets */

function press() {
  for (const button of document.querySelectorAll("[data-fill]")) {
    button.ariaPressed = $(button.dataset.fill).value === button.value;
  }
}

function fill(button) {
  const field = $(button.dataset.fill);
  field.value = field.value === button.value ? "" : button.value;
  press();
}

/* Settings that are kept in this browser, if its owner says so. Storage may be forbidden: then they are not. */

const KEPT = "tempalias";
const FIELDS = ["target", "days", "max-usage", "domain"];

function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT));
    if (!kept) return;
    $("remember").checked = true;
    if ($("problem")) return;
    for (const name of FIELDS) if ($(name) && name in kept) $(name).value = kept[name];
  } catch {}
}

function keep() {
  try {
    if (!$("remember").checked) return localStorage.removeItem(KEPT);
    const kept = FIELDS.filter($).map((name) => [name, $(name).value]);
    localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(kept)));
  } catch {}
}

/* Copying */

async function copy(button) {
  const source = $(button.dataset.copy);
  let told = button.dataset.copied;
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    getSelection().selectAllChildren(source);
    // Deprecated, and the only way on a site without TLS.
    if (!document.execCommand("copy")) told = button.dataset.notCopied;
  }
  tell(button, told);
}

/* Says something in the live region that follows an element. */
function tell(element, text) {
  let place = element;
  while (!place.matches(".told")) place = place.nextElementSibling ?? place.parentElement;
  place.textContent = "";
  setTimeout(() => (place.textContent = text), 50);
}

/* Forms whose answer takes the place of the page */

/* The button Back leads from an answer to its form, asked for anew. */
let answered = false;
addEventListener("popstate", ({ state }) => state === "form" && location.reload());

async function send(form, submitter) {
  if (form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  const fields = new URLSearchParams(new FormData(form));
  if (submitter?.name) fields.append(submitter.name, submitter.value);
  try {
    // A button that is called action hides the property of that name.
    const answer = await fetch(form.getAttribute("action") ?? location.pathname, { method: "POST", body: fields, headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page.querySelector("main");
    if (!main) throw new TypeError("no page");
    if (answer.ok && form.hasAttribute("action") && !answered) {
      answered = true;
      history.replaceState("form", "");
      history.pushState(null, "");
    }
    document.title = page.title;
    document.querySelector("main").replaceWith(main);
    enhance(main);
    (main.querySelector("#problem") ?? main.querySelector("h1")).focus();
    scrollTo(0, 0);
  } catch {
    // The browser says best what is wrong. A button's name goes with the form only if it is pressed.
    if (submitter?.name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: submitter.name, value: submitter.value }));
    form.submit();
  }
}

/* Bookmarklet */

async function makeBookmarklet(form) {
  try {
    const answer = await fetch("/tokens", { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" } });
    if (!answer.ok) throw new TypeError(answer.status);
    const { token } = await answer.json();
    if (!token) return tell($("make-bookmarklet"), form.dataset.sent);
    $("make-bookmarklet").replaceWith(bookmark(form, token));
    tell($("bookmarklet"), form.dataset.drag);
  } catch {
    tell($("make-bookmarklet"), form.dataset.failed);
  }
}

function bookmark({ dataset }, token) {
  const parts = [location.origin, token, dataset.prompt].map((part) => JSON.stringify(part));
  const link = document.createElement("a");
  link.id = "bookmarklet";
  link.className = "button";
  link.textContent = dataset.bookmarklet;
  link.href = `javascript:${encodeURIComponent(`(${bookmarklet})(${parts})`)}`;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const told = link.nextElementSibling;
    if (told) tell(link, dataset.drag);
  });
  return link;
}

/* Runs on other sites, out of a bookmark: names nothing of this file. */
function bookmarklet(base, token, words) {
  let field = document.activeElement;
  try {
    for (let inner; (inner = (field.shadowRoot ?? field.contentDocument)?.activeElement); ) field = inner;
  } catch {}
  const put = (address) => {
    field.focus();
    if (field.isContentEditable) return document.execCommand("insertText", false, address);
    if (!/^(INPUT|TEXTAREA)$/.test(field.tagName) || field.readOnly || field.disabled) return prompt(words, address);
    // Frameworks watch the property of the element; this is the one of its class.
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set.call(field, address);
    for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true }));
  };
  const open_ = () => {
    const pop = open(`${base}/pop#${token}`, "", "popup,width=440,height=480");
    addEventListener("message", function take({ source, origin, data }) {
      if (source !== pop || origin !== base || !data.address) return;
      removeEventListener("message", take);
      pop.close();
      put(data.address);
    });
  };
  fetch(`${base}/aliases`, { method: "POST", headers: { Authorization: `Bearer ${token}`, Accept: "application/json" } })
    .then((answer) => answer.json())
    .then(({ address, message }) => (address ? put(address) : alert(message)), open_);
}

/* The bookmarklet's small window: what it cannot hand over, it shows. */
async function pop() {
  const { dataset } = $("pop");
  const token = location.hash.slice(1);
  const text = $("pop-text");
  if (!token) return (text.textContent = dataset.noToken);
  history.replaceState(null, "", location.pathname);
  text.textContent = dataset.wait;
  try {
    const answer = await fetch("/aliases", { method: "POST", headers: { Authorization: `Bearer ${token}`, Accept: "application/json" } });
    const { address, message } = await answer.json();
    if (!address) return (text.textContent = `${dataset.failed}: ${message}`);
    text.textContent = dataset.done;
    $("alias").textContent = address;
    split($("alias"));
    $("pop-result").hidden = false;
    // Whoever opened the window has the token, and could have made the alias too.
    opener?.postMessage({ address }, "*");
  } catch {
    text.textContent = dataset.failed;
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.id === "make") keep();
  if (form.matches("[data-in-place]")) send(form, event.submitter);
  else if (form.matches("[data-bookmarklet]")) makeBookmarklet(form);
  else return;
  event.preventDefault();
});

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-copy], [data-fill]");
  if (button?.dataset.copy) copy(button);
  else if (button) fill(button);
  // What is forgotten is forgotten at once.
  if (target.id === "remember" && !target.checked) keep();
});

document.addEventListener("input", press);

enhance(document.querySelector("main"));
