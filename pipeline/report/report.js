const $ = (selector, inside = document) => inside.querySelector(selector);
const $$ = (selector, inside = document) => [...inside.querySelectorAll(selector)];
const plain = text => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
let claims, form, menu, flat, homes, folds;

/* Claims: found, filtered, sorted */
const wanted = () => Object.entries(Object.fromEntries(new FormData(form))).filter(([, value]) => value);
const says = claim => claim.found ??= plain(`${claim.id} ${claim.dataset.words} ${claim.textContent}`);
function fits(claim, keys) {
  return keys.every(([key, value]) => key === "sort" || (key === "q"
    ? plain(value).split(/\s+/).every(word => says(claim).includes(word)) : claim.dataset[key] === value));
}
function choose() {
  const keys = wanted(), sort = form.elements.sort.value, chosen = keys.some(([key]) => key !== "sort");
  for (const claim of claims) claim.hidden = !fits(claim, keys);
  arrange(sort);
  for (const fold of folds) {
    const some = $(".claim:not([hidden])", fold);
    fold.closest(".topic").hidden = Boolean(sort) || (chosen && !some);
    if (chosen && some && !sort) open(fold); else if (!chosen && fold.dataset.opened) shut(fold);
  }
  const shown = claims.filter(claim => !claim.hidden).length, output = $("output", form);
  output.textContent = output.dataset.words.replace("%s", shown).replace("%s", claims.length);
  $("[type=reset]", form).hidden = !keys.length;
}
const open = fold => { if (!fold.open) { fold.open = true; fold.dataset.opened = "yes"; } };
const shut = fold => { fold.open = false; delete fold.dataset.opened; };
function arrange(sort) {
  if (Boolean(sort) === !flat.hidden && flat.dataset.sort === sort) return;
  flat.hidden = !sort;
  flat.dataset.sort = sort;
  if (sort) flat.append(...[...claims].sort((a, b) => b.dataset[sort] - a.dataset[sort] || claims.indexOf(a) - claims.indexOf(b)));
  else for (const claim of claims) homes.get(claim).append(claim);
}
function remember() {
  const query = new URLSearchParams(wanted());
  const language = new URLSearchParams(location.search).get("language");
  if (language) query.set("language", language);
  const told = query.toString();
  try { history.replaceState(null, "", (told ? "?" + told : location.pathname) + location.hash); } catch { /* a file may not */ }
}
function recall(pairs) {
  for (const [key, value] of pairs) {
    const known = form.elements[key];
    if (!known || !["q", "topic", "verdict", "sort"].includes(key)) continue;
    known.value = value;
    if (known.tagName === "SELECT" && known.selectedIndex < 0) known.value = "";
  }
}

/* Links: whatever they lead to is opened */
const target = () => { try { return document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { return null; } };
function reveal() {
  const there = target();
  if (!there) return;
  const claim = there.closest(".claim"), topic = there.closest(".topic");
  if ((claim && claim.hidden) || (topic && topic.hidden && !claim)) { form.reset(); choose(); remember(); }
  for (let at = there; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  if (there.matches(".claim, .topic")) $("details", there).open = true;
  there.scrollIntoView({ behavior: "instant" });
  requestAnimationFrame(() => there.scrollIntoView({ behavior: "instant" })); /* what is passed on the way gets its true height late */
}

/* Reels of samples: one slider for all of a topic */
function turn(part) {
  const slide = $(".slide", part), range = $("input", slide);
  const move = () => $$(".reel", part).forEach(reel => {
    const epochs = reel.dataset.epochs.split(" "), at = Math.min(range.value, epochs.length - 1);
    reel.style.setProperty("--at", at);
    const told = $("[data-words]", reel.closest("figure"));
    told.textContent = told.dataset.words.replace("%s", epochs[at]);
    if (reel === $(".reel", part)) range.setAttribute("aria-valuetext", told.textContent);
  });
  range.value = range.max;
  range.addEventListener("input", move);
  slide.hidden = false;
  move();
}

/* One topic on paper */
function onPaper(button) {
  const topic = button.closest(".topic");
  page.classList.add("one-topic");
  topic.classList.add("printed");
  addEventListener("afterprint", () => { page.classList.remove("one-topic"); topic.classList.remove("printed"); }, { once: true });
  window.print();
}

/* The other language: the page and its template change places, and pictures move with them */
function swap() {
  const here = $("#page"), other = $("#other"), next = document.importNode(other.content, true);
  for (const place of $$("[data-picture]", next)) place.append(...($(`[data-picture="${place.dataset.picture}"]`, here)?.childNodes ?? []));
  const now = { language: page.lang, title: document.title };
  page.lang = here.lang = other.dataset.language;
  document.title = other.dataset.title;
  other.dataset.language = now.language;
  other.dataset.title = now.title;
  other.content.replaceChildren(...here.childNodes);
  here.replaceChildren(next);
  const [from, to] = page.lang === "es" ? [/(\d)\.(?=\d)/g, "$1,"] : [/(\d),(?=\d)/g, "$1."];
  for (const text of $$(".drawn text", here)) text.textContent = text.textContent.replace(from, to);
}
function change() {
  const kept = wanted(), at = target() ?? $$(".claim, .topic").find(one => one.getBoundingClientRect().bottom > 60 && !one.hidden);
  const opened = $$("details[open]").map(one => one.closest("[id]")?.id), id = at?.id;
  arrange("");
  swap();
  remembered.set(page.lang);
  const query = new URLSearchParams(location.search);
  if (query.has("language")) { query.set("language", page.lang); try { history.replaceState(null, "", "?" + query + location.hash); } catch { /* a file may not */ } }
  start();
  recall(kept);
  choose();
  for (const one of $$("details.fold, details.row, details.part")) if (opened.includes(one.closest("[id]")?.id)) one.open = true;
  if (id && scrollY > 200) document.getElementById(id)?.scrollIntoView({ behavior: "instant" });
  $(".switch").focus({ preventScroll: true });
}

function start() {
  claims = $$(".claim");
  form = $(".filters");
  menu = $(".menu");
  flat = $("#flat");
  folds = $$(".topic > .fold");
  homes = new Map(claims.map(claim => [claim, claim.parentElement]));
  form.hidden = claims.length < 2;
  form.addEventListener("input", () => { choose(); remember(); });
  form.addEventListener("reset", () => setTimeout(() => { choose(); remember(); }));
  form.addEventListener("submit", event => event.preventDefault());
  menu?.addEventListener("click", event => { if (event.target.closest("a")) menu.open = false; });
  const other = $(".switch");
  other.hidden = false;
  other.addEventListener("click", change);
  for (const part of $$(".reels")) turn(part);
  for (const button of $$(".print button")) { button.hidden = false; button.addEventListener("click", () => onPaper(button)); }
  for (const part of $$(".explore")) if (part.dataset.ready !== "yes") { part.dataset.ready = "yes"; explore(part); }
}
addEventListener("hashchange", reveal);
addEventListener("click", event => {
  if (menu?.open && !menu.contains(event.target)) menu.open = false;
  const link = event.target.closest("a[href^='#']");
  if (link && link.hash === location.hash) reveal(); /* again to where one is: no hashchange */
});
addEventListener("keydown", event => {
  if (event.key === "Escape" && menu?.open) { menu.open = false; menu.firstElementChild.focus(); }
});
function finish() {
  page.classList.remove("quick");
  const fresh = performance.getEntriesByType("navigation")[0]?.type === "navigate"; /* a reload goes where it was */
  if (fresh && location.hash) reveal();
}
if (translate) swap();
start();
recall(new URLSearchParams(location.search));
choose();
page.classList.remove("waiting");
reveal();
addEventListener("load", () => "requestIdleCallback" in window ? requestIdleCallback(finish) : setTimeout(finish, 200));
